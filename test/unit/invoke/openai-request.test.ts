import { describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../../contract/model.ts';
import type { Members } from '../../../invoke/surfaces/fields.ts';
import { chatRequest, parseHead } from '../../../invoke/surfaces/openai/request.ts';
import cases from '../../cases/openai-chat.json' with { type: 'json' };
import { bedrockModel } from './edge.ts';

interface Case {
  id: string;
  name: string;
  /** Bedrock's id; absent: a model that has no means of its own. */
  of?: string;
  /** The most tokens that its grant lets an answer have. */
  cap?: number;
  input: object;
}

function translate({ input, of = 'amazon.nova-lite-v1:0', cap }: Omit<Case, 'id' | 'name'>) {
  const body = input as Members;
  parseHead(body);
  const model: AllowedModel = bedrockModel('m', of, cap === undefined ? {} : { maxTokens: cap });
  return chatRequest(body, model);
}

describe('a chat completion request becomes a Converse body', () => {
  const served: (Case & { expected: unknown; reading?: unknown; answerTool?: string })[] = cases.served;
  test.each(served)('$id: $name', ({ expected, reading, answerTool, ...asked }) => {
    const given = translate(asked);
    expect(given.request).toEqual(expected);
    expect(given.reading).toEqual(reading ?? { oneCall: false });
    expect(given.answerTool).toBe(answerTool);
  });
});

describe('what would change the answer and is not served is refused, naming the member', () => {
  const refused: (Case & { expected: string; says?: string })[] = cases.refused;
  test.each(refused)('$id: $name', ({ expected, says = '', ...asked }) => {
    expect(() => translate(asked)).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        field: expected,
        publicMessage: expect.stringContaining(says),
      }),
    );
  });
});

test('a stream, and its usage when asked for', () => {
  expect(parseHead({ model: 'm' })).toEqual({ model: 'm', stream: false, includeUsage: false });
  expect(parseHead({ model: 'm', stream: true })).toMatchObject({ stream: true, includeUsage: false });
  expect(parseHead({ model: 'm', stream: true, stream_options: { include_usage: true } })).toMatchObject({
    includeUsage: true,
  });
});
