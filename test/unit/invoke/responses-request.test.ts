import { describe, expect, test } from 'vitest';
import type { Members } from '../../../invoke/surfaces/fields.ts';
import { parseHead, responseRequest } from '../../../invoke/surfaces/responses/request.ts';
import cases from '../../cases/responses.json' with { type: 'json' };
import { bedrockModel } from './edge.ts';

interface Case {
  id: string;
  name: string;
  /** Bedrock's id; absent: a model that has no means of its own. */
  of?: string;
  input: object;
}

function translate({ input, of = 'amazon.nova-lite-v1:0' }: Omit<Case, 'id' | 'name'>) {
  const body = input as Members;
  parseHead(body);
  return responseRequest(body, bedrockModel('m', of));
}

describe('a request for a response becomes a Converse body', () => {
  const served: (Case & { expected: unknown; reading?: unknown; answerTool?: string })[] = cases.served;
  test.each(served)('$id: $name', ({ expected, reading = { oneCall: false }, answerTool, ...asked }) => {
    const given = translate(asked);
    expect(given.request).toEqual(expected);
    expect(given.reading).toEqual(reading);
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
