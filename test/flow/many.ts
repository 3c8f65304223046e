import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { createItems } from '../../registry/table.ts';
import { createWriter } from '../../registry/writer.ts';
import { Stack } from './stack.ts';

export const TENANTS = Array.from({ length: 20 }, (_, i) => `tenant-${i}`);
export const MODELS = ['nova-lite', 'claude-sonnet-4-5', 'llama-3-3-70b'] as const;
const NATIVE: Record<string, string> = {
  'nova-lite': 'amazon.nova-lite-v1:0',
  'claude-sonnet-4-5': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'llama-3-3-70b': 'us.meta.llama3-3-70b-instruct-v1:0',
};

/** A running gateway of 20 tenants, each granted the same three models, with an issuer of their own. */
export interface Many {
  stack: Stack;
  tokenOf(tenant: string, subject?: string): Promise<string>;
  /** One chat call; resolves with the answer's text, and fails when it is no answer. */
  chat(token: string, model: string, text: string, stream: boolean): Promise<string>;
  remove(): Promise<void>;
}

/** An identity provider of one's own, whose callers are whatever a test says. */
export interface Issuer {
  /** For TOLLGATE_ISSUERS. */
  settings: object;
  tokenOf(tenant: string, subject: string): Promise<string>;
  close(): void;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'own', alg: 'ES256', use: 'sig' };
  const keys = createServer((_req, res) => res.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(keys.address() as AddressInfo).port}`;
  return {
    settings: {
      issuer,
      jwksUri: `${issuer}/keys`,
      audience: 'the-gateway',
      tenantClaim: 'team',
      algorithms: ['ES256'],
    },
    tokenOf: (tenant, subject) =>
      new SignJWT({ team: tenant })
        .setProtectedHeader({ alg: 'ES256', kid: 'own', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience('the-gateway')
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime('10 minutes')
        .sign(privateKey),
    close: () => keys.close(),
  };
}

export async function startMany(): Promise<Many> {
  const issuer = await startIssuer();
  const stack = await Stack.start({ env: { TOLLGATE_ISSUERS: JSON.stringify([issuer.settings]) } });
  await onboard(stack);
  return {
    stack,
    tokenOf: (tenant, subject = `service of ${tenant}`) => issuer.tokenOf(tenant, subject),
    chat: (token, model, text, stream) => chat(stack.gateway, token, { model, stream }, text),
    async remove() {
      await stack.remove();
      issuer.close();
    },
  };
}

async function onboard(stack: Stack): Promise<void> {
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
}

async function chat(gateway: string, token: string, about: { model: string; stream: boolean }, text: string) {
  const response = await fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...about, messages: [{ role: 'user', content: text }] }),
  });
  const answer = await response.text();
  expect(response.status, answer).toBe(200);
  if (!about.stream)
    return (JSON.parse(answer) as { choices: { message: { content: string } }[] }).choices[0]?.message.content ?? '';
  return [...answer.matchAll(/^data: (\{.*)$/gm)]
    .map(([, json]) => JSON.parse(json ?? '') as { choices: { delta: { content?: string } }[] })
    .map(({ choices }) => choices[0]?.delta.content ?? '')
    .join('');
}

/** A text whose number of words tells, on the AWS side, whose call it is: 1 for the first tenant, 20 for the last. */
export const wordsOf = (tenant: number): string =>
  Array.from({ length: tenant + 1 }, (_, i) => `t${tenant}w${i}`).join(' ');

/** That a call ran as the tenant whose words it brought, under a policy of the one model it called. */
export function expectOwn({ caller, usage, model, decision }: CallRecord): void {
  expect(decision).toBe('allowed');
  const tenant = Number(usage?.inputTokens) - 1;
  expect(caller?.tags).toEqual({ TenantId: `tenant-${tenant}`, CostCenter: `CC-${tenant}` });
  expect(caller?.sessionName).toMatch(new RegExp(`^tg-tenant-${tenant}-[0-9a-f]{32}$`));
  expect(caller?.sourceIdentity).toBe(caller?.sessionName);
  const policy = JSON.stringify(caller?.sessionPolicy);
  for (const native of Object.values(NATIVE))
    expect(policy.includes(`/${native}"`), `${native} in ${policy}`).toBe(model === native);
}
