import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AllowedModel } from '../../contract/model.ts';
import { createCredentials } from '../../invoke/credentials.ts';
import { createModels } from '../../invoke/models.ts';
import { createPipeline, type PipelineOptions } from '../../invoke/pipeline.ts';
import { createBedrock } from '../../invoke/providers/bedrock.ts';
import { createTransport } from '../../invoke/transport.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { createSts, createStsIssuer } from '../../sessions/assume.ts';
import { callOf, memoryMeter, modelOf, ROLE } from '../unit/invoke/core.ts';

/** A grant's restrictions with our code switched off: what is left is the session policy, and it refuses. */

const ACCOUNT = '111122223333';
const arn = `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/demo`;
const guarded: AllowedModel = {
  ...modelOf('nova-lite', 'amazon.nova-lite-v1:0'),
  guardrail: { arn, version: '1' },
};

let folder: string;
let aws: Aws;
const transport = createTransport();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-grants-'));
  aws = await startAws({ port: 0, dataDir: folder, account: ACCOUNT, region: 'us-east-1' });
  const { accessKeyId, secretAccessKey, sessionToken } = aws.credentialsFor('tollgate-local-invoke');
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  });
});

afterAll(async () => {
  transport.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

function runWith(more: Partial<PipelineOptions>) {
  const clock = Date.now;
  const write = () => {};
  const bedrock = createBedrock({ transport, clock });
  return createPipeline({
    models: createModels({ registry: { tenant: async () => null }, onUndecided: () => {} }),
    credentials: createCredentials({
      issue: createStsIssuer({ sts: createSts(transport), roleArn: ROLE, clock, write }),
      roleArn: ROLE,
      clock,
    }),
    providers: { 'bedrock-model': bedrock, 'bedrock-profile': bedrock },
    meter: memoryMeter(),
    clock,
    newId: () => 'id-1',
    deadlines: { firstByteMs: 10_000, streamIdleMs: 10_000, callTotalMs: 20_000 },
    write,
    ...more,
  });
}

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
  const calls = async () => ((await (await fetch(`${aws.url}/_local/calls`)).json()) as unknown[]).length;
  const before = await calls();
  await expect(runWith({})(callOf('converse', { models: [model], body: say }))).rejects.toMatchObject({
    code: 'model_not_allowed',
    reason: 'unusable-entry',
  });
  expect(await calls()).toBe(before);
});
