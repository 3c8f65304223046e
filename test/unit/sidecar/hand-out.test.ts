import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CREDENTIALS_ANSWER_BYTES_MAX } from '../../../contract/limits/credentials.ts';
import { sidecarSettings } from '../../../sidecar/settings.ts';
import { type Sidecar, startSidecar } from '../../../sidecar/start.ts';

/** `/credentials` of a sidecar whose gateway is the test itself, and its token a file. */

const PATH = '/credentials?model=nova-lite';

let folder: string;
let gateway: Server;
let answer: (req: IncomingMessage, res: ServerResponse) => void;
let sidecar: Sidecar;
let seen: IncomingMessage[];
let lines: string[];

const token = (value: string) => writeFileSync(join(folder, 'token'), value);
const value = () => readFileSync(join(folder, 'value'), 'utf8');
const get = (headers: Record<string, string> = { authorization: value() }, method = 'GET') =>
  fetch(`${sidecar.address}${PATH}`, { method, headers });

function credentials(res: ServerResponse, headers: Record<string, string> = {}): void {
  const Expiration = new Date(Date.now() + 900_000).toISOString();
  res.writeHead(200, { 'content-type': 'application/json', ...headers });
  res.end(JSON.stringify({ AccessKeyId: 'A', SecretAccessKey: 'S', Token: 'T', Expiration }));
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-hand-out-'));
  [seen, lines] = [[], []];
  answer = (_, res) => credentials(res);
  gateway = createServer((req, res) => {
    seen.push(req);
    answer(req, res);
  });
  await new Promise<void>((done) => void gateway.listen(0, '127.0.0.1', done));
  token('first');
  sidecar = await start(join(folder, 'value'));
});

function start(SIDECAR_AUTHORIZATION_FILE: string): Promise<Sidecar> {
  const { port } = gateway.address() as AddressInfo;
  const settings = sidecarSettings({
    TOLLGATE_URL: `http://127.0.0.1:${port}/stage`,
    TOLLGATE_TOKEN_FILE: join(folder, 'token'),
    SIDECAR_AUTHORIZATION_FILE,
    SIDECAR_GRACE_MS: '0',
    PORT: '0',
  });
  return startSidecar(settings, (line) => lines.push(line));
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await sidecar.stop();
  gateway.closeAllConnections();
  await new Promise((done) => void gateway.close(done));
  rmSync(folder, { recursive: true });
});

test('the gateway is asked under the token, and the value that was given goes no further', async () => {
  expect((await get()).status).toBe(200);
  expect(seen.map(({ method, url, headers }) => [method, url, headers.authorization])).toEqual([
    ['GET', `/stage${PATH}`, 'Bearer first'],
  ]);
  expect(JSON.stringify([seen[0]?.rawHeaders, lines])).not.toContain(value());
});

test('what the gateway says beside the credentials is said on, and nothing else of it', async () => {
  const said = {
    date: 'Sun, 29 Nov 2026 10:00:00 GMT',
    'cache-control': 'no-store',
    deprecation: '@1796000000',
    sunset: 'Mon, 30 Nov 2026 10:00:00 GMT',
    link: '<https://gateway.example.com/v1/models/next>; rel="successor-version"',
    'x-request-id': 'r1',
    'request-id': 'r2',
    'x-amzn-requestid': 'r3',
  };
  answer = (_, res) => credentials(res, { ...said, 'set-cookie': 'a=b', server: 'other' });
  const { headers } = await get();
  expect(Object.fromEntries(headers)).toMatchObject({ ...said, 'content-type': 'application/json' });
  expect([headers.get('set-cookie'), headers.get('server')]).toEqual([null, null]);
});

test('a token that the gateway no longer takes is renewed, and it is asked once more', async () => {
  answer = (req, res) => {
    token('second');
    if (req.headers.authorization === 'Bearer second') credentials(res);
    else res.writeHead(401).end();
  };
  expect((await get()).status).toBe(200);
  expect(seen).toHaveLength(2);
});

test('a gateway that takes no token is asked twice, and its refusal is the answer', async () => {
  answer = (_, res) => res.writeHead(401, { 'x-request-id': 'r' }).end('{"message":"no"}');
  const refused = await get();
  expect(refused.status).toBe(401);
  expect([...['x-request-id', 'x-tollgate-sidecar'].map((name) => refused.headers.get(name))]).toEqual(['r', null]);
  expect(await refused.json()).toEqual({ message: 'no' });
  expect(seen).toHaveLength(2);
});

test('who leaves early finds the credentials when it comes again, and they were asked for once', async () => {
  let give = (): void => {};
  answer = (_, res) => {
    give = () => credentials(res);
  };
  const leaving = new AbortController();
  const left = fetch(`${sidecar.address}${PATH}`, { headers: { authorization: value() }, signal: leaving.signal });
  await expect.poll(() => seen.length).toBe(1);
  leaving.abort();
  await expect(left).rejects.toThrow();
  give();
  expect((await get()).status).toBe(200);
  expect(seen).toHaveLength(1);
});

test('where no file for the value can be written it passes calls on, says so, and hands out nothing', async () => {
  vi.stubEnv('TMPDIR', join(folder, 'token'));
  const without = await start('');
  try {
    expect(lines.join()).toContain('"event":"credentials-off"');
    const refused = await fetch(`${without.address}${PATH}`);
    expect([refused.status, refused.headers.get('x-tollgate-sidecar')]).toEqual([403, 'credentials-refused']);
    expect(seen).toEqual([]);
    expect((await fetch(`${without.address}/v1/models`)).status).toBe(200);
  } finally {
    await without.stop();
  }
});

test('a file that was named and cannot be written is a setting that is wrong', async () => {
  await expect(start(join(folder, 'token', 'value'))).rejects.toMatchObject({ field: 'SIDECAR_AUTHORIZATION_FILE' });
});

describe('what the sidecar says by itself is in the form that SDKs read of container credentials', () => {
  test.each<[string, Record<string, string> | undefined, string, number, string, Record<string, string>]>([
    ['no value', {}, 'GET', 401, 'UnrecognizedClientException', { 'www-authenticate': 'tollgate-sidecar' }],
    ['another value', { authorization: 'x' }, 'GET', 401, 'UnrecognizedClientException', {}],
    ['a token', { authorization: 'Bearer first' }, 'GET', 401, 'UnrecognizedClientException', {}],
    ['another method', undefined, 'POST', 405, 'ValidationException', { allow: 'GET' }],
    ['another method still', undefined, 'HEAD', 405, 'ValidationException', { allow: 'GET' }],
  ])('%s', async (_, headers, method, status, code, told) => {
    const refused = await get(headers ?? { authorization: value() }, method);
    expect(refused.status).toBe(status);
    expect(Object.fromEntries(refused.headers)).toMatchObject(told);
    if (method !== 'HEAD')
      expect(await refused.json()).toMatchObject({ code, Code: code, Message: expect.stringContaining('sidecar') });
    expect(seen).toEqual([]);
    expect(lines.join()).not.toContain(value());
  });

  test.each<[string, () => unknown, number, string]>([
    [
      'no token',
      () => {
        rmSync(join(folder, 'token'));
        answer = (_, res) => res.writeHead(401).end();
      },
      503,
      'token-unavailable',
    ],
    ['no gateway', () => new Promise((done) => void gateway.close(done)), 503, 'gateway-unreachable'],
    [
      'a gateway that hangs up',
      () => {
        answer = (req) => void req.socket.destroy();
      },
      502,
      'gateway-lost',
    ],
    [
      'an answer to what was not asked',
      () => {
        answer = (req) =>
          void req.socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: a\r\n\r\n');
      },
      502,
      'gateway-lost',
    ],
    [
      'an answer without end',
      () => {
        answer = (_, res) => void res.end(Buffer.alloc(CREDENTIALS_ANSWER_BYTES_MAX + 1));
      },
      502,
      'gateway-lost',
    ],
  ])('%s', async (_, happens, status, fault) => {
    await happens();
    const failed = await get();
    expect([failed.status, failed.headers.get('x-tollgate-sidecar')]).toEqual([status, fault]);
    expect(failed.headers.has('retry-after')).toBe(status === 503);
    expect(await failed.json()).toMatchObject({ Code: expect.stringMatching(/Exception$/) });
  });
});
