import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../contract/model.ts';
import type { Run } from '../../invoke/call.ts';
import type { PipelineOptions } from '../../invoke/pipeline/pipeline.ts';
import { callOf, modelOf } from '../unit/invoke/core.ts';
import { ACCOUNT, WalledPipeline } from './pipeline.ts';

/** A grant's restrictions with our code switched off: what is left is the session policy, and it refuses. */

const arn = `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/demo`;
const guarded: AllowedModel = {
  ...modelOf('nova-lite', 'amazon.nova-lite-v1:0'),
  guardrail: { arn, version: '1' },
};

let walled: WalledPipeline;

beforeAll(async () => {
  walled = await WalledPipeline.start();
});

afterAll(() => walled.close());

// Made at the first call: a test's pipeline is described before the endpoint runs.
const runWith =
  (more: Partial<PipelineOptions>): Run =>
  (call) =>
    walled.setUp(more).run(call);

const say = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
const DENIED = { code: 'denied_by_iam', status: 403 };
const OPERATIONS = ['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream'] as const;

describe('P10 without our code, IAM alone', () => {
  const careless = runWith({ restrict: (request) => request });

  test.each(OPERATIONS)('denies %s without the guardrail', async (operation) => {
    await expect(careless(callOf(operation, { models: [guarded], body: say }))).rejects.toMatchObject(DENIED);
  });

  test.each([
    ['another', { guardrailIdentifier: 'other', guardrailVersion: '1' }],
    ['the same in another version', { guardrailIdentifier: arn, guardrailVersion: 'DRAFT' }],
  ])('denies a call under %s', async (_, guardrailConfig) => {
    const body = { ...say, guardrailConfig };
    await expect(careless(callOf('converse', { models: [guarded], body }))).rejects.toMatchObject(DENIED);
  });

  test('allows the demanded one, and only its own', async () => {
    const body = { ...say, guardrailConfig: { guardrailIdentifier: arn, guardrailVersion: '1' } };
    expect((await careless(callOf('converse', { models: [guarded], body }))).status).toBe(200);
    // A grant without a guardrail may apply none, not even this one.
    const { guardrail: _, ...plain } = guarded;
    await expect(careless(callOf('converse', { models: [plain], body }))).rejects.toMatchObject(DENIED);
  });

  test('counts tokens, which runs no model, without it', async () => {
    const body = { input: { converse: say } };
    expect((await careless(callOf('count-tokens', { models: [guarded], body }))).status).toBe(200);
  });

  test('denies what an expired grant had, though the code was made to allow it', async () => {
    const { guardrail: _, ...plain } = guarded;
    const model: AllowedModel = { ...plain, expiresAt: Math.floor(Date.now() / 1000) };
    const forgetful = runWith({ decide: () => ({ outcome: 'allowed', model, deprecated: false }) });
    await expect(forgetful(callOf('converse', { models: [model], body: say }))).rejects.toMatchObject(DENIED);
    const later: AllowedModel = { ...plain, expiresAt: Math.floor(Date.now() / 1000) + 3_600 };
    expect((await runWith({})(callOf('converse', { models: [later], body: say }))).status).toBe(200);
  });
});

test.each(OPERATIONS)('P10 with our code %s is answered under it', async (operation) => {
  expect((await runWith({})(callOf(operation, { models: [guarded], body: say }))).status).toBe(200);
});

test('R1 an entry that could run outside of its grant’s regions is called nowhere', async () => {
  const model: AllowedModel = { ...guarded, regions: ['eu-west-1'] };
  const calls = async () => ((await (await fetch(`${walled.aws.url}/_local/calls`)).json()) as unknown[]).length;
  const before = await calls();
  await expect(runWith({})(callOf('converse', { models: [model], body: say }))).rejects.toMatchObject({
    code: 'model_not_allowed',
    reason: 'unusable-entry',
  });
  expect(await calls()).toBe(before);
});
