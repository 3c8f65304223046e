import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../../../local/identity.ts';
import { freePorts } from '../../flow/ports.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-identity-'));
let port: number;
let identity: Identity;

beforeAll(async () => {
  port = await freePorts(1);
  identity = await start();
});

afterAll(async () => {
  await identity.close(0);
  rmSync(dataDir, { recursive: true });
});

function start(): Promise<Identity> {
  return startIdentity({
    port,
    dataDir,
    onError: (error) => {
      throw error;
    },
  });
}

async function ask(parameters: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...parameters });
  const response = await fetch(`${identity.issuer}/token`, { method: 'POST', body, headers });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });

async function verified(token: unknown) {
  const keys = createRemoteJWKSet(new URL(`${identity.issuer}/jwks`));
  return jwtVerify(String(token), keys, { issuer: identity.issuer, audience: 'tollgate', typ: 'at+jwt' });
}

describe('the local identity provider', () => {
  test.each([
    ['acme-app', 'acme-secret', 'acme', []],
    ['globex-app', 'globex-secret', 'globex', []],
    ['ops', 'ops-secret', 'ops', ['admin']],
    ['stranger-app', 'stranger-secret', 'stranger', []],
  ])('gives %s an access token of tenant and roles, for 15 minutes', async (id, secret, tenant, roles) => {
    const { status, answer } = await ask({ client_id: id, client_secret: secret });
    expect(status).toBe(200);
    const { payload, protectedHeader } = await verified(answer.access_token);
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
    expect(payload).toMatchObject({ tenant, roles, sub: id, aud: 'tollgate' });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(900);
  });

  test('takes the secret as Basic too', async () => {
    const { answer } = await ask({}, basic('acme-app', 'acme-secret'));
    expect((await verified(answer.access_token)).payload.tenant).toBe('acme');
  });

  test('refuses a wrong secret, an unknown client and another resource', async () => {
    expect((await ask({}, basic('acme-app', 'globex-secret'))).status).toBe(401);
    expect((await ask({}, basic('nobody', 'x'))).status).toBe(401);
    expect((await ask({ resource: 'urn:other' }, basic('acme-app', 'acme-secret'))).answer).toMatchObject({
      error: 'invalid_target',
    });
  });

  test('is found by discovery', async () => {
    const found = await (await fetch(`${identity.issuer}/.well-known/openid-configuration`)).json();
    expect(found).toMatchObject({ issuer: identity.issuer, jwks_uri: `${identity.issuer}/jwks` });
  });

  test('keeps its key over a restart, readable by its owner alone', async () => {
    const { answer } = await ask({}, basic('acme-app', 'acme-secret'));
    await identity.close(0);
    identity = await start();
    expect((await verified(answer.access_token)).payload.sub).toBe('acme-app');
    expect(statSync(join(dataDir, 'identity-key.json')).mode & 0o777).toBe(0o600);
  });
});
