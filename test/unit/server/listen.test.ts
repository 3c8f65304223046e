import { once } from 'node:events';
import { connect } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterEach, describe, expect, test } from 'vitest';
import { isTollgateError } from '../../../contract/errors.ts';
import type { Bounds } from '../../../server/bounds.ts';
import { type Listening, listen, type OnRequest } from '../../../server/listen.ts';

const open: Listening[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(0)));
});

async function start(onRequest: OnRequest, bounds: Partial<Bounds> = {}): Promise<Listening> {
  const server = await listen({ host: '127.0.0.1', port: 0, onRequest, ...bounds });
  open.push(server);
  return server;
}

const answer: OnRequest = (req, res) => {
  req.resume();
  req.on('end', () => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(
      JSON.stringify({
        output: { message: { role: 'assistant', content: [{ text: `HTTP/${req.httpVersion}` }] } },
        stopReason: 'end_turn',
        usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
        metrics: { latencyMs: 1 },
      }),
    );
  });
};

test('the AWS SDK speaks HTTP/2 and fetch speaks HTTP/1.1 to the same port', async () => {
  const { port } = await start(answer);
  const client = new BedrockRuntimeClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const input = { modelId: 'm', messages: [{ role: 'user' as const, content: [{ text: 'x'.repeat(100_000) }] }] };
  const [overHttp2, again] = await Promise.all([
    client.send(new ConverseCommand(input)),
    client.send(new ConverseCommand(input)),
  ]);
  expect(overHttp2.output?.message?.content?.[0]?.text).toBe('HTTP/2.0');
  expect(again.output?.message?.content?.[0]?.text).toBe('HTTP/2.0');
  client.destroy();

  const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x'.repeat(100_000) });
  expect(await response.text()).toContain('HTTP/1.1');
});

test('closing lets a request in flight finish and ends idle keep-alive connections', async () => {
  let finish = (): void => undefined;
  const server = await start((req, res) => {
    if (req.url === '/idle') res.end('idle');
    else {
      res.write('begun ');
      finish = () => res.end('ended');
    }
  });
  expect(await (await fetch(`http://127.0.0.1:${server.port}/idle`)).text()).toBe('idle');
  const inFlight = await fetch(`http://127.0.0.1:${server.port}/slow`);
  const closed = server.close(20_000);
  finish();
  expect(await inFlight.text()).toBe('begun ended');
  await closed;
  await expect(fetch(`http://127.0.0.1:${server.port}/idle`)).rejects.toThrow();
});

test('closing ends an HTTP/2 session once its last stream has ended', async () => {
  let finish = (): void => undefined;
  const server = await start((req, res) => {
    req.resume();
    res.write('begun ');
    finish = () => res.end('ended');
  });
  const session = connect(`http://127.0.0.1:${server.port}`);
  const stream = session.request({ ':path': '/' });
  const chunks: string[] = [];
  stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  await once(stream, 'data');
  const closed = server.close(20_000);
  finish();
  await once(session, 'close');
  await closed;
  expect(chunks.join('')).toBe('begun ended');
});

test('closing cuts what is still open after the grace', async () => {
  const server = await start((_req, res) => void res.write('for ever'));
  const response = await fetch(`http://127.0.0.1:${server.port}/`);
  await server.close(10);
  await expect(response.text()).rejects.toThrow();
});

test('a port that is taken is a bad setting that names PORT', async () => {
  const { port } = await start(answer);
  const error = await listen({ host: '127.0.0.1', port, onRequest: answer }).catch((reason: unknown) => reason);
  expect(isTollgateError(error, 'bad_setting') && error.field).toBe('PORT');
  expect(isTollgateError(error) && error.publicMessage).toContain(String(port));
});

test('an address that is not of this machine is a bad setting that names HOST', async () => {
  // RFC 5737: for documentation, and nobody's.
  const error = await listen({ host: '192.0.2.1', port: 0, onRequest: answer }).catch((reason: unknown) => reason);
  expect(isTollgateError(error, 'bad_setting') && error.field).toBe('HOST');
});

describe('a client that keeps its connection and says too little', () => {
  const patience = { headMs: 200, requestMs: 400, idleMs: 300, stallMs: 600, answerMs: 5_000 };

  /** @returns what came before the connection ended */
  async function until(socket: Socket): Promise<string> {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    // What is written after the end is answered with a reset.
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('close', resolve));
    return text;
  }

  const head = 'POST / HTTP/1.1\r\nhost: a\r\n';
  test.each([
    ['nothing', [], ''],
    ['the beginning of what HTTP/2 begins with', ['PRI * HT'], ''],
    ['a head that never ends', [head, 'x-a: 1\r\n'], 'HTTP/1.1 408'],
    ['a head that drips', [head, ...Array<string>(100).fill('x-a: 1\r\n')], 'HTTP/1.1 408'],
    ['a body that drips', [`${head}content-length: 1000\r\n\r\n`, ...Array<string>(100).fill('x')], 'HTTP/1.1 408'],
  ])('%s is waited for no longer than is allowed', async (_, pieces, told) => {
    const { port } = await start(answer, { patience });
    const socket = connectTcp(port, '127.0.0.1');
    const left = [...pieces];
    const drip = setInterval(() => {
      const piece = left.shift();
      if (piece !== undefined && socket.writable) socket.write(piece);
    }, 20);
    const text = await until(socket);
    clearInterval(drip);
    expect(text.slice(0, told.length)).toBe(told);
    if (pieces.length > 50) expect(left.length).toBeGreaterThan(0);
  });

  test('of HTTP/2 is one, too: with no request, and with half a one', async () => {
    const { port } = await start(answer, { patience });
    const idle = connect(`http://127.0.0.1:${port}`);
    await once(idle, 'close');
    const session = connect(`http://127.0.0.1:${port}`);
    const half = session.request({ ':method': 'POST', ':path': '/' });
    half.on('error', () => {});
    half.write('x');
    await once(half, 'close');
    await once(session, 'close');
  });

  test('is none while it waits for an answer, however long that is', async () => {
    const slow: OnRequest = (req, res) => {
      req.resume();
      req.on('end', () => {
        res.write('begun ');
        setTimeout(() => res.end('ended'), 3 * patience.requestMs);
      });
    };
    const { port } = await start(slow, { patience });
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    stream.end('x');
    const [overHttp1, chunks] = await Promise.all([
      fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'x' }).then((response) => response.text()),
      stream.setEncoding('utf8').toArray(),
    ]);
    expect([overHttp1, chunks.join('')]).toEqual(['begun ended', 'begun ended']);
    session.close();
  });
});
