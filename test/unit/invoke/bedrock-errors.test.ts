import { describe, expect, test } from 'vitest';
import { answerHeaders, readError, sanitise, upstreamError } from '../../../invoke/providers/upstream.ts';
import cases from '../../cases/upstream-errors.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  input: { status: number; type?: string; body?: string; retryAfter?: string };
  expected: { code: string; message?: string; retryAfter?: number };
}

describe('an upstream error as ours', () => {
  test.each((cases as Case[]).map((item) => [`${item.id} ${item.name}`, item] as const))(
    '%s',
    (_, { input, expected }) => {
      const said = readError(input.type === undefined ? {} : { 'x-amzn-errortype': input.type }, input.body ?? '{}');
      const error = upstreamError(input.status, said, input.retryAfter);
      expect(error.code).toBe(expected.code);
      expect(error.retryAfterSeconds).toBe(expected.retryAfter);
      if (expected.message !== undefined) expect(error.publicMessage).toBe(expected.message);
      expect(error.publicMessage).not.toMatch(/arn:|\d{12}/);
    },
  );

  test('words that may quote a prompt are not in the evidence', () => {
    const error = upstreamError(400, { type: 'ValidationException', message: 'bad value: my secret prompt' });
    expect(JSON.stringify(error.detail)).not.toContain('secret prompt');
  });

  test('a message of a megabyte is cut, quickly', () => {
    expect(sanitise('arn:aws:'.repeat(131_072)).length).toBeLessThanOrEqual(500);
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
