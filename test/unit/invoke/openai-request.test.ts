import { describe, expect, test } from 'vitest';
import type { Members } from '../../../invoke/surfaces/openai/parameters.ts';
import { converseRequest, parseHead } from '../../../invoke/surfaces/openai/request.ts';
import cases from '../../cases/openai-chat.json' with { type: 'json' };

function translate(input: object): unknown {
  const body = input as Members;
  parseHead(body);
  return converseRequest(body);
}

describe('a chat completion request becomes a Converse body', () => {
  test.each(cases.served)('$id: $name', ({ input, expected }) => {
    expect(translate(input)).toEqual(expected);
  });
});

describe('what would change the answer and is not served is refused, naming the member', () => {
  test.each(cases.refused)('$id: $name', ({ input, expected }) => {
    expect(() => translate(input)).toThrowError(expect.objectContaining({ code: 'invalid_request', field: expected }));
  });
});

describe('a refusal of what Converse has names the path that has it', () => {
  const user = (content: unknown) => ({ model: 'm', messages: [{ role: 'user', content }] });
  test.each<[string, object]>([
    ['tools', { ...user('a'), tools: [{}] }],
    ['a choice among tools', { ...user('a'), tool_choice: 'auto' }],
    ['functions', { ...user('a'), functions: [{}] }],
    ['a schema for the answer', { ...user('a'), response_format: { type: 'json_schema' } }],
    ['reasoning', { ...user('a'), reasoning_effort: 'low' }],
    ['an image', user([{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }])],
    ['a file', user([{ type: 'file', file: {} }])],
    ['a cache point', user([{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }])],
    ['a tool’s answer', { model: 'm', messages: [{ role: 'tool', content: 'a', tool_call_id: 'x' }] }],
    ['a call of a tool', { model: 'm', messages: [{ role: 'assistant', content: null, tool_calls: [{}] }] }],
  ])('%s', (_, input) => {
    expect(() => translate(input)).toThrow('/model/{id}/converse');
  });

  test('and of what no path has names none', () => {
    expect(() => translate({ ...user('a'), seed: 1 })).toThrow(
      /^seed is not supported here, or not with this value\. \(/,
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
