import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Config } from '../../../console/config.ts';
import {
  authorization,
  discover,
  endOfSession,
  isRefused,
  needsPerson,
  type Pending,
  type Provider,
  redeem,
  renew,
} from '../../../console/sign-in/flow.ts';

const ISSUER = 'https://idp.example/pool';
const PAGE = 'https://gateway.example/console/';
const config: Config = { issuer: ISSUER, clientId: 'console', scope: 'email', admin: true };

/** What the provider was sent, and what it answers the next time. */
let sent: { url: string; body: URLSearchParams }[];
let answers: (object | Response)[];

const metadata = {
  issuer: ISSUER,
  authorization_endpoint: `${ISSUER}/authorize`,
  token_endpoint: `${ISSUER}/token`,
  end_session_endpoint: `${ISSUER}/logout`,
};

/** An ID token as the token endpoint gives it, over TLS: its signature is not looked at. */
function idToken(claims: object): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const own = { iss: ISSUER, aud: 'console', sub: 'ann', iat: now, exp: now + 60, ...claims };
  return `${part({ alg: 'RS256' })}.${part(own)}.c2lnbmF0dXJl`;
}

beforeEach(() => {
  sent = [];
  answers = [metadata];
  vi.stubGlobal('fetch', async (url: string | URL, init: RequestInit = {}) => {
    sent.push({ url: String(url), body: new URLSearchParams(String(init.body ?? '')) });
    const answer = answers.shift();
    if (answer === undefined) throw new Error('nothing more to answer');
    return answer instanceof Response ? answer : Response.json(answer);
  });
});
afterEach(() => vi.unstubAllGlobals());

async function asked(silent = false): Promise<{ provider: Provider; url: URL; pending: Pending }> {
  const provider = await discover(config, PAGE);
  const { url, pending } = await authorization(provider, { silent, returnTo: '#/keys' });
  return { provider, url: new URL(url), pending };
}

const back = (state: string, more: Record<string, string> = { code: 'c-1' }) => new URLSearchParams({ state, ...more });

describe('the way to the provider', () => {
  test('asks for a code under a challenge that only this page can answer', async () => {
    const { url, pending } = await asked();
    expect(Object.fromEntries(url.searchParams)).toEqual({
      ...{ client_id: 'console', redirect_uri: PAGE, response_type: 'code', scope: 'openid email' },
      code_challenge: createHash('sha256').update(pending.verifier).digest('base64url'),
      ...{ code_challenge_method: 'S256', state: pending.state, nonce: pending.nonce },
    });
    expect(url.href).not.toContain(pending.verifier);
  });

  test('asks without a page for who is signed in there', async () => {
    expect((await asked(true)).url.searchParams.get('prompt')).toBe('none');
  });

  test('is not begun with a provider that is not protected, but on this machine', async () => {
    await expect(discover({ ...config, issuer: 'http://idp.example' }, PAGE)).rejects.toThrow();
    answers = [{ ...metadata, issuer: 'http://127.0.0.1:8788' }];
    expect((await discover({ ...config, issuer: 'http://127.0.0.1:8788' }, PAGE)).client.client_id).toBe('console');
  });
});

describe('the way back', () => {
  const tokens = { access_token: 'a-1', token_type: 'Bearer', expires_in: 900, refresh_token: 'r-1' };

  test('redeems the code with what was kept', async () => {
    const { provider, pending } = await asked();
    answers = [{ ...tokens, id_token: idToken({ nonce: pending.nonce }) }];
    const held = await redeem(provider, back(pending.state), pending);
    expect(held).toMatchObject({ access: 'a-1', refresh: 'r-1' });
    expect(held.expiresAt - Date.now()).toBeGreaterThan(890_000);
    expect(Object.fromEntries(sent.at(-1)?.body ?? [])).toMatchObject({
      ...{ grant_type: 'authorization_code', code: 'c-1', code_verifier: pending.verifier },
      ...{ redirect_uri: PAGE, client_id: 'console' },
    });
  });

  test('of another request is not believed, and nothing is sent', async () => {
    const { provider, pending } = await asked();
    await expect(redeem(provider, back('another'), pending)).rejects.toThrow();
    expect(sent).toHaveLength(1);
  });

  test.each([
    ['with another nonce', { nonce: 'another' }],
    ['of another client', { aud: 'another' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['that has ended', { exp: 1 }],
  ])('with an ID token %s is not believed', async (_, claims) => {
    const { provider, pending } = await asked();
    answers = [{ ...tokens, id_token: idToken({ nonce: pending.nonce, ...claims }) }];
    await expect(redeem(provider, back(pending.state), pending)).rejects.toThrow();
  });

  test('without an ID token is not believed', async () => {
    const { provider, pending } = await asked();
    answers = [tokens];
    await expect(redeem(provider, back(pending.state), pending)).rejects.toThrow();
  });

  test.each([
    ['login_required', true],
    ['consent_required', true],
    ['access_denied', false],
  ])('with %s needs a person: %s', async (error, person) => {
    const { provider, pending } = await asked(true);
    const refused = await redeem(provider, back(pending.state, { error }), pending).catch((thrown) => thrown);
    expect(needsPerson(refused)).toBe(person);
  });
});

describe('a token that ends', () => {
  const held = { access: 'a-1', expiresAt: 0, refresh: 'r-1', id: 'i-1' };

  test('is renewed; a refresh token that is not rotated is kept', async () => {
    const { provider } = await asked();
    answers = [{ access_token: 'a-2', token_type: 'Bearer', expires_in: 60 }];
    expect(await renew(provider, held)).toMatchObject({ access: 'a-2', refresh: 'r-1', id: 'i-1' });
    expect(sent.at(-1)?.body.get('refresh_token')).toBe('r-1');
  });

  test.each([
    [400, true],
    [503, false],
  ])('is refused for good with %d: %s', async (status, forGood) => {
    const { provider } = await asked();
    answers = [Response.json({ error: 'invalid_grant' }, { status })];
    expect(isRefused(await renew(provider, held).catch((thrown) => thrown))).toBe(forGood);
  });
});

test('the provider’s own session is ended where it has a page for that', async () => {
  const { provider } = await asked();
  const url = new URL(endOfSession(provider, { id: 'i-1' }) ?? '');
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ post_logout_redirect_uri: PAGE, id_token_hint: 'i-1' });
  expect(endOfSession({ ...provider, server: { issuer: ISSUER } }, {})).toBeUndefined();
});
