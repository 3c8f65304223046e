import { describe, expect, test } from 'vitest';
import { CODES } from '../../../contract/errors.ts';
import { answerHeaders } from '../../../invoke/providers/answer-headers.ts';
import { retold } from '../../../invoke/providers/sentence.ts';
import { readError, upstreamError } from '../../../invoke/providers/upstream.ts';
import cases from '../../cases/upstream-errors.json' with { type: 'json' };
import sentences from '../../cases/upstream-sentences.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  input: { status: number; type?: string; body?: string; retryAfter?: string };
  expected: { code: string; message?: string; retryAfter?: number };
}

describe('an upstream error as ours', () => {
  test.each((cases as Case[]).map((item) => [`${item.id} ${item.name}`, item] as const))(
    '%s',
    async (_, { input, expected }) => {
      const said = readError(input.type === undefined ? {} : { 'x-amzn-errortype': input.type }, input.body ?? '{}');
      const error = await upstreamError(input.status, said, input.retryAfter);
      expect(error.code).toBe(expected.code);
      expect(error.retryAfterSeconds).toBe(expected.retryAfter);
      if (expected.message !== undefined) expect(error.publicMessage).toBe(expected.message);
      expect(error.publicMessage).not.toMatch(/arn:|\d{12}/);
    },
  );

  test('words that may quote a prompt are not in the evidence', async () => {
    const error = await upstreamError(400, { type: 'ValidationException', message: 'bad value: my secret prompt' });
    expect(JSON.stringify(error.detail)).not.toContain('secret prompt');
  });

  test('a message of a megabyte is cut, quickly', () => {
    for (const said of ['arn:aws:', 'a ', '1 ', 'max_tokens: '])
      expect((retold(said.repeat(131_072)) ?? '').length).toBeLessThanOrEqual(500);
  });
});

test.each(sentences)('$said', async ({ said, told }) => {
  const { publicMessage } = await upstreamError(400, { type: 'ValidationException', message: said });
  expect(publicMessage).toBe(told === '@default' ? CODES.upstream_rejected.text : (told ?? said));
});

test.each([
  ['text/html', 'application/octet-stream'],
  ['text/html; charset=utf-8', 'application/octet-stream'],
  ['image/svg+xml', 'application/octet-stream'],
  ['application/json, text/html', 'application/octet-stream'],
  [undefined, 'application/octet-stream'],
  ['Application/JSON', 'application/json'],
  ['application/json;charset="UTF-8"; boundary=arn', 'application/json; charset=utf-8'],
  ['image/png', 'image/png'],
])('an upstream content type %s is told as %s', (given, shown) => {
  const headers = given === undefined ? {} : { 'content-type': given, 'x-amzn-bedrock-content-type': given };
  const inner = given === undefined ? {} : { 'x-amzn-bedrock-content-type': shown };
  expect(answerHeaders(headers)).toEqual({ 'content-type': shown, ...inner });
});

test('a header that is shown holds what it is for, or is left out', () => {
  const arn = 'arn:aws:bedrock:us-east-1:111122223333:x/y';
  const headers = { 'x-amzn-bedrock-service-tier': arn, 'x-amzn-bedrock-input-token-count': '111122223333' };
  expect(answerHeaders({ ...headers, 'content-type': 'application/json' })).toEqual({
    'content-type': 'application/json',
  });
});

test('T7 of the headers only the listed ones reach a caller', () => {
  const shown = {
    'content-type': 'application/json',
    'x-amzn-bedrock-input-token-count': '1',
    'x-amzn-bedrock-output-token-count': '2',
    'x-amzn-bedrock-cache-read-input-token-count': '3',
    'x-amzn-bedrock-cache-write-input-token-count': '4',
    'x-amzn-bedrock-content-type': 'application/json',
    'x-amzn-bedrock-invocation-latency': '5',
    'x-amzn-bedrock-service-tier': 'default',
    'x-amzn-bedrock-performanceconfig-latency': 'standard',
  };
  expect(
    answerHeaders({
      ...shown,
      'set-cookie': 'a=b',
      'x-amzn-requestid': 'r',
      'x-amz-id-2': 'i',
      'x-amzn-bedrock-model-arn': 'arn:aws:bedrock:us-east-1:111122223333:x/y',
      'x-amzn-errortype': 'x',
      date: 'now',
      server: 's',
    }),
  ).toEqual(shown);
});
