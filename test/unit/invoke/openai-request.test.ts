import { describe, expect, test } from 'vitest';
import type { Members } from '../../../invoke/surfaces/openai/parameters.ts';
import { converseBody, parseHead } from '../../../invoke/surfaces/openai/request.ts';
import cases from '../../cases/openai-chat.json' with { type: 'json' };

function translate(input: object): unknown {
  const body = input as Members;
  parseHead(body);
  return JSON.parse(new TextDecoder().decode(converseBody(body)));
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

test('a stream, and its usage when asked for', () => {
  expect(parseHead({ model: 'm' })).toEqual({ model: 'm', stream: false, includeUsage: false });
  expect(parseHead({ model: 'm', stream: true })).toMatchObject({ stream: true, includeUsage: false });
  expect(parseHead({ model: 'm', stream: true, stream_options: { include_usage: true } })).toMatchObject({
    includeUsage: true,
  });
});
