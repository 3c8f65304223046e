import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import {
  SPANS_BATCH,
  SPANS_PAUSE_MAX_MS,
  SPANS_PAUSE_MS,
  SPANS_WAITING_MAX,
} from '../../../../contract/limits/traces.ts';
import { createPost } from '../../../../invoke/providers/post.ts';
import { createExporter, type ExportOptions } from '../../../../invoke/traces/export.ts';
import { serve } from '../loopback.ts';

/** An exporter of numbers to a collector on a real port, which answers as a test says. */
async function world(
  answer: (req: IncomingMessage, res: ServerResponse) => void,
  more: Partial<ExportOptions<number>> = {},
) {
  const bodies: number[][] = [];
  const server = await serve((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    req.on('end', () => {
      bodies.push(JSON.parse(body));
      answer(req, res);
    });
  });
  const lines: Record<string, unknown>[] = [];
  let now = 1_000_000;
  const exporter = createExporter<number>({
    post: createPost(),
    url: new URL(`${server.url}/base/v1/traces`),
    headers: async () => ({ 'api-key': 'k' }),
    encode: async (spans) => JSON.stringify(spans),
    timeoutMs: 300,
    clock: () => now,
    write: (line) => lines.push(JSON.parse(line)),
    ...more,
  });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { exporter, bodies, lines, pass, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Who is not to give up, however busy the machine is. */
const PATIENT = { timeoutMs: 10_000 };

const ok = (_: IncomingMessage, res: ServerResponse): void => void res.end('{}');

test('spans are posted in batches, under the collector’s headers, and in their order', async () => {
  let seen: IncomingMessage | undefined;
  await using at = await world((req, res) => {
    seen = req;
    ok(req, res);
  }, PATIENT);
  for (let i = 0; i < SPANS_BATCH + 1; i++) at.exporter.add(i);
  await at.exporter.flush();
  expect(at.bodies.map(({ length }) => length)).toEqual([SPANS_BATCH, 1]);
  expect(at.bodies.flat()).toEqual(Array.from({ length: SPANS_BATCH + 1 }, (_, i) => i));
  expect(seen).toMatchObject({ method: 'POST', url: '/base/v1/traces', headers: { 'api-key': 'k' } });
  await at.exporter.flush();
  expect(at.bodies).toHaveLength(2);
  expect(at.lines).toEqual([]);
});

test('who flushes while a batch is under way waits for what joined it, and no batch is sent twice', async () => {
  const held: ServerResponse[] = [];
  await using at = await world((_, res) => held.push(res), PATIENT);
  at.exporter.add(1);
  const first = at.exporter.flush();
  await expect.poll(() => held.length).toBe(1);
  at.exporter.add(2);
  const second = at.exporter.flush();
  held[0]?.end('{}');
  await expect.poll(() => held.length).toBe(2);
  held[1]?.end('{}');
  await Promise.all([first, second]);
  expect(at.bodies).toEqual([[1], [2]]);
});

const FAULTS: [name: string, reason: string, answer: (req: IncomingMessage, res: ServerResponse) => void][] = [
  ['says nothing', 'timeout', () => {}],
  ['answers with a head alone', 'timeout', (_, res) => void res.writeHead(200).flushHeaders()],
  ['is too busy', 'status-429', (_, res) => void res.writeHead(429).end('prompt')],
  ['fails', 'status-500', (_, res) => void res.writeHead(500).end()],
  ['sends us elsewhere', 'status-307', (_, res) => void res.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
  ['hangs up', 'ECONNRESET', (req) => void req.socket.destroy()],
];

test.each(FAULTS)(
  'a collector that %s: its batch is dropped, one line says so, and it is left alone',
  async (_, reason, answer) => {
    await using at = await world(answer);
    at.exporter.add(1);
    at.exporter.add(2);
    await at.exporter.flush();
    expect(at.lines).toEqual([{ at: expect.any(Number), level: 'warn', event: 'spans-dropped', dropped: 2, reason }]);
    at.exporter.add(3);
    await at.exporter.flush();
    expect(at.bodies).toHaveLength(1);
    expect(at.lines).toHaveLength(1);
    at.pass(SPANS_PAUSE_MS);
    at.exporter.add(4);
    await at.exporter.flush();
    expect(at.lines[1]).toMatchObject({ dropped: 2, reason });
    // The next pause is twice as long.
    at.pass(SPANS_PAUSE_MS);
    at.exporter.add(5);
    await at.exporter.flush();
    expect(at.bodies).toHaveLength(2);
  },
);

test('a collector that is not there, or whose certificate is none, costs nobody anything', async () => {
  await using at = await world(ok, { url: new URL('https://127.0.0.1:1') });
  at.exporter.add(1);
  await at.exporter.flush();
  expect(at.lines).toMatchObject([{ dropped: 1, reason: 'ECONNREFUSED' }]);
});

test.each([
  ['120', 120_000],
  ['999999', SPANS_PAUSE_MAX_MS],
  ['1', SPANS_PAUSE_MS],
  ['Wed, 21 Oct 2026 07:28:00 GMT', SPANS_PAUSE_MS],
])('Retry-After: %s is heeded within bounds', async (header, pause) => {
  let busy = true;
  await using at = await world(
    (_, res) => void res.writeHead(busy ? 503 : 200, { 'retry-after': header }).end('{}'),
    PATIENT,
  );
  at.exporter.add(1);
  await at.exporter.flush();
  busy = false;
  at.pass(pause - 1);
  at.exporter.add(2);
  await at.exporter.flush();
  expect(at.bodies).toEqual([[1]]);
  at.pass(1);
  at.exporter.add(3);
  await at.exporter.flush();
  expect(at.bodies).toEqual([[1], [3]]);
  expect(at.lines.map(({ dropped, reason }) => [dropped, reason])).toEqual([
    [1, 'status-503'],
    [1, 'paused'],
  ]);
});

test('an answer without end is not read to its end', async () => {
  await using at = await world((_, res) => {
    res.on('error', () => {});
    const more = (): void => {
      while (!res.destroyed && res.write(Buffer.alloc(65_536)));
    };
    res.on('drain', more);
    more();
  }, PATIENT);
  at.exporter.add(1);
  await at.exporter.flush();
  expect(at.lines).toEqual([]);
});

test('what a collector did not want of a batch is counted', async () => {
  const partialSuccess = { rejectedSpans: '2', errorMessage: 'prompt' };
  await using at = await world((_, res) => void res.end(JSON.stringify({ partialSuccess })), PATIENT);
  for (const i of [1, 2, 3]) at.exporter.add(i);
  await at.exporter.flush();
  expect(at.lines).toMatchObject([{ dropped: 2, reason: 'rejected' }]);
  expect(JSON.stringify(at.lines)).not.toContain('prompt');
});

test('no more wait than there is room for', async () => {
  await using at = await world(ok, PATIENT);
  for (let i = 0; i < SPANS_WAITING_MAX + 7; i++) at.exporter.add(i);
  await at.exporter.flush();
  expect(at.bodies.flat()).toHaveLength(SPANS_WAITING_MAX);
  expect(at.lines).toMatchObject([{ dropped: 7 }]);
});

test('a function that was frozen comes back to a connection that is gone, and loses nothing', async () => {
  let requests = 0;
  await using at = await world((req, res) => {
    if (++requests === 2) req.socket.destroy();
    else ok(req, res);
  }, PATIENT);
  for (const i of [1, 2]) {
    at.exporter.add(i);
    await at.exporter.flush();
    // The connection is free for the next request a turn after the answer's end.
    await new Promise(setImmediate);
  }
  expect(at.bodies).toEqual([[1], [2], [2]]);
  expect(at.lines).toEqual([]);
});

test('spans that wait for each other are sent together, without being asked', async () => {
  await using at = await world(ok, { ...PATIENT, everyMs: 20 });
  at.exporter.add(1);
  at.exporter.add(2);
  await expect.poll(() => at.bodies).toEqual([[1, 2]]);
  for (let i = 0; i < SPANS_BATCH; i++) at.exporter.add(i);
  await expect.poll(() => at.bodies[1]?.length).toBe(SPANS_BATCH);
});

test('headers that cannot be had are a batch that is lost', async () => {
  await using at = await world(ok, { headers: () => Promise.reject(new Error('AccessDenied of a secret')) });
  at.exporter.add(1);
  await at.exporter.flush();
  expect(at.lines).toMatchObject([{ dropped: 1, reason: 'unexpected' }]);
  expect(JSON.stringify(at.lines)).not.toContain('secret');
  expect(at.bodies).toEqual([]);
});
