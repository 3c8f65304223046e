import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Fetch, fetchKeys } from '../../../authorizer/jwks.ts';
import { parseIssuers, type TrustedIssuer } from '../../../contract/issuer.ts';
import { JWKS_MAX_BYTES, JWKS_MAX_KEYS, JWKS_TIMEOUT_MS } from '../../../contract/limits/authorizer.ts';
import { edKey } from './tokens.ts';

/** The platform's own fetch against a server on loopback: redirects, sizes and slowness as they really are. */

const key = edKey('a');
const routes = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  const route = routes.get(request.url ?? '');
  if (route) route(request, response);
  else response.writeHead(404).end('{}');
});
let origin = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  routes.clear();
  asked.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

function issuer(more: object = {}): TrustedIssuer {
  const [parsed] = parseIssuers([
    { issuer: origin, jwksUri: `${origin}/keys`, audience: 'tollgate', tenantClaim: 'tenant', ...more },
  ]);
  if (parsed === undefined) throw new Error('no issuer');
  return parsed;
}

function discovered(): TrustedIssuer {
  const { jwksUri: _, ...rest } = issuer();
  return rest;
}

const serve = (path: string, body: string, status = 200, headers: Record<string, string> = {}) =>
  routes.set(path, (_, response) => response.writeHead(status, headers).end(body));
const good = JSON.stringify({ keys: [key.jwk] });
const reason = (expected: string) => ({ code: 'unavailable', reason: expected, retryAfterSeconds: 2 });

describe('the key set', () => {
  test('is read with the public members of its usable keys alone', async () => {
    serve('/keys', JSON.stringify({ keys: [{ ...key.jwk, x5c: ['MIIB'], note: 'x' }, { kty: 'RSA' }] }));
    const { keys, dropped } = await fetchKeys(issuer(), fetch);
    expect(keys.map(({ jwk }) => Object.keys(jwk).sort())).toEqual([['crv', 'kid', 'kty', 'x']]);
    expect(keys.every((one) => one.key.type === 'public')).toBe(true);
    expect(dropped).toBe(1);
  });

  test.each([
    ['a page in HTML', '<html></html>', 'jwks-malformed'],
    ['nothing at all', '', 'jwks-malformed'],
    ['a list', '[]', 'jwks-malformed'],
    ['an object without keys', '{}', 'jwks-malformed'],
    ['keys that are no list', '{"keys":{}}', 'jwks-malformed'],
    ['keys twice', '{"keys":[],"keys":[]}', 'jwks-malformed'],
    ['too many keys', JSON.stringify({ keys: Array(JWKS_MAX_KEYS + 1).fill(key.jwk) }), 'jwks-malformed'],
    ['10 MB', `{"keys":[],"a":"${'a'.repeat(10_000_000)}"}`, 'jwks-too-large'],
    ['one byte too many', `{"keys":[]}`.padEnd(JWKS_MAX_BYTES + 1), 'jwks-too-large'],
  ])('is unavailable when the answer is %s', async (_, body, expected) => {
    serve('/keys', body);
    await expect(fetchKeys(issuer(), fetch)).rejects.toMatchObject(reason(expected));
  });

  test('may be as large as the bound', async () => {
    serve('/keys', good.padEnd(JWKS_MAX_BYTES));
    expect((await fetchKeys(issuer(), fetch)).keys).toHaveLength(1);
  });

  test.each([204, 206, 404, 500, 503])('is unavailable when the status is %i', async (status) => {
    serve('/keys', status === 204 ? '' : good, status);
    await expect(fetchKeys(issuer(), fetch)).rejects.toMatchObject(reason('jwks-status'));
  });

  test.each([301, 302, 303, 307, 308])('is not looked for where a redirect (%i) points', async (status) => {
    serve('/keys', '', status, { location: `${origin}/elsewhere` });
    serve('/elsewhere', good);
    await expect(fetchKeys(issuer(), fetch)).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).toEqual(['/keys']);
  });

  test('is unavailable when nobody listens', async () => {
    const idle = createServer().listen(0, '127.0.0.1');
    await once(idle, 'listening');
    const { port } = idle.address() as AddressInfo;
    idle.close();
    await once(idle, 'close');
    const nobody = issuer({ jwksUri: `http://127.0.0.1:${port}/keys` });
    await expect(fetchKeys(nobody, fetch)).rejects.toMatchObject(reason('jwks-unreachable'));
  });

  test.each([
    ['says nothing', (_: IncomingMessage, __: ServerResponse) => {}],
    ['sends its first byte and no more', (_: IncomingMessage, response: ServerResponse) => response.write('{')],
    [
      'sends a byte now and then, for ever',
      (_: IncomingMessage, response: ServerResponse) => {
        response.write('{');
        const drip = setInterval(() => response.write(' '), 5);
        response.once('close', () => clearInterval(drip));
      },
    ],
  ])('is given up after the time limit when the issuer %s', async (_, route) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const arrived = new Promise<void>((resolve) => {
      routes.set('/keys', (request, response) => {
        route(request, response);
        resolve();
      });
    });
    const answer = fetchKeys(issuer(), fetch);
    const expectation = expect(answer).rejects.toMatchObject(reason('jwks-timeout'));
    await arrived;
    vi.advanceTimersByTime(JWKS_TIMEOUT_MS);
    await expectation;
  });
});

describe('discovery', () => {
  const document = (members: object = {}) =>
    serve('/.well-known/openid-configuration', JSON.stringify({ issuer: origin, jwks_uri: `${origin}/k`, ...members }));

  test('says where the keys are', async () => {
    document();
    serve('/k', good);
    expect((await fetchKeys(discovered(), fetch)).keys).toHaveLength(1);
    expect(asked).toEqual(['/.well-known/openid-configuration', '/k']);
  });

  test('is not asked when the settings say where the keys are', async () => {
    serve('/keys', good);
    await fetchKeys(issuer(), fetch);
    expect(asked).toEqual(['/keys']);
  });

  test('of an issuer with a path is below that path, whether or not it ends with a slash', async () => {
    for (const path of ['/tenant', '/tenant/']) {
      serve(
        '/tenant/.well-known/openid-configuration',
        JSON.stringify({ issuer: origin + path, jwks_uri: `${origin}/k` }),
      );
      serve('/k', good);
      expect((await fetchKeys({ ...discovered(), issuer: origin + path }, fetch)).keys).toHaveLength(1);
    }
  });

  test.each([
    ['another issuer', { issuer: 'https://attacker.example' }, 'discovery-issuer'],
    ['the issuer with a slash more', { issuer: 'slash' }, 'discovery-issuer'],
    ['no issuer', { issuer: undefined }, 'discovery-issuer'],
    ['no address', { jwks_uri: undefined }, 'discovery-jwks-uri'],
    ['an address that is no URL', { jwks_uri: '/keys' }, 'discovery-jwks-uri'],
    ['a file', { jwks_uri: 'file:///etc/passwd' }, 'discovery-jwks-uri'],
    ['clear text to another host', { jwks_uri: 'http://169.254.169.254/latest' }, 'discovery-jwks-uri'],
  ])('that names %s is unavailable and leads nowhere', async (_, members, expected) => {
    document('issuer' in members && members.issuer === 'slash' ? { issuer: `${origin}/` } : members);
    await expect(fetchKeys(discovered(), fetch)).rejects.toMatchObject(reason(expected));
    expect(asked).toHaveLength(1);
  });

  test('of an https issuer may not name clear text, not even on its own host', async () => {
    const urls: string[] = [];
    const stub: Fetch = async (url) => {
      urls.push(url);
      return new Response(JSON.stringify({ issuer: 'https://issuer.example', jwks_uri: 'http://issuer.example/k' }));
    };
    const secure = { ...discovered(), issuer: 'https://issuer.example' };
    await expect(fetchKeys(secure, stub)).rejects.toMatchObject(reason('discovery-jwks-uri'));
    expect(urls).toEqual(['https://issuer.example/.well-known/openid-configuration']);
  });
});

test('an answer that is refused is not left open', async () => {
  const signals: AbortSignal[] = [];
  const stub: Fetch = async (_, { signal }) => {
    signals.push(signal);
    return new Response('{}', { status: 500 });
  };
  await expect(fetchKeys(issuer(), stub)).rejects.toMatchObject(reason('jwks-status'));
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});
