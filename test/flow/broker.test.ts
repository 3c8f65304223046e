import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import { localSettings } from '../../local/settings.ts';
import { type Local, startLocal } from '../../local/start.ts';
import { sessionNames } from '../../policies/name.ts';
import { createItems } from '../../registry/table.ts';
import { createWriter } from '../../registry/writer.ts';
import { freePorts } from './ports.ts';
import { tokenOf } from './token.ts';

/** The whole gateway with a broker, in this process, so that a test can hold what the invoke function holds. */

const INVOKER = 'arn:aws:iam::111122223333:role/tollgate-local-invoker';
const NOVA_ARN = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0';

let folder: string;
let local: Local;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-broker-'));
  const port = await freePorts(3);
  local = await startLocal(localSettings({ PORT: String(port), TOLLGATE_DATA: folder, TOLLGATE_BROKER: '1' }));
});

afterAll(async () => {
  await local.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Clients that hold what the invoke function's memory holds. */
const asInvoke = () => {
  const config = {
    endpoint: local.aws,
    region: 'us-east-1',
    credentials: local.endpoint.credentialsFor('tollgate-local-invoke'),
    maxAttempts: 1,
  };
  return { sts: new STSClient(config), lambda: new LambdaClient(config) };
};

async function ask(question: object): Promise<Record<string, Record<string, unknown>>> {
  const { lambda } = asInvoke();
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: 'tollgate-local-broker', Payload: Buffer.from(JSON.stringify(question)) }),
  );
  expect(FunctionError).toBeUndefined();
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

const bedrock = (token: string) =>
  new BedrockRuntimeClient({
    endpoint: local.gateway,
    region: 'us-east-1',
    token: { token },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
  });

const messages = [{ role: 'user' as const, content: [{ text: 'hello there' }] }];
const mark = () => local.endpoint.calls.after(0).at(-1)?.seq ?? 0;

describe('with a broker', () => {
  test('an unmodified SDK is served, and AssumeRole is called by the broker and never by invoke', async () => {
    const before = mark();
    const client = bedrock(await tokenOf(local.issuer, 'acme-app'));
    const answer = await client.send(new ConverseCommand({ modelId: 'nova-lite', messages }));
    expect(answer.output?.message?.content?.[0]?.text).toBe('echo: hello there');
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'claude-sonnet-4-5', messages }));
    const deltas: string[] = [];
    for await (const { contentBlockDelta } of stream ?? []) deltas.push(contentBlockDelta?.delta?.text ?? '');
    expect(deltas.join('')).toBe('echo: hello there');

    const calls = local.endpoint.calls.after(before);
    const byService = (service: string) => calls.filter((call) => call.service === service);
    expect(byService('sts').map(({ caller, decision }) => [caller?.arn, decision])).toEqual(
      Array(2).fill(['arn:aws:sts::111122223333:assumed-role/tollgate-local-broker/tollgate-local-broker', 'allowed']),
    );
    expect(
      byService('lambda').map(({ caller, decision, resources }) => [caller?.sessionName, decision, resources]),
    ).toEqual(
      Array(2).fill([
        'tollgate-local-invoke',
        'allowed',
        ['arn:aws:lambda:us-east-1:111122223333:function:tollgate-local-broker'],
      ]),
    );
    for (const { caller } of byService('bedrock'))
      expect(caller?.tags).toEqual({ TenantId: 'acme', CostCenter: 'CC-100' });
    expect(JSON.stringify(byService('bedrock')[0]?.caller?.sessionPolicy)).toContain(NOVA_ARN);
  });

  test('warm calls do not ask it again', async () => {
    const client = bedrock(await tokenOf(local.issuer, 'globex-app'));
    await client.send(new ConverseCommand({ modelId: 'nova-lite', messages }));
    const before = mark();
    await client.send(new ConverseCommand({ modelId: 'nova-lite', messages }));
    expect(local.endpoint.calls.after(before).map(({ service }) => service)).toEqual(['bedrock']);
  });

  test("invoke's own credentials may not assume the invoker role, not even with the right name, tags and policy", async () => {
    const { sessionName, sourceIdentity } = sessionNames(parseTenantId('acme'), parsePrincipal('acme-app'));
    const assume = new AssumeRoleCommand({
      RoleArn: INVOKER,
      RoleSessionName: sessionName,
      SourceIdentity: sourceIdentity,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'bedrock:InvokeModel', Resource: NOVA_ARN }],
      }),
      Tags: [
        { Key: 'TenantId', Value: 'acme' },
        { Key: 'CostCenter', Value: 'CC-100' },
      ],
    });
    await expect(asInvoke().sts.send(assume)).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  test("invoke may invoke no other function, and nobody else's role may invoke the broker", async () => {
    const invoke = (role: string, name: string) =>
      new LambdaClient({
        endpoint: local.aws,
        region: 'us-east-1',
        credentials: local.endpoint.credentialsFor(role),
        maxAttempts: 1,
      }).send(new InvokeCommand({ FunctionName: name, Payload: Buffer.from('{}') }));
    for (const [role, name] of [
      ['tollgate-local-invoke', 'tollgate-local-authorizer'],
      ['tollgate-local-authorizer', 'tollgate-local-broker'],
      ['tollgate-local-metering', 'tollgate-local-broker'],
    ] as const)
      await expect(invoke(role, name), `${role} -> ${name}`).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

test('credentials that are handed out come from the broker too, and only where the grant says so', async () => {
  // Granted before anybody asks: the function remembers what it read for up to 5 seconds.
  const client = new DynamoDBClient({
    endpoint: local.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
  });
  const items = createItems({ client, table: 'tollgate-registry' });
  const more = { direct: true } as const;
  await createWriter({ items, clock: Date.now, actor: 'test' }).grant('globex', 'titan-embed-v2', ['invoke'], more);
  client.destroy();
  const authorization = `Bearer ${await tokenOf(local.issuer, 'globex-app')}`;
  const get = async (model: string) => {
    const before = mark();
    const { status } = await fetch(`${local.gateway}/credentials?model=${model}`, { headers: { authorization } });
    const assumed = local.endpoint.calls.after(before).filter(({ service }) => service === 'sts');
    return [status, ...assumed.map(({ caller }) => caller?.sessionName)];
  };
  expect(await get('titan-embed-v2')).toEqual([200, 'tollgate-local-broker']);
  expect(await get('nova-lite')).toEqual([403]);
  const asked = { v: 1, requestId: 'r', authorization, model: 'nova-lite', action: 'direct' };
  expect((await ask(asked)).refused).toMatchObject({ code: 'model_not_allowed', reason: 'direct-off' });
});

describe('a forged question, asked with all that invoke has', () => {
  const before = { seq: 0 };
  const question = async (more: object = {}) => ({
    v: 1,
    requestId: 'forged',
    authorization: `Bearer ${await tokenOf(local.issuer, 'acme-app')}`,
    model: 'nova-lite',
    action: 'invoke',
    ...more,
  });

  test.each<[string, object, string]>([
    ["for another tenant's model", { model: 'llama-3-3-70b' }, 'model_not_allowed'],
    ['for a model that is not there', { model: 'no-such-model' }, 'model_not_allowed'],
    ['for an action nobody knows', { action: 'create' }, 'invalid_request'],
    ['with a tenant in it', { tenant: 'globex' }, 'invalid_request'],
    ['with a policy in it', { policy: '{}' }, 'invalid_request'],
    ['without a token', { authorization: 'Bearer x' }, 'unauthenticated'],
    ['with a token whose claims were changed', { authorization: 'FORGED' }, 'unauthenticated'],
  ])('%s is refused, and STS hears nothing', async (_, more, code) => {
    before.seq = mark();
    const asked = await question(more);
    if (asked.authorization === 'FORGED') {
      const [header, payload, signature] = (await tokenOf(local.issuer, 'acme-app')).split('.');
      const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()) as object;
      const changed = Buffer.from(JSON.stringify({ ...claims, tenant: 'globex' })).toString('base64url');
      asked.authorization = `Bearer ${header}.${changed}.${signature}`;
    }
    expect((await ask(asked)).refused).toMatchObject({ code });
    expect(local.endpoint.calls.after(before.seq).filter(({ service }) => service === 'sts')).toEqual([]);
  });

  test('of a tenant nobody onboarded is refused, though its token is good', async () => {
    const authorization = `Bearer ${await tokenOf(local.issuer, 'stranger-app')}`;
    expect((await ask(await question({ authorization }))).refused).toMatchObject({ code: 'forbidden' });
  });

  test('that is honest gets credentials that open this one model for this one action', async () => {
    const { issued } = await ask(await question());
    const credentials = {
      accessKeyId: String(issued?.accessKeyId),
      secretAccessKey: String(issued?.secretAccessKey),
      sessionToken: String(issued?.sessionToken),
    };
    const client = new BedrockRuntimeClient({
      endpoint: local.aws,
      region: 'us-east-1',
      credentials,
      authSchemePreference: ['sigv4'],
      maxAttempts: 1,
    });
    await expect(
      client.send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages })),
    ).resolves.toBeDefined();
    for (const refused of [
      new ConverseStreamCommand({ modelId: 'amazon.nova-lite-v1:0', messages }),
      new ConverseCommand({ modelId: 'anthropic.claude-v2:1', messages }),
    ])
      await expect(client.send(refused as ConverseCommand)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

test('no token and no credential is in what was logged', async () => {
  const token = await tokenOf(local.issuer, 'acme-app');
  await bedrock(token).send(new ConverseCommand({ modelId: 'nova-lite', messages }));
  const { issued } = await ask({
    v: 1,
    requestId: 'r',
    authorization: `Bearer ${token}`,
    model: 'nova-lite',
    action: 'stream',
  });
  await fetch(`${local.aws}/_local/flush`, { method: 'POST' });
  const log = readFileSync(join(folder, 'log.jsonl'), 'utf8');
  expect(log).toContain('broker-refused');
  for (const secret of [token.slice(0, 60), String(issued?.secretAccessKey), String(issued?.sessionToken)])
    expect(log).not.toContain(secret);
});
