import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createItems } from '../../registry/dynamo.ts';
import { createWriter } from '../../registry/writer.ts';
import { Stack } from './stack.ts';

const TENANTS = Array.from({ length: 20 }, (_, i) => `tenant-${i}`);
const MODELS = ['nova-lite', 'claude-sonnet-4-5', 'llama-3-3-70b'] as const;
const NATIVE: Record<string, string> = {
  'nova-lite': 'amazon.nova-lite-v1:0',
  'claude-sonnet-4-5': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'llama-3-3-70b': 'us.meta.llama3-3-70b-instruct-v1:0',
};

let stack: Stack;
let closeKeys: () => unknown;
let tokenOf: (tenant: string) => Promise<string>;

beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'own', alg: 'ES256', use: 'sig' };
  const keys = createServer((_req, res) => res.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  closeKeys = () => keys.close();
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  tokenOf = (tenant) =>
    new SignJWT({ team: tenant })
      .setProtectedHeader({ alg: 'ES256', kid: 'own', typ: 'at+jwt' })
      .setIssuer(issuer)
      .setAudience('the-gateway')
      .setSubject(`service of ${tenant}`)
      .setIssuedAt()
      .setExpirationTime('10 minutes')
      .sign(privateKey);

  stack = await Stack.start({
    env: {
      TOLLGATE_ISSUERS: JSON.stringify([
        { issuer, jwksUri: `${issuer}/keys`, audience: 'the-gateway', tenantClaim: 'team', algorithms: ['ES256'] },
      ]),
    },
  });
  const client = new DynamoDBClient({
    endpoint: stack.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
  });
  const items = createItems({ client, table: 'tollgate-registry' });
  const writer = createWriter({ items, clock: Date.now, actor: 'test' });
  for (const [i, id] of TENANTS.entries()) {
    await writer.putTenant({ id, costCenter: `CC-${i}` });
    for (const model of MODELS) await writer.grant(id, model);
  }
  client.destroy();
});

afterAll(async () => {
  await stack.remove();
  closeKeys();
});

async function call(token: string, model: string, text: string, stream: boolean): Promise<string> {
  const response = await fetch(`${stack.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: text }] }),
  });
  expect(response.status).toBe(200);
  const answer = await response.text();
  if (!stream)
    return (JSON.parse(answer) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '';
  return [...answer.matchAll(/^data: (\{.*)$/gm)]
    .map(([, json]) => JSON.parse(json ?? '') as { choices: { delta: { content?: string } }[] })
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('');
}

describe('many tenants in one process', () => {
  test('T8: 200 interleaved calls of 20 tenants each run with their own session, policy, usage and answer', async () => {
    const tokens = await Promise.all(TENANTS.map(tokenOf));
    // Each once before the burst: this is about who is whom, and a cold start on a busy machine may answer 503.
    for (const token of tokens) {
      const headers = { authorization: `Bearer ${token}` };
      expect((await fetch(`${stack.gateway}/v1/models`, { headers })).status).toBe(200);
    }
    const mark = await stack.mark();
    // The number of words tells, on the AWS side, whose call it is: 1 for the first tenant, 20 for the last.
    const wordsOf = (tenant: number) => Array.from({ length: tenant + 1 }, (_, i) => `t${tenant}w${i}`).join(' ');
    await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const tenant = i % TENANTS.length;
        const model = MODELS[(i + tenant) % MODELS.length] ?? 'nova-lite';
        const answer = await call(tokens[tenant] ?? '', model, wordsOf(tenant), i % 2 === 0);
        expect(answer).toBe(`echo: ${wordsOf(tenant)}`);
      }),
    );

    const upstream = await stack.upstream(mark);
    const calls = upstream.filter(({ service }) => service === 'bedrock');
    expect(calls).toHaveLength(200);
    for (const { caller, usage, model, decision } of calls) {
      expect(decision).toBe('allowed');
      const tenant = Number(usage?.inputTokens) - 1;
      expect(caller?.tags).toEqual({ TenantId: `tenant-${tenant}`, CostCenter: `CC-${tenant}` });
      expect(caller?.sessionName).toContain(`tenant-${tenant}`);
      const policy = JSON.stringify(caller?.sessionPolicy);
      for (const native of Object.values(NATIVE))
        expect(policy.includes(`/${native}"`), `${native} in ${policy}`).toBe(model === native);
    }
    // One session for each tenant, model and action; none is made twice and none is shared.
    const sessions = new Set(
      calls.map(({ caller }) => `${caller?.sessionName} ${JSON.stringify(caller?.sessionPolicy)}`),
    );
    expect(upstream.filter(({ service }) => service === 'sts')).toHaveLength(sessions.size);
  });

  test('T1: a header, query or body that names another tenant changes nothing', async () => {
    const mark = await stack.mark();
    const response = await fetch(`${stack.gateway}/model/nova-lite/converse?tenant=tenant-2&team_id=tenant-2`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await tokenOf('tenant-1')}`,
        'content-type': 'application/json',
        'x-tenant-id': 'tenant-2',
        team_id: 'tenant-2',
        'x-amz-tenant-id': 'tenant-2',
      },
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
    });
    expect(response.status).toBe(200);
    for (const { caller, service } of await stack.upstream(mark))
      if (service === 'bedrock') expect(caller?.tags.TenantId).toBe('tenant-1');
  });
});
