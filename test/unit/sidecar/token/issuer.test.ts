import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ISSUER_ANSWER_MAX_BYTES } from '../../../../contract/limits/tokens.ts';
import { isSecure } from '../../../../sidecar/token/ask.ts';
import type { Fetch } from '../../../../sidecar/token/fetch.ts';
import { type TokenSettings, tokenSettings } from '../../../../sidecar/token/settings.ts';
import { createSource } from '../../../../sidecar/token/source.ts';
import { systemTime as time } from '../../../../sidecar/token/time.ts';

/** What issuers do that the laptop's does not: by answers that the test writes. */

const folder = mkdtempSync(join(tmpdir(), 'tollgate-issuer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const secret = join(folder, 'secret');
writeFileSync(secret, 's3cret');

const ISSUER = 'https://login.example.com/t';
const BY_SECRET = tokenSettings({
  TOLLGATE_ISSUER: ISSUER,
  TOLLGATE_CLIENT_ID: 'acme',
  TOLLGATE_CLIENT_SECRET_FILE: secret,
  TOLLGATE_SCOPE: 'a b',
  TOLLGATE_AUDIENCE: 'gateway',
});

interface Asked {
  url: string;
  authorization: string | null;
  body: URLSearchParams;
}

const METADATA = { issuer: ISSUER, token_endpoint: 'https://login.example.com/token' };
const json = (body: object, status = 200, headers = {}): Response => Response.json(body, { status, headers });

/** @returns what was asked for, and what came of it */
async function ask(answers: (asked: Asked) => Response, settings: TokenSettings = BY_SECRET) {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, { headers, body }) => {
    const one = {
      url,
      authorization: new Headers(headers).get('authorization'),
      body: new URLSearchParams(String(body ?? '')),
    };
    asked.push(one);
    return answers(one);
  };
  const source = createSource(settings, { fetch, time, tell: () => {} });
  const result = await source(AbortSignal.timeout(5_000)).catch((error: unknown) => error);
  return { asked, result };
}

const isMetadata = ({ url }: Asked): boolean => url.includes('/.well-known/');
const token = { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 };

describe('an issuer', () => {
  test('is asked in its own words, with the secret in the header', async () => {
    const { asked, result } = await ask((one) => json(isMetadata(one) ? METADATA : token));
    expect(result).toMatchObject({ token: 'opaque', expiresAt: expect.any(Number) });
    expect(asked.map(({ url }) => url)).toEqual([
      'https://login.example.com/t/.well-known/openid-configuration',
      METADATA.token_endpoint,
    ]);
    expect(asked[1]?.authorization).toBe(`Basic ${btoa('acme:s3cret')}`);
    expect(Object.fromEntries(asked[1]?.body ?? [])).toEqual({
      grant_type: 'client_credentials',
      scope: 'a b',
      audience: 'gateway',
    });
  });

  test('that takes it in the body alone gets it there', async () => {
    const metadata = { ...METADATA, token_endpoint_auth_methods_supported: ['client_secret_post'] };
    const { asked } = await ask((one) => json(isMetadata(one) ? metadata : token));
    expect(asked[1]).toMatchObject({ authorization: null });
    expect(asked[1]?.body.get('client_secret')).toBe('s3cret');
  });

  test('that has both is asked in the other when it does not know the client in the one', async () => {
    const methods = ['client_secret_basic', 'client_secret_post'];
    const metadata = { ...METADATA, token_endpoint_auth_methods_supported: methods };
    const challenge = { 'www-authenticate': 'Basic realm="login"' };
    const { asked, result } = await ask((one) => {
      if (isMetadata(one)) return json(metadata);
      return one.authorization === null ? json(token) : json({ error: 'invalid_client' }, 401, challenge);
    });
    expect(result).toMatchObject({ token: 'opaque' });
    expect(asked).toHaveLength(3);
  });

  test('whose metadata are where RFC 8414 has them is found', async () => {
    const { asked, result } = await ask((one) => {
      if (one.url.endsWith('openid-configuration')) return json({}, 404);
      return json(isMetadata(one) ? METADATA : token);
    });
    expect(result).toMatchObject({ token: 'opaque' });
    expect(asked[1]?.url).toBe('https://login.example.com/.well-known/oauth-authorization-server/t');
  });

  const FAULTS: [string, (asked: Asked) => Response, object][] = [
    [
      'is busy, and says for how long',
      () => json({}, 503, { 'retry-after': '7' }),
      { reason: 'unreachable', status: 503, retryAfterMs: 7_000 },
    ],
    [
      'is another than it says',
      () => json({ ...METADATA, issuer: 'https://evil.example.com' }),
      { reason: 'bad-answer' },
    ],
    [
      'wants the secret without TLS',
      () => json({ ...METADATA, token_endpoint: 'http://login.example.com/token' }),
      { reason: 'insecure-url' },
    ],
    [
      'sends on to somebody else',
      () => new Response(null, { status: 302, headers: { location: 'https://evil.example.com' } }),
      { reason: 'redirect' },
    ],
    [
      'does not end',
      () => new Response('x'.repeat(ISSUER_ANSWER_MAX_BYTES + 1)),
      { reason: 'bad-answer', error: 'too-long' },
    ],
    [
      'gives a token that would be another header',
      (one) => json(isMetadata(one) ? METADATA : { ...token, access_token: 'a\r\nb: c' }),
      { reason: 'no-token' },
    ],
    [
      'gives a token that is not for a header alone',
      (one) => json(isMetadata(one) ? METADATA : { ...token, token_type: 'DPoP' }),
      { reason: 'bad-answer', error: 'dpop' },
    ],
    [
      'quotes the secret in its error',
      (one) => (isMetadata(one) ? json(METADATA) : json({ error: 'no such secret: s3cret' }, 400)),
      { reason: 'refused', error: undefined, message: 'refused 400' },
    ],
  ];
  test.each(FAULTS)('that %s has no token, and the fault says why', async (_, answers, fault) => {
    const { asked, result } = await ask(answers);
    expect(result).toMatchObject({ name: 'TokenFault', ...fault });
    expect(asked.filter(({ url }) => !url.startsWith('https://login.example.com/'))).toEqual([]);
    expect(JSON.stringify(result)).not.toContain('s3cret');
  });
});

test('a role’s token is asked for with its signature, where STS of its region is', async () => {
  const settings = tokenSettings({
    TOLLGATE_TOKEN_FROM: 'aws',
    TOLLGATE_AUDIENCE: 'gateway',
    AWS_REGION: 'eu-central-1',
    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x',
  });
  const claims = Buffer.from(JSON.stringify({ iat: 1_000, exp: 1_900 })).toString('base64url');
  const { asked, result } = await ask(({ url }) => {
    if (url.startsWith('http://169.254.170.2/'))
      return json({
        AccessKeyId: 'ASIA',
        SecretAccessKey: 'key',
        Token: 'session',
        Expiration: '2030-01-01T00:00:00Z',
      });
    return new Response(`<r><WebIdentityToken>e30.${claims}.x</WebIdentityToken></r>`);
  }, settings);
  expect(asked.map(({ url }) => url)).toEqual([
    'http://169.254.170.2/v2/credentials/x',
    'https://sts.eu-central-1.amazonaws.com/',
  ]);
  expect(asked[1]?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIA\/\d{8}\/eu-central-1\/sts\/aws4_request/);
  expect(asked[1]?.body.get('Audience.member.1')).toBe('gateway');
  // By the time between its own two dates, whatever the clock.
  const left = (result as { expiresAt: number }).expiresAt - Date.now();
  expect(left).toBeGreaterThan(895_000);
  expect(left).toBeLessThanOrEqual(900_000);
});

test('what is told a secret is reached by TLS, or is of this machine or its metadata', () => {
  for (const url of ['https://a.example', 'http://localhost:1', 'http://127.0.0.1', 'http://[::1]:2'])
    expect(isSecure(url), url).toBe(true);
  for (const url of ['http://a.example', 'http://127.0.0.1.example', 'ftp://a', 'a'])
    expect(isSecure(url), url).toBe(false);
});
