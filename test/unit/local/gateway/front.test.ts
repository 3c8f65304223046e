import { connect, constants } from 'node:http2';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { GatewayResponseType } from '../../../../contract/gateway-responses.ts';
import type { Authorization } from '../../../../local/gateway/authorizers.ts';
import { createFront } from '../../../../local/gateway/front.ts';
import { FunctionError, type StreamReader } from '../../../../local/runtime/function.ts';
import { type Listening, listen } from '../../../../server/listen.ts';

const api = { apiId: 'local', accountId: '111122223333', region: 'us-east-1', stage: 'local', domainName: 'x' };
const prelude = (statusCode: number, headers: object = {}) =>
  Buffer.from(`${JSON.stringify({ statusCode, headers })}${'\0'.repeat(8)}`);

let server: Listening;
let url: string;
let authorization: Authorization;
let limits: (usageKey: string | undefined) => GatewayResponseType | undefined;
let integration: (reader: StreamReader, event: Record<string, unknown>) => void;
let events: Record<string, unknown>[];
let broken: string[];

beforeAll(async () => {
  const onRequest = createFront({
    api,
    authorize: async () => authorization,
    count: (usageKey) => limits(usageKey),
    integrate: async (_route, event, _id, reader) => {
      const parsed = JSON.parse(event) as Record<string, unknown>;
      events.push(parsed);
      integration(reader, parsed);
    },
    servePage: async ({ path, search, acceptEncoding }) => ({
      status: 200,
      headers: { 'content-type': 'text/html' },
      body: Buffer.from(`${path} ${search} ${acceptEncoding}`),
    }),
    cors: false,
    clock: () => 0,
    newId: () => 'the-request-id',
    onBroken: (_received, ending) => broken.push(ending),
  });
  server = await listen({ host: '127.0.0.1', port: 0, onRequest });
  url = `http://127.0.0.1:${server.port}`;
});

afterAll(() => server.close(0));

beforeEach(() => {
  authorization = { ok: true, context: { tenant: 'acme' }, usageKey: 'the-key' };
  limits = () => undefined;
  events = [];
  broken = [];
  integration = (reader) => {
    reader.chunk(prelude(200, { 'Content-Type': 'text/plain', Connection: 'x', 'Content-Length': '99' }), () => {});
    reader.chunk(Buffer.from('one '), () => {});
    reader.chunk(Buffer.from('two'), () => {});
    reader.ended();
  };
});

describe('the front', () => {
  test('passes a request to the function and its streamed answer back', async () => {
    const response = await fetch(`${url}/v1/models?x=1`, { method: 'POST', body: 'hello', headers: { 'x-a': 'b' } });
    expect(await response.text()).toBe('one two');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain',
      'x-request-id': 'the-request-id',
      'transfer-encoding': 'chunked',
    });
    expect(events[0]).toMatchObject({
      path: '/v1/models',
      queryStringParameters: { x: '1' },
      body: btoa('hello'),
      requestContext: { authorizer: { tenant: 'acme' }, requestId: 'the-request-id' },
    });
  });

  test('gives the console to whoever asks, and asks nobody who that is', async () => {
    authorization = { ok: false, response: 'UNAUTHORIZED' };
    const page = await fetch(`${url}/console/?code=1`, { headers: { 'accept-encoding': 'gzip' } });
    expect([page.status, await page.text()]).toEqual([200, '/console/ ?code=1 gzip']);
    expect(page.headers.get('x-request-id')).toBe('the-request-id');
    expect((await fetch(`${url}/console/`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${url}/consoles`)).status).toBe(401);
    expect(events).toEqual([]);
  });

  test('speaks HTTP/2 with prior knowledge', async () => {
    const session = connect(url);
    const stream = session.request({ ':path': '/v1/models', authorization: 'x' });
    let text = '';
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await new Promise((resolve) => stream.once('end', resolve));
    session.close();
    expect(text).toBe('one two');
  });

  test.each([
    ['UNAUTHORIZED', 401],
    ['ACCESS_DENIED', 403],
    ['AUTHORIZER_FAILURE', 503],
  ] as const)('answers %s with %i by itself, in a body for every SDK', async (response, status) => {
    authorization = { ok: false, response };
    const answer = await fetch(`${url}/v1/models`);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-request-id')).toBe('the-request-id');
    expect(answer.headers.get('x-amzn-errortype')).toMatch(/Exception$/);
    expect(await answer.json()).toMatchObject({ message: expect.any(String), type: 'error', error: { param: null } });
    expect(events).toEqual([]);
  });

  test.each([
    ['THROTTLED', 429, '2'],
    ['QUOTA_EXCEEDED', 429, '60'],
    ['INVALID_API_KEY', 403, null],
  ] as const)(
    'answers %s with %i by itself, counted by the key that the authorizer named',
    async (response, status, wait) => {
      const counted: (string | undefined)[] = [];
      limits = (usageKey) => {
        counted.push(usageKey);
        return response;
      };
      const answer = await fetch(`${url}/v1/models`, { headers: { 'x-api-key': 'of-somebody-else' } });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([status, wait]);
      expect(counted).toEqual(['the-key']);
      expect(events).toEqual([]);
    },
  );

  test('counts no call that the authorizer refuses, and none of a route without it', async () => {
    limits = () => 'THROTTLED';
    expect((await fetch(`${url}/health`)).status).toBe(200);
    authorization = { ok: false, response: 'ACCESS_DENIED' };
    expect((await fetch(`${url}/v1/models`)).status).toBe(403);
  });

  test('shows the authorizer a token of 1 MB, whose business it is to refuse it', async () => {
    authorization = { ok: false, response: 'UNAUTHORIZED' };
    const headers = { authorization: `Bearer ${'a'.repeat(1_000_000)}` };
    expect((await fetch(`${url}/v1/models`, { headers })).status).toBe(401);
  });

  test.each(['/health', '/openapi.json'])('asks for no token on GET and HEAD %s', async (path) => {
    authorization = { ok: false, response: 'UNAUTHORIZED' };
    expect((await fetch(url + path)).status).toBe(200);
    expect(events[0]?.requestContext).not.toHaveProperty('authorizer');
    expect((await fetch(url + path, { method: 'POST' })).status).toBe(404);
    expect(events).toHaveLength(1);
    expect((await fetch(url + path, { method: 'HEAD' })).status).toBe(200);
  });

  test('takes 4 MB, refuses what no event can carry, and what the gateway does not take', async () => {
    const send = async (bytes: number) =>
      (await fetch(`${url}/v1/x`, { method: 'POST', body: new Uint8Array(bytes) })).status;
    expect(await send(4 * 1024 * 1024)).toBe(200);
    expect(await send(5 * 1024 * 1024)).toBe(413);
    expect(await send(11 * 1024 * 1024)).toBe(413);
    expect(events).toHaveLength(1);
  });

  test('answers 502 when the function fails before its prelude, or ends without one', async () => {
    integration = (reader) => reader.failed(new FunctionError({ name: 'Error', message: 'secret detail' }));
    const answer = await fetch(`${url}/v1/x`);
    expect(answer.status).toBe(502);
    expect(await answer.text()).not.toContain('secret');
    integration = (reader) => reader.ended();
    expect((await fetch(`${url}/v1/x`)).status).toBe(502);
    integration = (reader) => {
      reader.chunk(Buffer.from(`{"statusCode":"no"}${'\0'.repeat(8)}`), () => {});
    };
    expect((await fetch(`${url}/v1/x`)).status).toBe(502);
    expect(broken).toEqual(['failed', 'failed', 'failed']);
  });

  test('cuts the connection when the function fails after its first byte', async () => {
    integration = (reader) => {
      reader.chunk(prelude(200), () => {});
      reader.chunk(Buffer.from('half'), () => reader.failed(new FunctionError({ name: 'Error', message: '' })));
    };
    const answer = await fetch(`${url}/v1/x`);
    await expect(answer.text()).rejects.toThrow();
  });

  test('resets an HTTP/2 stream whose function fails after its first byte', async () => {
    integration = (reader) => {
      reader.chunk(prelude(200), () => {});
      reader.chunk(Buffer.from('half'), () => reader.failed(new FunctionError({ name: 'Error', message: '' })));
    };
    const session = connect(url);
    const stream = session.request({ ':path': '/v1/x' });
    stream.resume();
    const code = await new Promise((resolve) => {
      stream.on('error', () => {});
      stream.once('close', () => resolve(stream.rstCode));
    });
    session.destroy();
    expect(code).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  test('goes on taking the chunks of a client who has left', async () => {
    let taken = 0;
    const leave = new AbortController();
    const left = vi.fn();
    integration = (reader) => {
      const next = () => {
        if (++taken < 200) reader.chunk(Buffer.alloc(65_536), () => setImmediate(next));
        else {
          reader.ended();
          left();
        }
      };
      reader.chunk(prelude(200), next);
    };
    const answer = await fetch(`${url}/v1/x`, { signal: leave.signal });
    await answer.body?.getReader().read();
    leave.abort();
    await vi.waitFor(() => expect(left).toHaveBeenCalled(), { timeout: 15_000 });
    expect(taken).toBe(200);
  });
});
