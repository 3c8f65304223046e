import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { GATEWAY_IDLE_MS } from '../../../contract/limits/contract.ts';
import { createLines } from '../../../contract/lines.ts';
import type { RestEvent } from '../../../invoke/edge/event.ts';
import type { Bindings, Served } from '../../../invoke/edge/lambda.ts';
import type { Asked, Given } from '../../../invoke/exchange.ts';
import { call, edge, event, lambda, nova, post, ResponseStream, whole } from './edge.ts';

interface Recorded {
  app: Served;
  requests: Asked[];
  bindings: Bindings[];
  refused: { path: string; error: unknown }[];
  failures: unknown[];
}

function recording(answer: (request: Asked, bindings: Bindings) => Given): Recorded {
  const recorded: Omit<Recorded, 'app'> = { requests: [], bindings: [], refused: [], failures: [] };
  return {
    ...recorded,
    app: {
      serve: async (request, bindings) => {
        recorded.requests.push(request);
        recorded.bindings.push(bindings);
        return answer(request, bindings);
      },
      refuse: (path, error) => {
        recorded.refused.push({ path, error });
        return given('refused', 400);
      },
      failed: (error) => recorded.failures.push(error),
    },
  };
}

const given = (body: Given['body'], status = 200, headers = {}): Given => ({ status, headers, body });
const ok = () => given('ok');

describe('an event becomes a request', () => {
  test('with its method, path, query, headers and body', async () => {
    const { app, requests, bindings } = recording(ok);
    await call(app, {
      ...post('/model/a%3Ab/invoke', '{"é":1}'),
      multiValueQueryStringParameters: { a: ['1', '2'], b: ['x y'] },
      multiValueHeaders: { 'Content-Type': ['application/json'], 'X-Many': ['1', '2'] },
    });
    const [request] = requests;
    expect(request?.method).toBe('POST');
    expect(request?.path).toBe('/model/a%3Ab/invoke');
    expect(String(request?.query)).toBe('a=1&a=2&b=x+y');
    expect(request?.headers.get('x-many')).toBe('1, 2');
    expect(Buffer.from((await request?.body()) ?? []).toString()).toBe('{"é":1}');
    expect(bindings[0]).toMatchObject({ requestId: 'req-1', authorizer: { v: '3', tenant: 'acme' } });
  });

  test('whose base64 body is decoded to the same bytes', async () => {
    const { app, requests } = recording(ok);
    const bytes = Buffer.from([0, 255, 128, 10]);
    await call(app, { ...event('POST', '/x'), body: bytes.toString('base64'), isBase64Encoded: true });
    expect(Buffer.from((await requests[0]?.body()) ?? [])).toEqual(bytes);
  });

  test.each([
    ['hostile', { host: 'evil.example/admin', 'x-forwarded-host': 'evil.example' }],
    ['with a path in it', { Host: 'gateway/admin/x?' }],
    ['missing', {}],
  ])('T4: whose route does not depend on a Host header that is %s', async (_, headers) => {
    const { app, requests } = recording(ok);
    await call(app, { ...event('GET', '/v1/models'), headers });
    expect(requests[0]?.path).toBe('/v1/models');
    expect(requests[0]?.headers.get('host')).toBeNull();
  });

  test('without the token and without cookies', async () => {
    const { app, requests } = recording(ok);
    await call(app, {
      ...event('GET', '/v1/models'),
      multiValueHeaders: { Authorization: ['Bearer x'], cookie: ['a=b'] },
    });
    expect([...(requests[0]?.headers ?? [])]).toEqual([]);
  });

  test('with the token beside it, which nothing prints', async () => {
    const { app, requests, bindings } = recording(ok);
    const given = { ...event('GET', '/v1/models'), multiValueHeaders: { Authorization: ['Bearer x'] } };
    await lambda(app)(given, new ResponseStream());
    expect(bindings.map(({ authorization }) => authorization?.reveal())).toEqual(['Bearer x']);
    expect(requests.map(({ headers }) => [...headers])).toEqual([[]]);
    expect(JSON.stringify(bindings)).not.toContain('Bearer');
  });

  test.each<[string, Record<string, string[]>]>([
    ['none', {}],
    ['two', { Authorization: ['Bearer x', 'Bearer y'] }],
    ['two of different letters', { Authorization: ['Bearer x'], authorization: ['Bearer y'] }],
  ])('and with %s, there is no token', async (_, multiValueHeaders) => {
    const { app, bindings } = recording(ok);
    const given = { ...event('GET', '/v1/models'), multiValueHeaders };
    await lambda(app)(given, new ResponseStream());
    expect(bindings[0]?.authorization).toBeUndefined();
  });

  test('with the tenant that Lambda gave the environment to', async () => {
    const { app, bindings } = recording(ok);
    await lambda(app)(event('GET', '/x'), new ResponseStream(), { tenantId: 'acme' });
    expect(bindings[0]?.tenantId).toBe('acme');
  });

  test('unless its path could be read in two ways: that is refused before any route is looked for', async () => {
    const { app, requests, refused } = recording(ok);
    const answer = await call(app, event('GET', '/model/%2e%2e/admin'));
    expect(answer.statusCode).toBe(400);
    expect(answer.headers['x-request-id']).toBe('req-1');
    expect(requests).toEqual([]);
    expect(refused).toMatchObject([{ path: '/model/%2e%2e/admin', error: { code: 'invalid_request' } }]);
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['an empty object', {}],
    ['of another source', { Records: [] }],
    ['with a method nobody has', event('TRACE', '/v1/models')],
    ['with a header that cannot be one', { ...event('GET', '/health'), headers: { 'a\nb': 'c' } }],
  ])('and an event that is %s is refused without a throw', async (_, given) => {
    const { app, requests, refused } = recording(ok);
    await call(app, given as RestEvent);
    expect(requests).toEqual([]);
    expect(refused).toHaveLength(1);
  });
});

describe('a response becomes metadata, 8 NUL bytes and a body', () => {
  test('with its status, headers and the request id', async () => {
    const { app } = recording(() => given('body', 418, { 'x-a': '1' }));
    const answer = await call(app, event('GET', '/x'));
    expect(answer.statusCode).toBe(418);
    expect(answer.headers).toMatchObject({ 'x-a': '1', 'x-request-id': 'req-1' });
    expect(answer.text).toBe('body');
  });

  test('also when there is no body', async () => {
    const { app } = recording(() => given('', 204));
    expect(await call(app, event('GET', '/x'))).toMatchObject({ statusCode: 204, text: '' });
  });

  test('and a direct invocation has the id that Lambda gave it', async () => {
    const { app } = recording(ok);
    const stream = new ResponseStream();
    await lambda(app)({ ...event('GET', '/x'), requestContext: null }, stream, { awsRequestId: 'lambda-id' });
    expect(stream.metadata.headers['x-request-id']).toBe('lambda-id');
  });

  test('and a request id that is no header value is not repeated', async () => {
    const { app } = recording(ok);
    const answer = await call(app, { ...event('GET', '/x'), requestContext: { requestId: 'a\r\nset-cookie: b' } });
    expect(answer.headers['x-request-id']).toBe('unknown');
  });
});

describe('a body is written no faster than it is read', () => {
  test('one chunk is in flight while the reader is slow', async () => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (++pulled > 5) controller.close();
          else controller.enqueue(new Uint8Array(10));
        },
      },
      { highWaterMark: 0 },
    );
    const waiting: (() => void)[] = [];
    const stream = new ResponseStream((_, taken) => waiting.push(taken), 10);
    const done = lambda(recording(() => given(body)).app)(event('GET', '/x'), stream);
    const seen: number[] = [];
    for (let taken = 0; taken < 5; taken++) {
      while (waiting.length <= taken + 1) await setImmediate();
      seen.push(pulled);
      waiting[taken + 1]?.();
    }
    await done;
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(stream.body.length).toBe(50);
  });

  test.each([
    ['closes', (stream: ResponseStream) => stream.destroy()],
    ['fails', (stream: ResponseStream) => stream.destroy(new Error('EPIPE'))],
  ])('and it is cancelled when the stream %s', async (_, leave) => {
    let cancelled = false;
    const stream = new ResponseStream();
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
      pull: () => void leave(stream),
      cancel: () => {
        cancelled = true;
      },
    });
    await lambda(recording(() => given(body)).app)(event('GET', '/x'), stream);
    expect(cancelled).toBe(true);
  });

  test('and a caller who left before the answer leaves it cancelled', async () => {
    let cancelled = false;
    const stream = new ResponseStream();
    stream.destroy();
    let wake = (): void => {};
    const body = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<IteratorResult<Uint8Array>>((resolve) => {
            wake = () => resolve({ done: true, value: undefined });
          }),
        async return() {
          cancelled = true;
          wake();
          return { done: true as const, value: undefined };
        },
      }),
    };
    await lambda(recording(() => given(body)).app)(event('GET', '/x'), stream);
    expect(cancelled).toBe(true);
  });

  test.each([
    ['a long one', 100_000],
    ['a short one', 10],
  ])('U4 and whoever takes nothing of it is given up when API Gateway does that: %s', async (_, bytes) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { app, failures } = recording(() => given(new Uint8Array(bytes)));
      const stream = new ResponseStream();
      stream._write = () => {};
      const ended = lambda(app)(event('GET', '/x'), stream);
      await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
      await vi.advanceTimersByTimeAsync(GATEWAY_IDLE_MS);
      await ended;
      expect(stream.destroyed).toBe(true);
      expect(failures).toMatchObject([{ message: 'the answer was not taken' }]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('and a body that breaks cuts the answer off, so that it does not look whole', async () => {
    const { app, failures } = recording(() =>
      given(new ReadableStream({ pull: (controller) => controller.error(new Error('bug')) })),
    );
    const stream = new ResponseStream();
    await lambda(app)(event('GET', '/x'), stream);
    expect(stream.destroyed).toBe(true);
    expect(stream.writableFinished).toBe(false);
    expect(failures).toMatchObject([{ message: 'bug' }]);
  });
});

describe('the function does not return before its work is done', () => {
  test('it waits for what was put off, and for what that puts off', async () => {
    const order: string[] = [];
    const { app } = recording((_, { waitUntil }) => {
      waitUntil(
        setImmediate().then(() => {
          order.push('first');
          waitUntil(setImmediate().then(() => order.push('second')));
        }),
      );
      return ok();
    });
    await call(app, event('GET', '/x'));
    expect(order).toEqual(['first', 'second']);
  });

  test('and what fails meanwhile is reported, not thrown', async () => {
    const { app, failures } = recording((_, { waitUntil }) => {
      waitUntil(Promise.reject(new Error('no')));
      return ok();
    });
    expect((await call(app, event('GET', '/x'))).text).toBe('ok');
    expect(failures).toMatchObject([{ message: 'no' }]);
  });

  test('the call is told when nobody waits for its answer any more, before there is one', async () => {
    const stream = new ResponseStream();
    const seen: unknown[] = [];
    const { app } = edge(async (_, { left }) => {
      const state = () => Promise.race([left?.then(() => 'left'), setImmediate('waited for')]);
      seen.push(await state());
      stream.destroy();
      seen.push(await left?.then(() => 'left'));
      return whole(nova, {});
    });
    await lambda(app)(post('/model/nova-lite/converse', { messages: [] }), stream);
    expect(seen).toEqual(['waited for', 'left']);
  });
});

test('a function ends once its lines are out, also what is written behind its answer; until then it is one of those under way', async () => {
  const writes: string[] = [];
  const underWay = new Set<object>();
  const { write, out } = createLines({ write: (text) => writes.push(text) }, 'dev', () => underWay.size <= 1);
  let behind = (): void => {};
  const { app } = recording((_, bindings) => {
    write('{"finished":1}');
    const later = new Promise<void>((resolve) => {
      behind = resolve;
    });
    bindings.waitUntil(later.then(() => write('{"settled":1}')));
    return given('ok');
  });
  let ended = false;
  const handled = lambda(app, { underWay, written: out })(event('GET', '/'), new ResponseStream()).then(() => {
    ended = true;
  });
  expect(underWay.size).toBe(1);
  await setImmediate();
  await setImmediate();
  expect(ended).toBe(false);
  behind();
  await handled;
  expect(writes.join('')).toBe('{"finished":1}\n{"settled":1}\n');
  expect(underWay.size).toBe(0);
});
