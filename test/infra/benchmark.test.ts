import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { isWhole } from '../bench/points.ts';
import { flat, ofType, type Resource, resourcesOf, rolesOf, stackOf } from './synth.ts';

const usual = resourcesOf(stackOf().stack);
const benchmark = resourcesOf(stackOf({ 'tollgate:benchmark': true, 'tollgate:protect': 'none' }).stack);

/** By function, what is said of where Bedrock Runtime is. */
const endpoints = (resources: Record<string, Resource>) =>
  ofType(resources, 'AWS::Lambda::Function').flatMap(({ FunctionName, Environment }) => {
    const { Variables = {} } = (Environment ?? {}) as { Variables?: Record<string, unknown> };
    const url = Variables.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;
    return url === undefined ? [] : [[FunctionName, flat(url)]];
  });

describe('the fake upstream of a benchmark', () => {
  test('is in no stage that has not asked for it', () => {
    expect(endpoints(usual)).toEqual([]);
    expect(ofType(usual, 'AWS::Lambda::Url')).toEqual([]);
  });

  test('is what the one function calls that calls models', () => {
    expect(endpoints(benchmark)).toEqual([
      ['tollgate-dev-invoke', expect.stringMatching(/^https:\/\/<.*Benchmark.*FunctionUrl.*>$/)],
    ]);
  });

  test('streams, and may do nothing', () => {
    expect(ofType(benchmark, 'AWS::Lambda::Url')).toEqual([expect.objectContaining({ InvokeMode: 'RESPONSE_STREAM' })]);
    const role = rolesOf(benchmark).find(({ name }) => name.startsWith('tollgate-dev-benchmark'));
    expect(role).toMatchObject({ own: [], managed: [] });
  });
});

describe('what it answers', () => {
  let handler: (event: object, stream: PassThrough) => Promise<void>;

  beforeAll(async () => {
    Object.assign(globalThis, {
      awslambda: {
        streamifyResponse: (given: unknown) => given,
        HttpResponseStream: { from: (stream: PassThrough, metadata: object) => Object.assign(stream, { metadata }) },
      },
    });
    handler = ((await import('../../infra/benchmark/handler.ts')) as unknown as { handler: typeof handler }).handler;
  });

  const answer = async (rawPath: string) => {
    const stream = Object.assign(new PassThrough(), { metadata: {} });
    await handler({ rawPath }, stream);
    return { metadata: stream.metadata, body: await buffer(stream) };
  };

  test.each(['converse', 'converse-stream'] as const)('%s is whole', async (kind) => {
    const { metadata, body } = await answer(`/model/a-model/${kind}`);
    expect(metadata).toMatchObject({ statusCode: 200 });
    expect(isWhole(kind, body)).toBe(true);
  });

  test('nothing else is there', async () => {
    expect((await answer('/model/a-model/invoke')).metadata).toMatchObject({ statusCode: 404 });
  });
});
