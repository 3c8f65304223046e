import { describe, expect, test } from 'vitest';
import type { Json } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { MESSAGE_FIELDS, MESSAGE_REQUIRED } from '../../../invoke/surfaces/anthropic/fields.ts';
import { betasOf, checkSources, countedBody, ownBody } from '../../../invoke/surfaces/anthropic/own.ts';
import { converseRequest } from '../../../invoke/surfaces/anthropic/request.ts';
import { cachedFor } from '../../../invoke/surfaces/caching.ts';
import { checkFields, type Members } from '../../../invoke/surfaces/fields.ts';
import cases from '../../cases/anthropic-messages.json' with { type: 'json' };
import refused from '../../cases/anthropic-refused.json' with { type: 'json' };
import { nova } from './edge.ts';

const BASE = { model: 'x', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };

function modelOf(modelId = 'amazon.nova-lite-v1:0'): AllowedModel {
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
  return { ...nova, target: { kind: 'bedrock-model', modelId, region: 'us-east-1', arn } };
}

function translate(input: object, model?: string, betas: string[] = []) {
  const body = { ...BASE, ...input } as Members;
  checkFields(MESSAGE_FIELDS, body, MESSAGE_REQUIRED);
  const { request, answerTool } = converseRequest(body, modelOf(model), betas);
  return { request: cachedFor(request, modelOf(model)), answerTool };
}

const thrown = (call: () => unknown): { field?: string; publicMessage: string } => {
  try {
    call();
  } catch (error) {
    return error as { field?: string; publicMessage: string };
  }
  throw new Error('accepted');
};

describe('a message request for a model that is spoken to in Converse', () => {
  test.each(cases)('$name', ({ model, input, expected, betas, answerTool }) => {
    expect(translate(input, model, betas)).toEqual({ request: expected, answerTool });
  });

  test.each(refused)('is refused by its name: $name', ({ input, field, says, model }) => {
    const error = thrown(() => translate(input, model));
    expect(error.field).toBe(field);
    expect(error.publicMessage).toContain(says ?? field);
  });
});

describe('a message request for Claude', () => {
  const own = (text: string, betas: string[] = []): string =>
    Buffer.from(ownBody(Buffer.from(text), JSON.parse(text), betas)).toString();

  test('is the caller’s own bytes, but for what stands elsewhere at Bedrock', () => {
    const text =
      '{ "model": "x", "newer": { "n": 1.0e400,  "é": "\\u00e9" },\n"stream":true, "service_tier":"auto","max_tokens":5 }';
    expect(own(text)).toBe(
      '{"anthropic_version":"bedrock-2023-05-31","newer": { "n": 1.0e400,  "é": "\\u00e9" },"max_tokens":5}',
    );
  });

  test('has the flags of the header with its own', () => {
    expect(own('{"model":"x","anthropic_beta":["a"],"anthropic_version":"v"}', ['a', 'b'])).toBe(
      '{"anthropic_beta":["a","b"],"anthropic_version":"v"}',
    );
  });

  test('counts as one whose answer has room for its thoughts', () => {
    const counted = (text: string): Json =>
      JSON.parse(`${Buffer.from(countedBody(Buffer.from(text), JSON.parse(text), []))}`);
    expect(counted('{"model":"x","messages":[]}')).toEqual({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1,
      messages: [],
    });
    expect(counted('{"thinking":{"budget_tokens":2000}}')).toMatchObject({ max_tokens: 2001 });
  });

  test.each([
    [
      { messages: [{ content: [{ type: 'image', source: { type: 'url', url: 'http://x' } }] }] },
      'messages[0].content[0].source',
    ],
    [
      {
        messages: [{ content: [{ type: 'tool_result', content: [{ source: { url: 'http://x', type: 'base64' } }] }] }],
      },
      'messages[0].content[0].content[0].source',
    ],
    [
      { messages: [{ content: [{ source: { type: 'content', content: [{ source: { type: 'url' } }] } }] }] },
      'messages[0].content[0].source.content[0].source',
    ],
  ])('has nothing fetched: %j', (body, field) => {
    expect(thrown(() => checkSources(body as never)).field).toBe(field);
  });

  test.each([{}, { messages: 1 }, { messages: [null, 1, { content: [null, [], { source: null }] }] }])(
    'that is none is the model’s to refuse: %j',
    (body) => {
      expect(() => checkSources(body as never)).not.toThrow();
    },
  );
});

test('flags of the header are plain words; those that only name the client are left out', () => {
  const headers = (value: string) => ({ get: () => value }) as never;
  expect(betasOf(headers('a-2025-01-01, claude-code-20250219,,b_2'))).toEqual(['a-2025-01-01', 'b_2']);
  expect(betasOf(headers(''))).toEqual([]);
  expect(thrown(() => betasOf(headers('a b'))).field).toBe('anthropic-beta');
});
