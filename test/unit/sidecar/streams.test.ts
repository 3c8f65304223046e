import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sidecarSettings } from '../../../sidecar/settings.ts';
import { type Sidecar, startSidecar } from '../../../sidecar/start.ts';

/** A gateway that answers as each test says: what passes a sidecar byte by byte. */

const folder = mkdtempSync(join(tmpdir(), 'tollgate-streams-'));
const server = createServer((req, res) => answer(req, res));
let answer: (req: IncomingMessage, res: ServerResponse) => void;
let sidecar: Sidecar;

beforeEach(async () => {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  const file = join(folder, 'token');
  writeFileSync(file, 'opaque-token');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  sidecar = await startSidecar(sidecarSettings({ TOLLGATE_URL: url, TOLLGATE_TOKEN_FILE: file, PORT: '0' }), () => {});
});

afterEach(async () => {
  await sidecar.stop();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  rmSync(join(folder, 'token'));
});

async function call(options: { method?: string } = {}): Promise<IncomingMessage> {
  const sent = request(`${sidecar.address}/v1/chat/completions`, { agent: false, ...options }).end();
  const [given] = (await once(sent, 'response')) as [IncomingMessage];
  return given;
}

const calls = async (): Promise<number> =>
  ((await (await fetch(`${sidecar.address}/_sidecar/health`)).json()) as { calls: number }).calls;

/** Writes until the other side takes no more, and on when it does. */
function writeEndlessly(to: NodeJS.WritableStream & { destroyed?: boolean }, wrote: (bytes: number) => void): void {
  const chunk = Buffer.alloc(65_536, 'a');
  const more = (): void => {
    while (!to.destroyed) {
      wrote(chunk.length);
      if (!to.write(chunk)) break;
    }
  };
  to.on('drain', more);
  more();
}

/** What a count stands at when it has stood still for a while. */
async function standing(count: () => number): Promise<number> {
  let before = -1;
  await expect
    .poll(
      () => {
        const stands = count() === before;
        before = count();
        return stands;
      },
      { interval: 300, timeout: 20_000 },
    )
    .toBe(true);
  return before;
}

/** The system's buffers of two connections; ours hold kilobytes. */
const HELD_MAX = 32_000_000;

test('a caller that does not read stops the gateway from writing', async () => {
  let bytes = 0;
  answer = (_, res) => writeEndlessly(res, (more) => (bytes += more));
  const given = await call();
  const stood = await standing(() => bytes);
  expect(stood).toBeLessThan(HELD_MAX);
  given.resume();
  await expect.poll(() => bytes).toBeGreaterThan(stood + HELD_MAX);
  given.destroy();
  await expect.poll(calls).toBe(0);
});

test('a gateway that does not read stops the caller from writing', async () => {
  let bytes = 0;
  const asked = new Promise<IncomingMessage>((resolve) => (answer = (req) => resolve(req)));
  const sent = request(`${sidecar.address}/v1/files`, { method: 'POST', agent: false });
  sent.on('error', () => {});
  writeEndlessly(sent, (more) => (bytes += more));
  const req = await asked;
  const stood = await standing(() => bytes);
  expect(stood).toBeLessThan(HELD_MAX);
  req.resume();
  await expect.poll(() => bytes).toBeGreaterThan(stood + HELD_MAX);
  sent.destroy();
  await expect.poll(calls).toBe(0);
});

test('of 200 streams at once those that are left end at the gateway, and no other', async () => {
  const open = new Set<ServerResponse>();
  const left = new Set<ServerResponse>();
  answer = (_, res) => {
    open.add(res);
    res.write('first ');
    res.once('close', () => {
      if (!res.writableFinished) left.add(res);
    });
  };
  const given = await Promise.all(Array.from({ length: 200 }, () => call()));
  for (const one of given.slice(0, 100)) one.destroy();
  await expect.poll(() => left.size).toBe(100);
  for (const res of open) if (!left.has(res)) res.end('last');
  const texts = await Promise.all(given.slice(100).map((one) => text(one)));
  expect(new Set(texts)).toEqual(new Set(['first last']));
  expect(left.size).toBe(100);
  await expect.poll(calls).toBe(0);
});

test('a stream that breaks at the gateway breaks for its caller, too', async () => {
  answer = (_, res) => void res.write('first', () => res.destroy());
  await expect(call().then((given) => text(given))).rejects.toThrow();
});

describe('an answer that cannot be passed on as it is', () => {
  const answered = (lines: string) => {
    answer = (req) => void req.socket.end(`HTTP/1.1 ${lines}\r\n\r\n`);
  };

  async function overHttp2(): Promise<Record<string, unknown>> {
    const session = connect(sidecar.address);
    try {
      const [headers] = await once(session.request({ ':path': '/v1/models' }), 'response');
      return headers;
    } finally {
      session.destroy();
    }
  }

  test('is the gateway lost, to a caller that would wait for an answer to what it did not ask', async () => {
    answered('101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket');
    const { statusCode, headers } = await call();
    expect([statusCode, headers['x-tollgate-sidecar']]).toEqual([502, 'gateway-lost']);
    expect((await fetch(`${sidecar.address}/_sidecar/ready`)).status).toBe(503);
    await expect.poll(calls).toBe(0);
  });

  test('has a header once over HTTP/2 that came twice', async () => {
    answered(
      '200 OK\r\nstrict-transport-security: a\r\nstrict-transport-security: b\r\ncontent-type: x/y\r\ncontent-type: z/z\r\n' +
        'set-cookie: c\r\nset-cookie: d\r\nconnection: x-hop\r\nx-hop: e\r\ncontent-length: 0',
    );
    const { ':status': status, date: _, ...headers } = await overHttp2();
    expect([status, Object.fromEntries(Object.entries(headers))]).toEqual([
      200,
      {
        'strict-transport-security': 'a, b',
        'content-type': 'x/y',
        'set-cookie': ['c', 'd'],
        'content-length': '0',
      },
    ]);
  });

  test('is the gateway lost over HTTP/2, which has no such status, and ends no other call', async () => {
    answered('999 Odd\r\nx-odd: a\r\ncontent-length: 0');
    const headers = await overHttp2();
    expect(headers).toMatchObject({ ':status': 502, 'x-tollgate-sidecar': 'gateway-lost' });
    expect(headers).not.toHaveProperty('x-odd');
    expect(await calls()).toBe(0);
  });
});

test('told to stop it lets a stream come to its end, and takes no new call', async () => {
  let res: ServerResponse | undefined;
  answer = (_, given) => {
    res = given;
    given.write('first ');
  };
  const given = await call();
  const stopped = sidecar.stop();
  await expect.poll(() => call().then(String, ({ code }) => code)).toBe('ECONNREFUSED');
  res?.end('last');
  expect(await text(given)).toBe('first last');
  await stopped;
});
