import { afterEach, beforeEach, expect, test, vi } from 'vitest';

const PAGE = 'https://gateway.example/console/';
const ISSUER = 'https://idp.example';
/** Named so that it is not compiled with this file: it has a browser's types. */
const SESSION: string = new URL('../../../console/sign-in/session.ts', import.meta.url).href;

interface Session {
  start(of: object, ended: () => void): Promise<{ is: string }>;
  signOut(): Promise<void>;
  token(): Promise<string>;
}

const config = { issuer: ISSUER, clientId: 'console', admin: true };

/** What the tabs of a browser say to each other. */
let channel: { name: string; onmessage?: () => void; postMessage: (said: unknown) => void };
let said: number;
let kept: Map<string, string>;
let location: {
  href: string;
  search: string;
  hash: string;
  reload: () => void;
  assign: () => void;
  replace: (url: string) => void;
};

function idToken(nonce: string | null): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'RS256' })}.${part({ iss: ISSUER, aud: 'console', sub: 'ann', iat: now, exp: now + 60, nonce })}.c2ln`;
}

/** Somebody who came back from the provider. */
async function signedIn() {
  const { session } = (await import(SESSION)) as { session: Session };
  let nonce: string | null = null;
  let state = '';
  location.replace = (url) => {
    const asked = new URL(url).searchParams;
    nonce = asked.get('nonce');
    state = asked.get('state') ?? '';
  };
  vi.stubGlobal('fetch', async (url: string | URL) =>
    Response.json(
      String(url).includes('.well-known')
        ? { issuer: ISSUER, authorization_endpoint: `${ISSUER}/authorize`, token_endpoint: `${ISSUER}/token` }
        : { access_token: 'a-1', token_type: 'Bearer', expires_in: 900, id_token: idToken(nonce) },
    ),
  );
  expect(await session.start(config, () => {})).toEqual({ is: 'leaving' });
  location.search = `?code=c-1&state=${state}`;
  expect(await session.start(config, () => {})).toEqual({ is: 'signed-in' });
  return session;
}

beforeEach(() => {
  vi.resetModules();
  said = 0;
  kept = new Map();
  location = { href: PAGE, search: '', hash: '', reload: vi.fn(), assign: vi.fn(), replace: () => {} };
  vi.stubGlobal('location', location);
  vi.stubGlobal('history', { replaceState: () => {} });
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      constructor(name: string) {
        channel = Object.assign(this, { name, postMessage: () => said++ });
      }
    },
  );
});
afterEach(() => vi.unstubAllGlobals());

test('who signs out tells the other tabs of the same page', async () => {
  const session = await signedIn();
  await session.signOut();
  expect([channel.name.includes(PAGE), said, location.reload]).toEqual([true, 1, expect.any(Function)]);
  expect(location.reload).not.toHaveBeenCalled();
});

test('a tab that is told so forgets its tokens, shows nothing of before and asks for no new ones', async () => {
  const session = await signedIn();
  expect(await session.token()).toBe('a-1');
  channel.onmessage?.();
  expect(location.reload).toHaveBeenCalledOnce();
  await expect(session.token()).rejects.toMatchObject({ code: 'signed_out' });
  location.search = '';
  expect(await session.start(config, () => {})).toEqual({ is: 'signed-out' });
  // It has told nobody else: each was told.
  expect(said).toBe(0);
});
