import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JWKS_TIMEOUT_MS } from '../../contract/limits/authorizer.ts';
import { poolIssuer } from '../../infra/sign-in/derived.ts';
import type { TokenEvent } from '../../pool/event.ts';
import { createTrigger } from '../../pool/trigger.ts';
import paths from '../cases/raw-paths.json' with { type: 'json' };
import { Stack } from './stack.ts';

const now = () => Math.floor(Date.now() / 1000);

/** An identity provider of which a test decides what it publishes and how it answers. */
class Provider {
  readonly #server: Server;
  readonly keys: JWK[] = [];
  fetches = 0;
  answer: RequestListener = (_, res) => res.end(JSON.stringify({ keys: this.keys }));

  constructor() {
    this.#server = createServer((req, res) => {
      this.fetches++;
      this.answer(req, res);
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @returns what signs tokens with a new key, which is not published yet */
  async newKey(kid: string) {
    const { jwk, signed } = await this.newSigner(kid, 'ES256');
    const sign = (claims: object, issuer = this.url) =>
      signed({ sub: 'service', aud: 'tollgate', iss: issuer, ...claims }, { typ: 'at+jwt' });
    return { jwk, sign };
  }

  /** The same, of tokens that hold what they are given and times, and nothing else. */
  async newSigner(kid: string, alg: string) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const signed = (claims: object, header: object = {}) =>
      new SignJWT({ iat: now(), exp: now() + 600, ...claims })
        .setProtectedHeader({ ...header, alg, kid })
        .sign(privateKey);
    return { jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, signed };
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const owned = new Provider();
const shared = new Provider();
const slow = new Provider();
const silent = new Provider();
const late = new Provider();
const listed = new Provider();
const pool = new Provider();
const all = [owned, shared, slow, silent, late, listed, pool];
const POOL_ID = 'us-east-1_AbC123456';
const PEOPLE = '3n4b5urk1ft4fl3mg5e62d9ado';
const MACHINE = '6h6hry2tfwpe5k6d9fs1a2fwlw';
let stack: Stack;

beforeAll(async () => {
  await Promise.all(all.map((provider) => provider.listen()));
  const keysOf = ({ url }: Provider) => ({ issuer: url, jwksUri: `${url}/keys`, audience: 'tollgate' });
  const issuers = [
    { ...keysOf(owned), tenant: 'globex', rolesClaim: 'roles' },
    { ...keysOf(shared), tenants: { 'app-1': 'acme', 'app-2': 'globex', 'app-3': 'nobody' } },
    { ...keysOf(listed), audience: null, tenants: 'registry' },
    // As the stack writes it; but its keys are to be had here.
    { ...poolIssuer('us-east-1', POOL_ID, [PEOPLE, MACHINE]), jwksUri: `${pool.url}/keys` },
    ...[slow, silent, late].map((one) => ({ ...keysOf(one), tenantClaim: 'tenant' })),
  ];
  stack = await Stack.start({ env: { TOLLGATE_ISSUERS: JSON.stringify(issuers), TOLLGATE_AUTHORIZER_TTL: '1' } });
});

afterAll(async () => {
  await stack.remove();
  for (const provider of all) provider.close();
});

async function call(token: string): Promise<{ status: number; tenant: string | undefined; retryAfter: string | null }> {
  const mark = await stack.mark();
  const response = await fetch(`${stack.gateway}/model/nova-lite/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] }),
  });
  await response.text();
  const called = (await stack.upstream(mark)).find(({ service }) => service === 'bedrock');
  return {
    status: response.status,
    tenant: called?.caller?.tags.TenantId,
    retryAfter: response.headers.get('retry-after'),
  };
}

describe('several issuers side by side', () => {
  test('each names its tenant in its own way', async () => {
    const one = await owned.newKey('one');
    const two = await shared.newKey('two');
    owned.keys.push(one.jwk);
    shared.keys.push(two.jwk);
    expect(await call(await one.sign({ tenant: 'acme' }))).toMatchObject({ status: 200, tenant: 'globex' });
    expect(await call(await two.sign({ client_id: 'app-1' }))).toMatchObject({ status: 200, tenant: 'acme' });
    expect(await call(await two.sign({ azp: 'app-2' }))).toMatchObject({ status: 200, tenant: 'globex' });
    expect(await call(await two.sign({ client_id: 'app-3' }))).toMatchObject({ status: 403, tenant: undefined });
    expect(await call(await two.sign({ client_id: 'app-4' }))).toMatchObject({ status: 401, tenant: undefined });
    expect(await call(await two.sign({ tenant: 'acme' }))).toMatchObject({ status: 401, tenant: undefined });
    expect(await call(await stack.token('acme-app'))).toMatchObject({ status: 200, tenant: 'acme' });
  });

  test('a client that the registry knows is of the tenant it says there, from the edit on and no longer', async () => {
    const key = await listed.newKey('listed');
    listed.keys.push(key.jwk);
    const client = 'service #1/a';
    let tokens = 0;
    const ask = async () => call(await key.sign({ client_id: client, tenant: 'ops', jti: `${tokens++}` }));
    const tollgate = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await stack.cli('client', ...args);
      expect(code, stderr).toBe(0);
      return stdout;
    };
    expect(await ask()).toMatchObject({ status: 401 });
    await tollgate('put', client, '--issuer', listed.url, '--tenant', 'globex');
    expect(await ask()).toMatchObject({ status: 200, tenant: 'globex' });
    await tollgate('put', client, '--issuer', listed.url, '--tenant', 'acme');
    await expect.poll(ask, { timeout: 15_000 }).toMatchObject({ status: 200, tenant: 'acme' });
    expect(JSON.parse(await tollgate('list', '--tenant', 'acme', '--format', 'json'))).toEqual([
      expect.objectContaining({ issuer: listed.url, client, tenant: 'acme', version: 2 }),
    ]);
    await tollgate('remove', client, '--issuer', listed.url);
    await expect.poll(ask, { timeout: 15_000 }).toMatchObject({ status: 401 });
    const history = JSON.parse(await tollgate('history', client, '--issuer', listed.url, '--format', 'json'));
    expect(history.map(({ change }: { change: string }) => change)).toEqual(['create', 'replace', 'remove']);
  });

  test('J15: a new key is accepted by the running gateway at its first use', async () => {
    const next = await shared.newKey('next');
    shared.keys.splice(0, shared.keys.length, next.jwk);
    expect(await call(await next.sign({ client_id: 'app-1' }))).toMatchObject({ status: 200, tenant: 'acme' });
  });

  // After the new key: a key id that is not there holds the next fetch back for the cooldown.
  test('J10: one’s key under another’s name is refused', async () => {
    const own = await owned.newKey('owned-only');
    owned.keys.push(own.jwk);
    expect(await call(await own.sign({}))).toMatchObject({ status: 200 });
    expect(await call(await own.sign({ client_id: 'app-1' }, shared.url))).toMatchObject({ status: 401 });
  });
});

describe('a user pool of the stage’s own', () => {
  const pools = (id: string) => ({ iss: `https://cognito-idp.us-east-1.amazonaws.com/${id}` });
  const providers = { Entra: { claim: 'roles', groups: { 'Acme.User': { tenant: 'acme' } } } };
  const trigger = createTrigger({ providers, clock: () => 0, write: () => {} });
  /** What the pool's function has put into an access token. */
  const put = (triggerSource: string, request: TokenEvent['request']) => {
    const { response } = trigger({ triggerSource, request });
    const { accessTokenGeneration } = (
      response as { claimsAndScopeOverrideDetails: { accessTokenGeneration: { claimsToAddOrOverride?: object } } }
    ).claimsAndScopeOverrideDetails;
    return accessTokenGeneration.claimsToAddOrOverride ?? {};
  };
  const common = { ...pools(POOL_ID), version: 2, token_use: 'access', auth_time: now(), jti: 'a' };
  // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
  const person = (groups: string[]) => ({
    ...{ ...common, sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee', client_id: PEOPLE, scope: 'openid email' },
    ...{ username: 'my-test-user', origin_jti: 'b', event_id: 'c', 'cognito:groups': groups },
    ...put('TokenGeneration_HostedAuth', { groupConfiguration: { groupsToOverride: groups } }),
  });
  const federated = {
    ...person(['us-east-1_AbC123456_Entra']),
    ...put('TokenGeneration_HostedAuth', {
      userAttributes: {
        ...{ 'cognito:user_status': 'EXTERNAL_PROVIDER', 'custom:groups': '[Acme.User]' },
        identities: '[{"providerName":"Entra"}]',
      },
    }),
  };
  const scopes = ['tollgate/tenant.globex'];
  const machine = {
    ...{ ...common, sub: MACHINE, client_id: MACHINE, scope: scopes.join(' ') },
    ...put('TokenGeneration_ClientCredentials', { scopes }),
  };
  const without = (claims: object, ...names: string[]) =>
    Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)));
  let sign: (claims: object) => Promise<string>;

  beforeAll(async () => {
    const { jwk, signed } = await pool.newSigner('pool', 'RS256');
    pool.keys.push(jwk);
    sign = signed;
  });

  test.each([
    ['a person, by a group', person(['tenant:acme']), 'acme'],
    ['a person of a provider', federated, 'acme'],
    ['a machine, by its scope', machine, 'globex'],
  ])('lets in %s', async (_, claims, tenant) => {
    expect(await call(await sign(claims))).toMatchObject({ status: 200, tenant });
  });

  test('a role of the pool administers, and nobody without it does', async () => {
    const administers = async (claims: object) => {
      const headers = { authorization: `Bearer ${await sign(claims)}` };
      return (await fetch(`${stack.gateway}/admin/tenants`, { headers })).status;
    };
    expect(await administers(person(['tenant:acme', 'role:admin']))).toBe(200);
    expect(await administers(person(['tenant:acme', 'admin']))).toBe(403);
  });

  test.each([
    ['a person of no tenant', person([])],
    ['a person of two', person(['tenant:acme', 'tenant:globex'])],
    ['an ID token', { ...without(person(['tenant:acme']), 'client_id', 'scope'), token_use: 'id', aud: PEOPLE }],
    ['an ID token that has a client too', { ...person(['tenant:acme']), token_use: 'id' }],
    ['a token of no use', without(person(['tenant:acme']), 'token_use')],
    ['a client that the stack did not make', { ...machine, client_id: '1example23456789', sub: '1example23456789' }],
    ['no client', without(machine, 'client_id')],
    ['another pool, of the same key', { ...person(['tenant:acme']), ...pools('us-east-1_ZzZ999999') }],
    ['a tenant that cannot be one', { ...person(['tenant:acme']), tenant: ['acme'] }],
  ])('refuses %s', async (_, claims) => {
    expect(await call(await sign(claims))).toMatchObject({ status: 401, tenant: undefined });
  });
});

describe('J16: a refusal over the wire', () => {
  /** All that a caller can see of it, without what is new in every answer. */
  const seen = async (token: string) => {
    const response = await fetch(`${stack.gateway}/v1/models`, { headers: { authorization: `Bearer ${token}` } });
    const id = response.headers.get('x-request-id') ?? 'none';
    const headers = [...response.headers].filter(([name]) => name !== 'date');
    return JSON.stringify([response.status, headers, await response.text()]).replaceAll(id, 'ID');
  };

  test('tells no bad token from another', async () => {
    const key = await owned.newKey('one-of-many');
    owned.keys.push(key.jwk);
    const good = await key.sign({});
    const past = now() - 60;
    const bad = [
      await key.sign({ exp: past }),
      `${good.slice(0, -8)}AAAAAAAA`,
      await key.sign({}, 'https://nobody.example'),
      await key.sign({ sub: '' }),
      await key.sign({ nbf: past + 3_600 }),
      'x.y.z',
    ];
    const answers = new Set(await Promise.all(bad.map(seen)));
    expect([...answers]).toEqual([expect.stringMatching(/^\[401,/)]);
    expect(await seen(good)).toMatch(/^\[200,/);
  });

  test('tells no tenant that nobody onboarded from one that is suspended', async () => {
    const stranger = await seen(await stack.token('stranger-app'));
    expect((await stack.cli('tenant', 'suspend', 'ops')).code).toBe(0);
    expect(await seen(await stack.token('ops'))).toBe(stranger);
    expect(stranger).toMatch(/^\[403,/);
  });
});

test('J14: keys that drip in a byte at a time are 503 for everyone, after one fetch and in bounded time', async () => {
  const key = await slow.newKey('slow');
  slow.answer = (_, res) => {
    const drip = setInterval(() => res.write(' '), 50);
    res.once('close', () => clearInterval(drip));
  };
  const tokens = await Promise.all(Array.from({ length: 40 }, (_, n) => key.sign({ tenant: 'acme', jti: `${n}` })));
  const begin = performance.now();
  const answers = await Promise.all(tokens.map(call));
  expect(performance.now() - begin).toBeLessThan(JWKS_TIMEOUT_MS + 3_000);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
  for (const { retryAfter } of answers) expect(Number(retryAfter)).toBeGreaterThan(0);
  expect(slow.fetches).toBe(1);
  // An issuer that is down does not take the others with it.
  expect(await call(await stack.token('acme-app'))).toMatchObject({ status: 200 });
});

describe('while an issuer does not answer', () => {
  const hang: RequestListener = () => {};

  /** `held` are under way when `other` comes. @returns how long that one took, in milliseconds */
  async function beside(provider: Provider, held: readonly string[], other: string): Promise<number> {
    const before = provider.fetches;
    const waiting = held.map(call);
    await expect.poll(() => provider.fetches).toBeGreaterThan(before);
    const begin = performance.now();
    expect(await call(other)).toMatchObject({ status: 200 });
    const took = performance.now() - begin;
    const late = await Promise.all(waiting);
    expect(new Set(late.map(({ status }) => status))).toEqual(new Set([503]));
    return took;
  }

  const many = (sign: (n: number) => Promise<string>) => Promise.all(Array.from({ length: 40 }, (_, n) => sign(n)));

  test('the tokens of another one do not wait for its keys', async () => {
    silent.answer = hang;
    const key = await silent.newKey('a');
    const held = await many((n) => key.sign({ tenant: 'acme', jti: `${n}` }));
    expect(await beside(silent, held, await stack.token('acme-app'))).toBeLessThan(JWKS_TIMEOUT_MS / 2);
  });

  test('nor do its own whose key is known, for one that is not', async () => {
    const [known, unknown] = [await late.newKey('known'), await late.newKey('unknown')];
    late.keys.push(known.jwk);
    expect(await call(await known.sign({ tenant: 'acme' }))).toMatchObject({ status: 200 });
    late.answer = hang;
    const held = await many((n) => unknown.sign({ tenant: 'acme', jti: `${n}` }));
    const other = await known.sign({ tenant: 'acme', jti: 'other' });
    expect(await beside(late, held, other)).toBeLessThan(JWKS_TIMEOUT_MS / 2);
  });
});

describe('T4: over HTTP/2 too, a path that could be read in two ways is refused and reaches nothing', () => {
  test.each(paths)('$name', async ({ input }) => {
    const mark = await stack.mark();
    const session = connect(stack.gateway);
    try {
      const stream = session.request({
        ':method': 'POST',
        ':path': input,
        ':authority': 'evil.example',
        authorization: `Bearer ${await stack.token('acme-app')}`,
        'content-type': 'application/json',
      });
      stream.end('{}');
      // A path that is no path in HTTP/2 (RFC 9113 section 8.3.1) ends the stream before anybody reads it.
      const status = await once(stream, 'response').then(
        ([headers]) => (headers as { ':status'?: number })[':status'],
        ({ code }: { code?: string }) => code,
      );
      stream.resume();
      expect([400, 404, 'ERR_HTTP2_STREAM_ERROR']).toContain(status);
    } finally {
      session.close();
    }
    expect(await stack.upstream(mark)).toEqual([]);
  });
});
