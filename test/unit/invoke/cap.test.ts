import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../invoke/call.ts';
import { restrict } from '../../../invoke/grants/restrict.ts';
import cases from '../../cases/token-cap.json' with { type: 'json' };
import { modelOf, requestOf } from './core.ts';

interface Case {
  id: string;
  name: string;
  input: { operation: Operation; modelId: string; body: string; cap: number };
  /** The body as it is sent, or the member that is refused. */
  expected: string | { field: string };
}

function sent({ operation, modelId, body, cap }: Case['input']): string {
  const model = { ...modelOf('m', modelId), maxTokens: cap };
  if (modelId.startsWith('arn:') && model.target.kind === 'bedrock-model') model.target.arn = modelId;
  return Buffer.from(restrict(requestOf(operation, Buffer.from(body)), model).body).toString();
}

describe('a call under a cap', () => {
  test.each(cases as Case[])('$id $name', ({ input, expected }) => {
    if (typeof expected === 'string') expect(sent(input)).toBe(expected);
    else expect(() => sent(input)).toThrow(expect.objectContaining({ code: 'invalid_request', ...expected }));
  });

  test('a profile’s vendor is that of the model it runs', () => {
    const model = {
      ...modelOf('m'),
      maxTokens: 7,
      target: {
        kind: 'bedrock-profile' as const,
        modelId: 'us.meta.llama3-3-70b-instruct-v1:0',
        region: 'us-east-1',
        arn: 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl',
        modelArns: ['arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-3-70b-instruct-v1:0'],
      },
    };
    const { body } = restrict(requestOf('invoke', { prompt: 'x' }), model);
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({ prompt: 'x', max_gen_len: 7 });
  });

  test('a grant without restrictions leaves the request as it is', () => {
    const request = requestOf('converse', Buffer.from('not even JSON'));
    expect(restrict(request, modelOf('m'))).toEqual(request);
  });
});
