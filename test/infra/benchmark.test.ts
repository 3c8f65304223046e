import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { isWhole } from '../bench/points.ts';
import { BOTH, CONTAINER, flat, IRSA, ofType, type Resource, resourcesOf, rolesOf, stackOf } from './synth.ts';

const usual = resourcesOf(stackOf().stack);
const BENCHMARK = { 'tollgate:benchmark': true, 'tollgate:protect': 'none' };
const benchmark = resourcesOf(stackOf(BENCHMARK).stack);

type Named = { Name: string; Value: unknown };

/** By function or task, what is said of where Bedrock Runtime is. */
const endpoints = (resources: Record<string, Resource>) =>
  [
    ...ofType(resources, 'AWS::Lambda::Function').map(({ FunctionName, Environment }) => {
      const { Variables = {} } = (Environment ?? {}) as { Variables?: Record<string, unknown> };
      return [FunctionName, Variables.AWS_ENDPOINT_URL_BEDROCK_RUNTIME];
    }),
    ...ofType(resources, 'AWS::ECS::TaskDefinition').map(({ Family, ContainerDefinitions }) => {
      const [{ Environment } = { Environment: [] }] = ContainerDefinitions as { Environment: Named[] }[];
      return [Family, Environment.find(({ Name }) => Name === 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME')?.Value];
    }),
  ].flatMap(([name, url]) => (url === undefined ? [] : [[name, flat(url)]]));

const UPSTREAM = expect.stringMatching(/^https:\/\/<.*Benchmark.*FunctionUrl.*>$/);

describe('the fake upstream of a benchmark', () => {
  test('is in no stage that has not asked for it', () => {
    expect(endpoints(usual)).toEqual([]);
    expect(ofType(usual, 'AWS::Lambda::Url')).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['invoke', {}, ['tollgate-dev-invoke']],
    ['the container', CONTAINER, ['tollgate-dev-container']],
    ['invoke and the container', BOTH, ['tollgate-dev-invoke', 'tollgate-dev-container']],
  ])('is what %s calls, and nobody else', (_, overrides, names) => {
    const resources = resourcesOf(stackOf({ ...BENCHMARK, ...overrides }).stack);
    expect(endpoints(resources)).toEqual(names.map((name) => [name, UPSTREAM]));
  });

  test('is told where the container is deployed by others', () => {
    const { Outputs } = Template.fromStack(stackOf({ ...BENCHMARK, ...IRSA }).stack).toJSON();
    expect(flat(Outputs.BenchmarkUrl.Value)).toEqual(UPSTREAM);
    expect(Template.fromStack(stackOf(IRSA).stack).toJSON().Outputs).not.toHaveProperty('BenchmarkUrl');
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
