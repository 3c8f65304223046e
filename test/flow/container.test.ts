import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import tokens from '../cases/token.json' with { type: 'json' };
import type { Door } from './door.ts';
import { Stack } from './stack.ts';

let stack: Stack;
let door: Door;
let token: string;
let globex: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_BASE_PATH: 'ai' } });
  door = await stack.serve({
    ...{ TOLLGATE_AUTHORIZER_TTL: '1', TOLLGATE_ADMIN: 'true', TOLLGATE_BASE_PATH: 'ai' },
    TOLLGATE_CONSOLE: JSON.stringify({ issuer: stack.issuer, clientId: 'console' }),
  });
  [token, globex] = await Promise.all([stack.token('acme-app'), stack.token('globex-app')]);
});

afterAll(async () => {
  await door.stop();
  await stack.remove();
});

interface Sent {
  path?: string;
  method?: string;
  authorization?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

const TEXT = { messages: [{ role: 'user', content: [{ text: 'one two three' }] }] };
const chat = (more: object = {}) => ({ model: 'nova-lite', messages: [{ role: 'user', content: 'one two' }], ...more });

/** What a caller sees, but for what differs from one call to the next: ids and times. */
async function seen(base: string, { path = '/model/nova-lite/converse', method = 'POST', ...sent }: Sent) {
  const { authorization = `Bearer ${token}`, body = TEXT, headers = {} } = sent;
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(authorization === '' ? {} : { authorization }), ...headers },
    ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
  });
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
  const told = ['content-type', 'x-amzn-errortype', 'www-authenticate', 'link', 'x-tollgate-max-tokens', 'allow'];
  expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  return {
    status: response.status,
    headers: Object.fromEntries(told.map((name) => [name, response.headers.get(name)])),
    retries: response.headers.has('retry-after'),
    text: text
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
      .replace(/"(created|latencyMs|timestamp)":\d+/g, '"$1":0'),
  };
}

const both = async (sent: Sent) => [await seen(stack.gateway, sent), await seen(door.url, sent)] as const;

test('the console is the laptop’s and the container’s, below the base path, too', async () => {
  const page = async (base: string, path: string) => {
    const answer = await fetch(`${base}${path}`, { redirect: 'manual' });
    const told = ['content-type', 'cache-control', 'content-security-policy', 'location'];
    return {
      ...{ status: answer.status, text: await answer.text() },
      headers: told.map((name) => answer.headers.get(name)),
    };
  };
  for (const path of ['/console', '/console/', '/ai/console/', '/ai/console', '/console/none'])
    expect(await page(door.url, path)).toEqual(await page(stack.gateway, path));
  const { text } = await page(door.url, '/ai/console/');
  const [script = ''] = /assets\/main-\w+\.js/.exec(text) ?? [];
  expect(await page(door.url, `/ai/console/${script}`)).toMatchObject({ status: 200 });
  const config = await (await fetch(`${door.url}/console/config.json`)).json();
  expect(config).toEqual({ issuer: stack.issuer, clientId: 'console', admin: true, stage: 'local' });
  for (const base of [door.url, stack.gateway])
    expect((await fetch(`${base}/console/`, { method: 'POST', body: 'x' })).status).toBe(404);
});

test('the registry’s API is the container’s, too, where it is to be', async () => {
  const ops = await stack.token('ops');
  const ask = async (base: string, authorization: string) => {
    const response = await fetch(`${base}/admin/tenants/acme`, {
      headers: { authorization: `Bearer ${authorization}` },
    });
    const { id } = (await response.json()) as { id?: string };
    return [response.status, response.headers.get('content-type'), response.headers.get('etag'), id];
  };
  expect(await ask(door.url, ops)).toEqual([200, 'application/json', '"1"', 'acme']);
  expect(await ask(door.url, ops)).toEqual(await ask(stack.gateway, ops));
  for (const base of [door.url, stack.gateway]) expect(await ask(`${base}/ai`, ops)).toEqual(await ask(base, ops));
  expect(await ask(door.url, token)).toEqual([403, 'application/problem+json', null, undefined]);
});

test('what describes the paths says where they begin, wherever it lies', async () => {
  const headers = { authorization: `Bearer ${await stack.token('ops')}` };
  for (const base of [stack.gateway, door.url].flatMap((url) => [url, `${url}/ai`]))
    for (const document of [`${base}/openapi.json`, `${base}/admin/openapi.json`]) {
      const { servers } = (await (await fetch(document, { headers })).json()) as { servers: { url: string }[] };
      expect(servers.map(({ url }) => new URL(url, document).href)).toEqual([`${base}/`]);
    }
});

describe('the container answers what the REST API does', () => {
  test.each<[string, number, Sent]>([
    ['Converse', 200, {}],
    ['a stream', 200, { path: '/model/nova-lite/converse-stream' }],
    ['a stream of a model in its own format', 200, { path: '/model/nova-lite/invoke-with-response-stream' }],
    ['a chat', 200, { path: '/v1/chat/completions', body: chat() }],
    ['a streamed chat', 200, { path: '/v1/chat/completions', body: chat({ stream: true }) }],
    ['the models', 200, { path: '/v1/models', method: 'GET' }],
    ['the usage of today', 200, { path: '/v1/usage', method: 'GET' }],
    ['counted tokens', 200, { path: '/model/nova-lite/count-tokens', body: { input: { converse: TEXT } } }],
    ['no token', 401, { authorization: '' }],
    ['two schemes', 401, { authorization: 'Bearer Bearer x' }],
    ['a signature instead of a token', 401, { authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/x' }],
    ['a token of nobody', 401, { authorization: 'Bearer e30.e30.e30' }],
    ['another tenant’s model', 403, { path: '/model/llama-3-3-70b/converse' }],
    ['a model that is none', 403, { path: '/v1/chat/completions', body: chat({ model: 'nothing' }) }],
    ['credentials without the grant', 403, { path: '/credentials?model=nova-lite', method: 'GET' }],
    ['no such path', 404, { path: '/v1/nothing', method: 'GET' }],
    ['another method', 404, { path: '/v1/models' }],
    ['the open paths written to', 404, { path: '/health', authorization: '' }],
    ['a trailing slash', 404, { path: '/v1/chat/completions/' }],
    ['an encoded dot', 400, { path: '/model/%2e%2e%2fadmin/converse' }],
    ['a body that is none', 400, { body: [] }],
    ['another content type', 415, { headers: { 'content-type': 'text/plain' } }],
    ['more than 4 MiB', 413, { body: { ...TEXT, more: 'x'.repeat(4_300_000) } }],
  ])('%s', async (_, status, sent) => {
    const [rest, container] = await both(sent);
    expect(container.status).toBe(status);
    expect(container).toEqual(rest);
    // And each below a base path what it answers without, its links below it, too.
    const link = rest.headers.link?.replaceAll('</', '</ai/') ?? null;
    for (const base of [stack.gateway, door.url])
      expect(await seen(`${base}/ai`, sent)).toEqual({ ...rest, headers: { ...rest.headers, link } });
  });

  test('a tenant whom nobody onboarded', async () => {
    const [rest, container] = await both({ authorization: `Bearer ${await stack.token('stranger-app')}` });
    expect(container.status).toBe(403);
    expect(container).toEqual(rest);
  });

  test('every hostile token that is refused before its issuer is asked', async () => {
    const refused = tokens
      .flatMap((given) => ('token' in given && typeof given.token === 'string' ? [given.token] : []))
      .slice(0, 40);
    for (const text of ['a.b.c', `${token}x`, token.slice(0, -2), `${token}.x`, '', ...refused]) {
      const [rest, container] = await both({ authorization: `Bearer ${text}` });
      expect(container, text.slice(0, 40)).toEqual(rest);
      expect(container.status).toBe(401);
    }
  });

  const FAULTS: [string, object, string][] = [
    ['a throttle', { status: 429, type: 'ThrottlingException' }, '/model/nova-lite/converse'],
    ['a failure', { status: 500, type: 'InternalServerException' }, '/model/nova-lite/converse'],
    ['a refusal', { status: 400, type: 'ValidationException' }, '/model/nova-lite/converse'],
    ['a stream that breaks', { breakAfterEvents: 2 }, '/model/nova-lite/converse-stream'],
    [
      'an exception before the first event',
      { events: [{ type: 'throttlingException', exception: { message: 'slow' } }] },
      '/model/nova-lite/converse-stream',
    ],
  ];
  test.each(FAULTS)('%s of the model', async (_, fault, path) => {
    await stack.fault({ service: 'bedrock', fault });
    try {
      const [rest, container] = await both({ path });
      expect(container).toEqual(rest);
    } finally {
      await stack.clearFaults();
    }
  });

  test('a retired model, within the time for which answers are kept', async () => {
    await stack.cli('model', 'retire', 'claude-v2');
    const sent = { path: '/model/claude-v2/converse' };
    await expect.poll(async () => (await seen(door.url, sent)).status, { timeout: 15_000 }).toBe(410);
    expect((await seen(door.url, sent)).text).toContain('claude-sonnet-4-5');
    await stack.cli('model', 'restore', 'claude-v2');
  });

  test('a budget that is used up, which both doors count as one', async () => {
    await stack.setBudget('globex', 'few', 2, '--unit', 'requests', '--period', 'day');
    const as = { authorization: `Bearer ${globex}` };
    const status = async (base: string): Promise<number> => (await seen(base, as)).status;
    await expect.poll(() => status(door.url), { timeout: 15_000 }).toBe(429);
    const refused = await seen(door.url, as);
    expect(refused.retries).toBe(true);
    await stack.cli('budget', 'remove', 'globex', 'few');
  });
});

describe('the container by itself', () => {
  test('a call goes out under a session for its own tenant and that one model, and leaves a started and a finished line', async () => {
    const mark = await stack.mark();
    const from = door.lines().length;
    expect((await seen(door.url, { path: '/model/claude-sonnet-4-5/converse' })).status).toBe(200);
    const upstream = await stack.upstream(mark);
    expect(upstream.map(({ service, caller }) => [service, caller?.tags.TenantId ?? null])).toEqual([
      ['sts', null],
      ['bedrock', 'acme'],
    ]);
    expect(JSON.stringify(upstream[1]?.caller?.sessionPolicy)).not.toContain('nova');
    const usage = () =>
      door
        .lines()
        .slice(from)
        .flatMap(({ usage }) => (usage ? [usage as { phase: string; invocationId: string }] : []));
    await expect.poll(() => usage().map(({ phase }) => phase)).toEqual(['started', 'finished']);
    expect(new Set(usage().map(({ invocationId }) => invocationId)).size).toBe(1);
  });

  test('is alive, ready, and says so without a token', async () => {
    for (const path of ['/health', '/ready', '/openapi.json']) expect((await fetch(door.url + path)).status).toBe(200);
    expect(await (await fetch(`${door.url}/ready`)).json()).toEqual({ status: 'ready' });
  });

  test('is not ready while the registry does not answer', async () => {
    await stack.fault({ service: 'dynamodb', times: 1_000, fault: { status: 500, type: 'InternalServerError' } });
    const ready = async (): Promise<number> => (await fetch(`${door.url}/ready`)).status;
    try {
      await expect.poll(ready, { timeout: 20_000 }).toBe(503);
    } finally {
      await stack.clearFaults();
    }
    await expect.poll(ready, { timeout: 20_000 }).toBe(200);
  });

  test('speaks HTTP/2 with prior knowledge', async () => {
    const session = connectHttp2(door.url);
    const request = session.request({ ':path': '/v1/models', authorization: `Bearer ${token}` });
    const status = await new Promise((resolve) => request.once('response', (headers) => resolve(headers[':status'])));
    // Not `close`, which waits for an answer that nobody reads, as the door then does until its time to stop is over.
    session.destroy();
    expect(status).toBe(200);
  });

  /** Everything that comes back on one connection. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(door.port, '127.0.0.1');
      let got = '';
      socket.setEncoding('latin1').on('data', (chunk) => {
        got += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(got));
      socket.write(text);
    });

  const SMUGGLED = 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n';
  test.each([
    ['both lengths', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 40\r\n\r\n'],
    ['a length with a sign', 'Content-Length: +0\r\n\r\n'],
    ['an unknown coding', 'Transfer-Encoding: xchunked\r\n\r\n'],
    ['a space before the colon', 'Content-Length : 0\r\n\r\n'],
    ['a folded header', 'X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n'],
  ])('a request that two readers could cut in two places is refused, and ends the connection: %s', async (_, head) => {
    const got = await raw(`POST /health HTTP/1.1\r\nHost: x\r\n${head}${SMUGGLED}`);
    expect(got).toMatch(/^HTTP\/1.1 400 /);
    expect(got.match(/HTTP\/1.1/g)).toHaveLength(1);
  });

  test('a head of more than 64 KiB is refused before anything is looked at', async () => {
    const got = await raw(`GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${'x'.repeat(70_000)}\r\n\r\n`);
    expect(got).toMatch(/^HTTP\/1.1 431 /);
  });

  test('two Authorization headers are nobody’s', async () => {
    const head = `Authorization: Bearer ${token}\r\nAuthorization: Bearer ${globex}\r\nConnection: close\r\n`;
    expect(await raw(`GET /v1/models HTTP/1.1\r\nHost: x\r\n${head}\r\n`)).toMatch(/^HTTP\/1.1 401 /);
  });

  test('a setting that is missing stops the start, and is named', async () => {
    await expect(stack.serve({ TOLLGATE_TABLE: '' })).rejects.toThrow(/TOLLGATE_TABLE/);
  });

  test('told to stop, it finishes the calls in flight with their usage, takes no new one, and exits with 0', async () => {
    const other = await stack.serve();
    await stack.fault({ service: 'bedrock', times: 2, fault: { delayMs: 1_500 } });
    const answer = seen(other.url, {});
    const session = connectHttp2(other.url);
    const request = session.request({
      ...{ ':method': 'POST', ':path': '/model/nova-lite/converse' },
      ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    request.end(JSON.stringify(TEXT));
    const overHttp2 = request.setEncoding('utf8').toArray();
    const phases = (phase: string) => other.stdout.split(`"phase":"${phase}"`).length - 1;
    await expect.poll(() => phases('started'), { timeout: 15_000 }).toBe(2);
    const code = other.stop();
    expect((await answer).status).toBe(200);
    expect((await overHttp2).join('')).toContain('echo: one two three');
    expect(await code).toBe(0);
    expect(phases('finished')).toBe(2);
    await expect(fetch(`${other.url}/health`)).rejects.toThrow();
    await stack.clearFaults();
  });

  test('told to stop, it cuts what is out beyond its time, and writes down what that call cost before it exits with 0', async () => {
    const other = await stack.serve({ TOLLGATE_GRACE_MS: '300' });
    await stack.fault({ service: 'bedrock', times: 1, fault: { delayMs: 1_500 } });
    const answer = seen(other.url, {}).catch(() => 'cut');
    await expect.poll(() => other.stdout.includes('"phase":"started"'), { timeout: 15_000 }).toBe(true);
    expect(await other.stop()).toBe(0);
    expect(await answer).toBe('cut');
    expect(other.stdout).toContain('"phase":"finished"');
    await stack.clearFaults();
  });

  test('killed, it leaves the started line of each call that was out', async () => {
    const other = await stack.serve();
    const mark = await stack.mark();
    await stack.fault({ service: 'bedrock', times: 1, fault: { hang: true } });
    const answer = seen(other.url, {}).catch(() => 'cut');
    await expect.poll(async () => other.stdout.includes('"phase":"started"'), { timeout: 15_000 }).toBe(true);
    await other.stop('SIGKILL');
    expect(await answer).toBe('cut');
    expect(other.stdout.match(/"phase":"started"/g)).toHaveLength(1);
    await stack.clearFaults();
    expect(mark).toBeGreaterThan(0);
  });
});
