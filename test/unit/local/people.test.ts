import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Identity, startIdentity } from '../../../local/identity.ts';
import { DEMO_PEOPLE } from '../../../local/people.ts';
import { freePorts } from '../../flow/ports.ts';

const GATEWAY = 'http://127.0.0.1:18787';
const CONSOLE = `${GATEWAY}/console`;
const dataDir = mkdtempSync(join(tmpdir(), 'tollgate-people-'));
let identity: Identity;

beforeAll(async () => {
  const onError = (error: Error): void => {
    throw error;
  };
  identity = await startIdentity({ port: await freePorts(1), dataDir, consoleUrls: [CONSOLE], onError });
});

afterAll(async () => {
  await identity.close(0);
  rmSync(dataDir, { recursive: true });
});

/** A browser's cookies of this one host: none is sent below another path than it was set for. */
const cookies = new Map<string, { value: string; path: string }>();

beforeEach(() => cookies.clear());

async function browse(address: string, form?: Record<string, string>): Promise<Response> {
  const url = new URL(address, identity.issuer);
  const sent = [...cookies].filter(([, { path }]) => url.pathname.startsWith(path));
  const answer = await fetch(url, {
    ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
    headers: { cookie: sent.map(([name, { value }]) => `${name}=${value}`).join('; ') },
    redirect: 'manual',
  });
  for (const line of answer.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') cookies.delete(name);
    else cookies.set(name, { value, path: /path=([^;]+)/i.exec(line)?.[1] ?? '/' });
  }
  return answer;
}

const leadsTo = (answer: Response): URL => new URL(answer.headers.get('location') ?? '', identity.issuer);

interface Asked {
  verifier: string;
  nonce: string;
  address: string;
}

function asked(more: Record<string, string> = {}): Asked {
  const verifier = randomBytes(32).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const parameters = new URLSearchParams({
    ...{ client_id: 'console', redirect_uri: CONSOLE, response_type: 'code', scope: 'openid', state: 's1', nonce },
    ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' },
    ...more,
  });
  return { verifier, nonce, address: `/auth?${parameters}` };
}

/** Follows the provider until it leads to the console. */
async function back(answer: Response): Promise<URLSearchParams> {
  let to = leadsTo(answer);
  while (to.origin !== GATEWAY) to = leadsTo(await browse(to.href));
  return to.searchParams;
}

async function tokens(parameters: Record<string, string>, origin = GATEWAY) {
  const body = new URLSearchParams({ client_id: 'console', ...parameters });
  const answer = await fetch(`${identity.issuer}/token`, { method: 'POST', body, headers: { origin } });
  const allowed = answer.headers.get('access-control-allow-origin');
  return { status: answer.status, allowed, answer: (await answer.json()) as Record<string, string> };
}

async function signIn(who: string, { verifier, address }: Asked = asked()) {
  const page = leadsTo(await browse(address));
  const code = (await back(await browse(page.href, { who }))).get('code') ?? '';
  return tokens({ grant_type: 'authorization_code', code, redirect_uri: CONSOLE, code_verifier: verifier });
}

describe('who signs in to the console', () => {
  test.each(DEMO_PEOPLE)('is $name with tenant and roles, of $about', async ({ id, name, tenant, roles }) => {
    const attempt = asked();
    const { status, allowed, answer } = await signIn(id, attempt);
    expect([status, allowed]).toEqual([200, GATEWAY]);
    const claims = decodeJwt(answer.access_token ?? '');
    expect(claims).toMatchObject({ aud: 'tollgate', sub: id, tenant, roles });
    expect(decodeJwt(answer.id_token ?? '')).toMatchObject({ aud: 'console', sub: id, name, nonce: attempt.nonce });
  });

  test('sees a button for each person, and a page that runs nothing of others', async () => {
    const page = await browse(leadsTo(await browse(asked().address)).href);
    const html = await page.text();
    for (const { id, name } of DEMO_PEOPLE) expect(html).toContain(`value="${id}"><strong>${name}`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('is asked once a session, and again after it is over', async () => {
    const { answer } = await signIn('ann');
    const silent = asked({ prompt: 'none' });
    const code = (await back(await browse(silent.address))).get('code') ?? '';
    const again = await tokens({
      ...{ grant_type: 'authorization_code', code, redirect_uri: CONSOLE, code_verifier: silent.verifier },
    });
    expect(decodeJwt(again.answer.access_token ?? '').sub).toBe('ann');

    const leave = new URLSearchParams({
      ...{ id_token_hint: answer.id_token ?? '', post_logout_redirect_uri: CONSOLE, state: 'over' },
    });
    const form = await (await browse(`/session/end?${leave}`)).text();
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(form)?.[1] ?? '';
    expect(leadsTo(await browse('/session/end/confirm', { xsrf, logout: 'yes' })).href).toBe(`${CONSOLE}?state=over`);
    expect((await back(await browse(asked({ prompt: 'none' }).address))).get('error')).toBe('login_required');
  });

  test('renews tokens once with each refresh token', async () => {
    const { answer } = await signIn('tom');
    const renewed = await tokens({ grant_type: 'refresh_token', refresh_token: answer.refresh_token ?? '' });
    expect(decodeJwt(renewed.answer.access_token ?? '')).toMatchObject({ sub: 'tom', roles: ['tenant-admin'] });
    expect(renewed.answer.refresh_token).not.toBe(answer.refresh_token);
    const used = await tokens({ grant_type: 'refresh_token', refresh_token: answer.refresh_token ?? '' });
    expect(used).toMatchObject({ status: 400, answer: { error: 'invalid_grant' } });
  });

  test.each([
    ['without a challenge', { code_challenge: '', code_challenge_method: '' }],
    ['with a challenge that is its verifier', { code_challenge_method: 'plain' }],
  ])('gets no code %s', async (_, more) => {
    expect((await back(await browse(asked(more).address))).get('error')).toBe('invalid_request');
  });

  test('is led to no other address than the console’s', async () => {
    const answer = await browse(asked({ redirect_uri: 'http://127.0.0.1:1/console' }).address);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });

  test('gets no token with a code of another’s verifier, and reads none from another’s page', async () => {
    const first = asked();
    const page = leadsTo(await browse(first.address));
    const code = (await back(await browse(page.href, { who: 'ann' }))).get('code') ?? '';
    const given = { grant_type: 'authorization_code', code, redirect_uri: CONSOLE, code_verifier: asked().verifier };
    expect(await tokens(given)).toMatchObject({ status: 400, answer: { error: 'invalid_grant' } });
    expect((await tokens(given, 'http://127.0.0.1:1')).allowed).toBeNull();
  });

  test('may be nobody: the console is told', async () => {
    const page = leadsTo(await browse(asked().address));
    expect((await browse(page.href, { who: 'mallory' })).status).toBe(400);
    expect((await back(await browse(page.href, { who: '' }))).get('error')).toBe('access_denied');
  });
});
