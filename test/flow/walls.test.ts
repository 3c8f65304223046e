import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../contract/model.ts';
import type { Answer, Operation } from '../../invoke/call.ts';
import type { PipelineOptions } from '../../invoke/pipeline/pipeline.ts';
import { besidesIssued, callOf, modelOf, textsOf } from '../unit/invoke/core.ts';
import { ACCOUNT, WalledPipeline } from './pipeline.ts';

/**
 * The pipeline with its own clients over a Bedrock that verifies signatures and evaluates role and session policies. Where
 * a test breaks one wall on purpose, the other one stands alone.
 */

const nova = modelOf('nova-lite', 'amazon.nova-lite-v1:0');

const profileOf = (id: string, profile: string, regions: string[]): AllowedModel => ({
  id,
  target: {
    kind: 'bedrock-profile',
    modelId: profile,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/${profile}`,
    modelArns: regions.map((region) => `arn:aws:bedrock:${region}::foundation-model/${profile.slice(3)}`),
  },
  actions: ['invoke', 'stream', 'count'],
  lifecycle: { status: 'active' },
});
const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2'];
const sonnet = profileOf('claude-sonnet-4-5', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', REGIONS);
const llama = profileOf('llama-3-3-70b', 'us.meta.llama3-3-70b-instruct-v1:0', REGIONS);

let walled: WalledPipeline;

beforeAll(async () => {
  walled = await WalledPipeline.start();
});

afterAll(() => walled.close());

const setUp = (more: Partial<PipelineOptions> = {}) => walled.setUp(more);

const say = (text: string) => ({ messages: [{ role: 'user', content: [{ text }] }] });

async function callsDuring(work: () => Promise<unknown>) {
  const list = async (after: number) => {
    const response = await fetch(`${walled.aws.url}/_local/calls?after=${after}`);
    return (await response.json()) as { seq: number; service: string; operation: string; decision: string }[];
  };
  const before = (await list(0)).at(-1)?.seq ?? 0;
  await work();
  return (await list(before)).map(({ service, operation, decision }) => [service, operation, decision]);
}

describe('both walls standing', () => {
  test.each([
    ['a model in its region', nova, 'converse'],
    ['a profile', sonnet, 'converse'],
    ['InvokeModel', nova, 'invoke'],
  ] as const)('%s answers, and the tokens are its own', async (_, model, operation: Operation) => {
    const { run, meter, lines } = setUp();
    const answer = await run(callOf(operation, { models: [model, nova], wanted: model.id, body: say('hello there') }));
    expect(answer.status).toBe(200);
    expect(besidesIssued(lines)).toEqual([]);
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        estimated: false,
        tokens: { input: 2, output: 3, cacheRead: 0, cacheWrite: 0 },
      }),
    ]);
  });

  test.each(['converse-stream', 'invoke-with-response-stream'] as const)('%s streams to its end', async (operation) => {
    const { run, meter } = setUp();
    const answer = await run(callOf(operation, { models: [nova], body: say('hello there') }));
    expect((await textsOf(eventsOf(answer))).length).toBeGreaterThan(3);
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        estimated: false,
        tokens: { input: 2, output: 3, cacheRead: 0, cacheWrite: 0 },
      }),
    ]);
  });

  test.each([
    ['a model', nova],
    ['a profile, on the model it runs', sonnet],
  ])("tokens of %s are counted, at no token's cost", async (_, model) => {
    const { run, meter } = setUp();
    const body = { input: { converse: say('hello there') } };
    const answer = await run(callOf('count-tokens', { models: [model], body }));
    expect(answer.kind === 'whole' && JSON.parse(Buffer.from(answer.body).toString())).toEqual({ inputTokens: 2 });
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ outcome: 'counted', tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }),
    ]);
  });

  test('warm calls ask STS once', async () => {
    const { run } = setUp();
    const calls = await callsDuring(async () => {
      for (let i = 0; i < 3; i++) await run(callOf('converse', { models: [nova], body: say('hi') }));
    });
    expect(calls.map(([, operation]) => operation)).toEqual(['AssumeRole', 'Converse', 'Converse', 'Converse']);
  });
});

function eventsOf(answer: Answer) {
  if (answer.kind !== 'stream') throw new Error('not a stream');
  return answer.events;
}

describe('one wall alone', () => {
  test("the code's: another tenant's model is refused, and neither STS nor Bedrock hears of it", async () => {
    const { run } = setUp();
    const calls = await callsDuring(() =>
      expect(run(callOf('converse', { models: [nova, sonnet], wanted: llama.id }))).rejects.toMatchObject({
        code: 'model_not_allowed',
      }),
    );
    expect(calls).toEqual([]);
  });

  test.each([
    ["another tenant's model", llama, 'converse', [nova, sonnet]],
    ["another tenant's model, streaming", llama, 'converse-stream', [nova]],
    ['an action that was not granted', nova, 'converse-stream', [{ ...nova, actions: ['invoke'] } as AllowedModel]],
    // The entry was tampered with between the decision and the wire: its name is held, its target is another's.
    ['a target other than the one granted', { ...nova, target: llama.target }, 'converse', [nova]],
  ] as const)("IAM's: %s, though the code was made to allow it", async (_, model, operation, held) => {
    const { run, meter, lines } = setUp({ decide: () => ({ outcome: 'allowed', model, deprecated: false }) });
    const calls = await callsDuring(() =>
      expect(run(callOf(operation, { models: [...held], wanted: model.id, body: say('hi') }))).rejects.toMatchObject({
        code: 'denied_by_iam',
        status: 403,
      }),
    );
    expect(calls.map(([service, , decision]) => [service, decision])).toEqual([
      ['sts', 'allowed'],
      ['bedrock', 'denied'],
    ]);
    expect(meter.finishedLines()).toEqual([expect.objectContaining({ outcome: 'denied', code: 'denied_by_iam' })]);
    expect(JSON.parse(besidesIssued(lines)[0] ?? '')).toMatchObject({ event: 'denied-by-iam', DeniedByIam: 1 });
  });
});
