import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { CONTAINER } from '../../../contract/limits/server.ts';
import type { Bounds } from '../../../server/bounds.ts';
import { type Listening, listen, type OnRequest } from '../../../server/listen.ts';

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(0)));
});

const patience = { ...CONTAINER.patience, stallMs: 300, answerMs: 1_500 };

/** The container's own bounds but for those that a test would wait for. */
async function start(onRequest: OnRequest, bounds: Partial<Bounds> = {}): Promise<Listening> {
  const server = await listen({ host: '127.0.0.1', port: 0, onRequest, ...CONTAINER, patience, ...bounds });
  open.push(server);
  return server;
}

const ok: OnRequest = (_req, res) => void res.end('ok');
const never: OnRequest = () => {};
/** More than a kernel takes, all at once and without end; tells when it was broken off. */
const endless =
  (gone: (how: 'cut') => void): OnRequest =>
  (req, res) => {
    const more = (): void => {
      while (!res.destroyed && res.write(Buffer.alloc(262_144)));
    };
    res.on('drain', more);
    res.on('error', () => {});
    res.once('close', () => gone('cut'));
    req.resume();
    more();
  };

const alive = async ({ port }: Listening): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`)).status;

function tcp({ port }: Listening): { socket: Socket; ended: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  // What is written after the end is answered with a reset.
  socket.on('error', () => {});
  return { socket, ended: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

describe('on HTTP/1.1', () => {
  test('a connection beyond the most is closed at once, and one that left makes room', async () => {
    const server = await start(ok, { connectionsMax: 2 });
    const [first] = [tcp(server), tcp(server)];
    await Promise.all([once(first.socket, 'connect')]);
    expect(await tcp(server).ended).toBe('');
    first.socket.end(GET.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'));
    expect(await first.ended).toMatch(/^HTTP\/1.1 200/);
    const next = tcp(server);
    next.socket.write(GET);
    expect(String((await once(next.socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200/);
  });

  test('requests sent without waiting for an answer end the connection beyond as many as HTTP/2 may have', async () => {
    let served = 0;
    const server = await start(() => void served++, { streamsMax: 5 });
    const { socket, ended } = tcp(server);
    socket.write(GET.repeat(5_000));
    await ended;
    expect(served).toBe(5);
  });

  test.each([
    ['as many headers as may be', -1, '200'],
    ['one more', 0, '431'],
  ])('%s', async (_, more, status) => {
    const server = await start(ok);
    const { socket, ended } = tcp(server);
    const head = Array.from({ length: CONTAINER.headersMax - 1 + more }, (_, i) => `x-${i}: 1\r\n`).join('');
    socket.write(GET.replace('\r\n\r\n', `\r\nconnection: close\r\n${head}\r\n`));
    expect((await ended).slice(9, 12)).toBe(status);
  });
});

describe.each(['HTTP/1.1', 'HTTP/2'])('a caller over %s', (version) => {
  /** Asks, and takes as much of the answer as is said. */
  function ask({ port }: Listening, reads: boolean): { ended: Promise<unknown>; leave(): void } {
    if (version === 'HTTP/1.1') {
      const { socket, ended } = tcp({ port } as Listening);
      if (!reads) socket.pause();
      socket.write(GET);
      return { ended, leave: () => socket.destroy() };
    }
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    if (reads) stream.resume();
    return { ended: new Promise((resolve) => stream.once('close', resolve)), leave: () => session.destroy() };
  }

  test('who takes nothing of the answer is cut off, and the call is told', async () => {
    const gone = Promise.withResolvers<'cut'>();
    const server = await start(endless(gone.resolve), { patience: { ...patience, answerMs: 60_000 } });
    const { leave } = ask(server, false);
    expect(await gone.promise).toBe('cut');
    leave();
  });

  test.each([
    ['takes an answer that never ends', true],
    ['waits for one that never comes', false],
  ])('who %s is cut off in the end', async (_, comes) => {
    const gone = Promise.withResolvers<'cut'>();
    const server = await start(comes ? endless(gone.resolve) : never);
    const begun = performance.now();
    const { ended, leave } = ask(server, true);
    await ended;
    if (comes) expect(await gone.promise).toBe('cut');
    expect(performance.now() - begun).toBeGreaterThan(patience.answerMs - 50);
    leave();
  });

  test('who waits for longer than a reader may stand still gets the answer', async () => {
    const server = await start((_req, res) => void setTimeout(() => res.end('late'), 3 * patience.stallMs));
    const begun = performance.now();
    const { ended, leave } = ask(server, true);
    if (version === 'HTTP/1.1') expect(await alive(server)).toBe(200);
    else await ended;
    expect(performance.now() - begun).toBeLessThan(patience.answerMs);
    leave();
  });
});

/** RFC 9113 section 4.1. */
function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const [HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION] = [1, 3, 4, 6, 9];
const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(SETTINGS, 0, 0)]);
/** `:method: GET`, `:path: /`, `:scheme: http` of HPACK's static table, and an authority (RFC 7541 appendix A). */
const REQUEST = Buffer.from([0x82, 0x84, 0x86, 0x01, 1, 0x61]);
/** A literal that goes into no table: `x-a: 1`. */
const FIELD = Buffer.concat([Buffer.from([0x00, 3]), Buffer.from('x-a'), Buffer.from([1, 0x31])]);

describe('on HTTP/2', () => {
  /** Until the connection ends. @param paced whether each piece waits until those before it were answered, byte for byte */
  async function flood(server: Listening, pieces: Iterable<Uint8Array>, paced = false): Promise<void> {
    const { socket, ended } = tcp(server);
    let owed = 0;
    socket.on('data', ({ length }: string) => {
      owed -= length;
    });
    socket.write(PREFACE);
    for (const piece of pieces) {
      while (paced && owed > 0 && !socket.destroyed)
        await new Promise((resolve) => socket.once('data', resolve).once('close', resolve));
      if (socket.destroyed) break;
      owed += piece.length;
      if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
    await ended;
  }

  const times = (count: number, make: (i: number) => Uint8Array): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => make(i));
  const lots = (make: () => Uint8Array): Uint8Array[] => times(1_000, () => Buffer.concat(times(100, make)));
  const END = 0x4 | 0x1;

  const FLOODS: [string, Uint8Array[], paced?: boolean][] = [
    ['pings', times(50_000, () => frame(PING, 0, 0, Buffer.alloc(8)))],
    ['pings, each lot after the answers to the last', lots(() => frame(PING, 0, 0, Buffer.alloc(8))), true],
    ['settings', times(50_000, () => frame(SETTINGS, 0, 0))],
    ['settings, each lot after the answers to the last', lots(() => frame(SETTINGS, 0, 0)), true],
    [
      'requests that are taken back at once',
      times(20_000, (i) =>
        Buffer.concat([
          frame(HEADERS, END, 2 * i + 1, REQUEST),
          frame(RST_STREAM, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])),
        ]),
      ),
    ],
    [
      'a head that goes on and on',
      [
        frame(HEADERS, 0x1, 1, REQUEST),
        ...times(5_000, () => frame(CONTINUATION, 0, 1, Buffer.concat(times(100, () => FIELD)))),
      ],
    ],
    ['empty pieces of a body', [frame(HEADERS, 0x4, 1, REQUEST), ...times(50_000, () => frame(0, 0, 1))]],
  ];

  test.each(FLOODS)('%s end the connection, and no other', async (_, pieces, paced) => {
    let served = 0;
    const server = await start((_req, res) => {
      served++;
      res.end('ok');
    });
    await flood(server, pieces, paced);
    expect(served).toBeLessThan(3 * CONTAINER.resetsBurst);
    expect(await alive(server)).toBe(200);
  });

  test.each([
    ['more headers than may be', Array<string>(CONTAINER.headersMax).fill('1'), constants.NGHTTP2_ENHANCE_YOUR_CALM],
    // Sent once, and then named again by a byte each.
    ['a small head that unpacks to a large one', Array<string>(60).fill('b'.repeat(2_900)), 431],
  ])('%s: the request is refused before anything looks at it', async (_, values, how) => {
    let served = 0;
    const server = await start((_req, res) => {
      served++;
      res.end('ok');
    });
    const session = connectHttp2(`http://127.0.0.1:${server.port}`, { maxSendHeaderBlockLength: 1_000_000 });
    const stream = session.request({ ':path': '/', 'x-b': values });
    const told = await new Promise((resolve) => {
      stream.on('error', () => resolve(stream.rstCode));
      stream.once('response', (headers) => resolve(headers[':status']));
    });
    session.destroy();
    expect(told).toBe(how);
    expect(served).toBe(0);
    expect(await alive(server)).toBe(200);
  });

  test('a request beyond as many as may be open is refused, and may be repeated', async () => {
    const server = await start(never, { streamsMax: 3 });
    const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${server.port}`);
    const streams: ClientHttp2Stream[] = Array.from({ length: 5 }, () => session.request({ ':path': '/' }));
    const closed = streams.map(
      (stream) =>
        new Promise<number>((resolve) => stream.on('error', () => {}).once('close', () => resolve(stream.rstCode))),
    );
    expect(await Promise.race(closed)).toBe(constants.NGHTTP2_REFUSED_STREAM);
    session.destroy();
  });

  test('a connection that asks for nothing is ended before one that has asked', async () => {
    const server = await start(ok, { patience: { ...patience, headMs: 200, requestMs: 300 } });
    const mute = connectHttp2(`http://127.0.0.1:${server.port}`);
    const other = connectHttp2(`http://127.0.0.1:${server.port}`);
    const asked = other.request({ ':path': '/' });
    asked.resume();
    await once(asked, 'close');
    await once(mute, 'close');
    expect(other.closed).toBe(false);
    other.destroy();
  });
});
