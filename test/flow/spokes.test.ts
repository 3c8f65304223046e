import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { AssumeRoleCommand, type Credentials, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { hopPolicy } from '../../policies/spoke.ts';
import { type Operator, operatorOf } from './granted.ts';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Two accounts: the stage's, and one where a tenant's calls, or those of a place, run; both evaluated by the local IAM. */

const HUB = '111122223333';
const SPOKE = '444455556666';
const NOVA = 'amazon.nova-lite-v1:0';
const roleOf = (name: string) => `arn:aws:iam::${SPOKE}:role/tollgate-local-spoke-${name}`;

let stack: Stack;
let usage: RawUsage;
let operator: Operator;
const tokens = new Map<string, string>();

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  usage = new RawUsage(stack);
  operator = operatorOf(stack);
  for (const client of ['acme-app', 'globex-app']) tokens.set(client, await stack.token(client));
});

afterAll(async () => {
  usage.close();
  operator.close();
  await stack.remove();
});

async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.cli(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

const moved = (tenant: string, role: string) => cli('tenant', 'put', tenant, '--spoke-role', role, '--yes');
async function doctor(): Promise<Map<string, Record<'check' | 'state' | 'found' | 'mend', string>>> {
  const { stdout } = await stack.cli('doctor', '--json');
  return new Map(JSON.parse(stdout).map((row: { check: string }) => [row.check, row]));
}

const home = (tenant: string) => cli('tenant', 'put', tenant, '--clear', 'spoke-role', '--yes');
const converse = (model: string, client = 'acme-app') => stack.converse(tokens.get(client) ?? '', model, 'one two');

/** What reached STS and models since; an AssumeRole by whom, of what, and how it ended. */
async function since(mark: number) {
  const all = await stack.upstream(mark);
  const about = ({ service, caller, resources, decision }: CallRecord) => ({
    service,
    by: caller?.arn
      .split(':')
      .slice(4)
      .join(':')
      .replace(/-[0-9a-f]{32}$/, '-*'),
    on: resources.map((arn) => arn.split(':').slice(4).join(':')),
    decision,
  });
  return all.map(about);
}

describe('a tenant with a role of another account', () => {
  test('is called there, each hop under a policy of its own, as the list of calls shows; the other tenant is not', async () => {
    await moved('acme', roleOf('acme'));
    const mark = await stack.mark();
    expect(await converse('nova-lite')).toBe(200);
    expect(await converse('claude-sonnet-4-5')).toBe(200);
    expect(await converse('nova-lite', 'globex-app')).toBe(200);
    const hop = { service: 'sts', on: [`${SPOKE}:role/tollgate-local-spoke-acme`], decision: 'allowed' };
    const there = {
      service: 'bedrock',
      by: `${SPOKE}:assumed-role/tollgate-local-spoke-acme/tg-acme-*`,
      decision: 'allowed',
    };
    const byInvoke = {
      service: 'sts',
      by: `${HUB}:assumed-role/tollgate-local-invoke/tollgate-local-invoke`,
      on: [`${HUB}:role/tollgate-local-invoker`],
    };
    expect(await since(mark)).toMatchObject([
      byInvoke,
      { ...hop, by: `${HUB}:assumed-role/tollgate-local-invoker/tg-acme-*` },
      { ...there, on: [`:foundation-model/${NOVA}`] },
      // Hop 1 is remembered.
      { ...hop, by: `${HUB}:assumed-role/tollgate-local-invoker/tg-acme-*` },
      { ...there, on: [`${SPOKE}:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0`, expect.anything()] },
      byInvoke,
      { service: 'bedrock', by: `${HUB}:assumed-role/tollgate-local-invoker/tg-globex-*` },
    ]);
    const [, first, call] = await stack.upstream(mark);
    expect(first?.caller?.sessionPolicy).toEqual(hopPolicy(roleOf('acme'), 'tollgate-local-acme', 'acme').document);
    expect(call?.caller).toMatchObject({
      sessionName: first?.caller?.sessionName,
      sourceIdentity: first?.caller?.sessionName,
      tags: { TenantId: 'acme', CostCenter: expect.any(String) },
      sessionPolicy: { Statement: [{ Action: ['bedrock:InvokeModel'], Resource: [expect.stringContaining(NOVA)] }] },
    });
    await home('acme');
  });

  test('has it told in its lines and in the ledger; what AWS counts of the stage’s account does not miss them', async () => {
    expect(await converse('nova-lite')).toBe(200);
    await moved('acme', roleOf('acme'));
    expect(await converse('nova-lite')).toBe(200);
    await home('acme');
    const lines = (await usage.records()).filter(({ tenant, model }) => tenant === 'acme' && model === 'nova-lite');
    expect(new Set(lines.map(({ account }) => account))).toEqual(new Set([undefined, SPOKE]));
    await cli('meter', 'run');
    const report = JSON.parse(await cli('report', '--by', 'account,model', '--tenant', 'acme', '--format', 'json'));
    const rows = JSON.stringify(report);
    expect(rows).toContain(SPOKE);
    const [status] = [JSON.parse(await cli('meter', 'status', '--format', 'json'))];
    expect(JSON.stringify(status)).not.toContain(`"unknown":1`);
  });

  test.each([
    ['T10 of another tenant', roleOf('globex'), 403],
    ['T10 of nobody', roleOf('nobody-at-all'), 403],
    ['T10 of an account that is not listed', `arn:aws:iam::777788889999:role/tollgate-local-spoke-acme`, 403],
    ['for places alone', roleOf('shared'), 403],
  ])('gets nothing by a role %s', async (_, role, status) => {
    await moved('acme', role);
    const mark = await stack.mark();
    expect(await converse('nova-lite')).toBe(status);
    expect((await since(mark)).filter(({ service }) => service === 'bedrock')).toEqual([]);
    await home('acme');
  });

  test('T10 has no endpoint of the stage’s own account', async () => {
    await moved('acme', roleOf('acme'));
    const mark = await stack.mark();
    const { status } = await fetch(`${stack.gateway}/endpoints/mixtral-8x7b/invocations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.get('acme-app')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'one' }] }),
    });
    expect(status).toBe(403);
    expect(await since(mark)).toEqual([]);
    await home('acme');
  });

  test('is told by `access`, and by `policy explain` with both hops', async () => {
    await moved('acme', roleOf('acme'));
    expect(await cli('access', 'acme')).toContain(SPOKE);
    const explained = await cli('policy', 'explain', 'acme', 'nova-lite');
    for (const said of [roleOf('acme'), 'tollgate-local-acme', 'sts:AssumeRole', 'bedrock:InvokeModel'])
      expect(explained).toContain(said);
    const { code, stdout } = await stack.cli('policy', 'review', '--format', 'json');
    expect(code, stdout).toBe(0);
    expect(stdout).toContain(roleOf('acme'));
    expect((await doctor()).get('spokes')).toMatchObject({
      state: 'wrong',
      // Granted before the role was there.
      found: expect.stringMatching(/^acme: what it was granted of mixtral-8x7b cannot run under .*account-differs/),
    });
    await home('acme');
    expect((await doctor()).has('spokes')).toBe(false);
  });

  test('is told to be refused, by `policy explain` and by the doctor, where the stage does not list the role', async () => {
    const elsewhere = 'arn:aws:iam::777788889999:role/tollgate-local-spoke-acme';
    await moved('acme', elsewhere);
    const explained = JSON.parse(await cli('policy', 'explain', 'acme', 'nova-lite', '--format', 'json'));
    expect(explained).toMatchObject({ allowed: false, reason: 'spoke-not-listed' });
    expect(explained.steps.at(-1)).toMatchObject({ yes: false, because: expect.stringContaining(elsewhere) });
    expect((await doctor()).get('spokes')).toMatchObject({
      state: 'wrong',
      found: expect.stringContaining(`acme: the stage does not list ${elsewhere}`),
      mend: expect.stringContaining('tollgate tenant put acme --clear spoke-role'),
    });
    await moved('acme', roleOf('globex'));
    expect((await doctor()).get('spokes')?.found).toContain(`acme: ${roleOf('globex')} is named for globex`);
    await home('acme');
  });
});

describe('credentials of another account that are handed out', () => {
  test('call its model there, and end when they are revoked there', async () => {
    await moved('acme', roleOf('acme'));
    await cli('grant', 'acme', 'nova-lite', '--direct', '--yes');
    const response = await fetch(`${stack.gateway}/credentials?model=nova-lite`, {
      headers: { authorization: `Bearer ${tokens.get('acme-app')}` },
    });
    const { AccessKeyId, SecretAccessKey, Token } = (await response.json()) as Record<string, string>;
    const bedrock = new BedrockRuntimeClient({
      ...{ endpoint: stack.aws, region: 'us-east-1', maxAttempts: 1 },
      credentials: { accessKeyId: `${AccessKeyId}`, secretAccessKey: `${SecretAccessKey}`, sessionToken: `${Token}` },
    });
    const call = (modelId = NOVA) =>
      bedrock.send(new ConverseCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'x' }] }] }));
    const mark = await stack.mark();
    await call();
    await expect(call('amazon.nova-micro-v1:0')).rejects.toThrow('not authorized');
    const [{ by } = {}] = await since(mark);
    expect(by).toMatch(new RegExp(`^${SPOKE}:assumed-role/tollgate-local-spoke-acme/tg-acme@direct-`));
    // The stage's own revocation does not reach it, and says so.
    const { stderr } = await stack.cli('direct', 'revoke', '--tenant', 'acme', '--yes');
    expect(stderr).toContain(`--role ${roleOf('acme')}`);
    await call();
    await cli('direct', 'revoke', '--tenant', 'acme', '--role', roleOf('acme'), '--yes');
    await expect(call()).rejects.toThrow('not authorized');
    expect(await converse('nova-lite')).toBe(200);
    bedrock.destroy();
    await cli('grant', 'acme', 'nova-lite', '--no-direct', '--yes');
    await home('acme');
  });
});

describe('a place in another account', () => {
  test('takes the calls that the stage’s own account throttles, for whoever is granted the model', async () => {
    const target = {
      kind: 'bedrock-model' as const,
      modelId: NOVA,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`,
    };
    await operator.putModel({
      ...{ id: 'two-accounts', lifecycle: { status: 'active' }, prices: [] },
      targets: [{ target }, { target, role: roleOf('shared'), group: 'normal' }],
      routing: { attemptsPerRegion: 1 },
    });
    await operator.grant('acme', 'two-accounts', ['invoke', 'stream']);
    await stack.fault({
      service: 'bedrock',
      model: NOVA,
      times: 1,
      fault: { status: 429, type: 'ThrottlingException' },
    });
    const mark = await stack.mark();
    expect(await converse('two-accounts')).toBe(200);
    const called = (await since(mark)).filter(({ service }) => service === 'bedrock');
    expect(called.map(({ by }) => by?.split('/')[1])).toEqual([
      'tollgate-local-invoker',
      'tollgate-local-spoke-shared',
    ]);
    await stack.clearFaults();
  });
});

describe('whoever holds what the gateway holds', () => {
  const stage = { region: 'us-east-1', maxAttempts: 1 };
  const clients: { destroy(): void }[] = [];
  afterAll(() => {
    for (const client of clients) client.destroy();
  });
  const sts = (credentials: object) => {
    const client = new STSClient({ ...stage, endpoint: stack.aws, credentials: credentials as never });
    clients.push(client);
    return client;
  };
  const named = (tenant: string) => ({
    RoleSessionName: `tg-${tenant}-x`,
    SourceIdentity: `tg-acme-x`,
    Tags: [
      { Key: 'TenantId', Value: tenant },
      { Key: 'CostCenter', Value: 'c' },
    ],
  });
  const ofSdk = ({ AccessKeyId = '', SecretAccessKey = '', SessionToken = '' }: Credentials = {} as Credentials) => ({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  });

  /** The container's own credentials, which may assume the invoker role. */
  function gateway() {
    const env = parseEnv(readFileSync(join(stack.dataDir, 'serve.env'), 'utf8'));
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = env;
    return { accessKeyId, secretAccessKey, sessionToken };
  }

  async function hop(tenant = 'acme') {
    const Policy = hopPolicy(roleOf(tenant), `tollgate-local-${tenant}`, tenant).text;
    const RoleArn = `arn:aws:iam::${HUB}:role/tollgate-local-invoker`;
    const { Credentials: found } = await sts(gateway()).send(
      new AssumeRoleCommand({ RoleArn, Policy, ...named(tenant), SourceIdentity: `tg-${tenant}-x` }),
    );
    return ofSdk(found);
  }

  const right = () => ({ RoleArn: roleOf('acme'), ExternalId: 'tollgate-local-acme', ...named('acme') });

  test('a session of hop 1 assumes the one role, for an hour at most, and calls no model', async () => {
    const credentials = await hop();
    const { AssumedRoleUser } = await sts(credentials).send(new AssumeRoleCommand(right()));
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${SPOKE}:assumed-role/tollgate-local-spoke-acme/tg-acme-x`);
    const longer = sts(credentials).send(new AssumeRoleCommand({ ...right(), DurationSeconds: 3_601 }));
    await expect(longer).rejects.toThrow('1 hour');
    const bedrock = new BedrockRuntimeClient({ ...stage, endpoint: stack.aws, credentials });
    clients.push(bedrock);
    const call = new ConverseCommand({ modelId: NOVA, messages: [{ role: 'user', content: [{ text: 'x' }] }] });
    await expect(bedrock.send(call)).rejects.toThrow('not authorized');
  });

  test.each([
    ['under other words', { ExternalId: 'tollgate-local-globex' }],
    ['under none', { ExternalId: undefined }],
    ['of another tenant', { RoleArn: roleOf('globex'), ExternalId: 'tollgate-local-globex' }],
    ['as another tenant', named('globex')],
    ['as somebody else', { SourceIdentity: 'tg-globex-x' }],
    ['under a name that is not ours', { RoleSessionName: 'somebody' }],
  ])('a session of hop 1 gets no role %s', async (_, change) => {
    const asked = sts(await hop()).send(new AssumeRoleCommand({ ...right(), ...change }));
    await expect(asked).rejects.toMatchObject({ name: expect.stringContaining('AccessDenied') });
  });

  test('the role there takes nobody but the invoker role, whatever words it knows', async () => {
    const asked = sts(gateway()).send(new AssumeRoleCommand(right()));
    await expect(asked).rejects.toMatchObject({ name: expect.stringContaining('AccessDenied') });
  });

  test('a session there calls what its policy names, and nothing of either account beyond', async () => {
    const Resource = [
      `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`,
      `arn:aws:sagemaker:us-east-1:${HUB}:endpoint/mixtral-8x7b`,
    ];
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: ['bedrock:InvokeModel', 'sagemaker:InvokeEndpoint', 's3:GetObject'], Resource },
      ],
    });
    const { Credentials: found } = await sts(await hop()).send(new AssumeRoleCommand({ ...right(), Policy }));
    const credentials = ofSdk(found);
    const bedrock = new BedrockRuntimeClient({ ...stage, endpoint: stack.aws, credentials });
    const sagemaker = new SageMakerRuntimeClient({ ...stage, endpoint: stack.aws, credentials });
    clients.push(bedrock, sagemaker);
    const messages = [{ role: 'user' as const, content: [{ text: 'x' }] }];
    await bedrock.send(new ConverseCommand({ modelId: NOVA, messages }));
    await expect(bedrock.send(new ConverseCommand({ modelId: 'amazon.nova-micro-v1:0', messages }))).rejects.toThrow(
      'not authorized',
    );
    await expect(
      sagemaker.send(new InvokeEndpointCommand({ EndpointName: 'mixtral-8x7b', Body: '{}' })),
    ).rejects.toThrow('not authorized');
  });
});
