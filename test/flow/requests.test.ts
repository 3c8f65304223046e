import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Door } from './door.ts';
import { Stack } from './stack.ts';

/** A hostile or odd request, as it goes over the wire to the running gateway, and what comes of it. */
interface RequestCase {
  id: string;
  name: string;
  input: {
    /** Sent to each of them; without one, Converse. */
    paths?: string[];
    method?: string;
    headers?: Record<string, string>;
    without?: string[];
    /** Bytes, one character each: texts, and texts to repeat so many times. */
    body?: (string | [string, number])[];
    gzip?: boolean;
    /** A request line that no HTTP library would write. */
    raw?: string;
  };
  /** `runs`: the tenant as which nova-lite is called; without it nothing may reach STS or a model. */
  expected: { status: number | number[]; runs?: string };
}

const cases: RequestCase[] = JSON.parse(readFileSync(new URL('../cases/requests.json', import.meta.url), 'utf8'));

const CONVERSE = '/model/nova-lite/converse';
const PROMPT = 'a-prompt-that-nobody-may-read-again';
const DEFAULT_BODY = JSON.stringify({ messages: [{ role: 'user', content: [{ text: PROMPT }] }] });

const PAGE = 'https://app.example';

let stack: Stack;
let container: Door;
let token: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_CORS_ORIGINS: PAGE } });
  container = await stack.serve();
  token = await stack.token('acme-app');
});

afterAll(() => stack.remove());

/** The two ways to the same gateway. */
const DOORS = ['the REST API', 'the container'] as const;
let door: (typeof DOORS)[number] = 'the REST API';
const port = (): number => (door === 'the container' ? container.port : stack.port);

interface Answered {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

function bodyOf({ body, gzip }: RequestCase['input']): Buffer {
  const text = body?.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('');
  const bytes = Buffer.from(text ?? DEFAULT_BODY, 'latin1');
  return gzip ? gzipSync(bytes) : bytes;
}

function send(path: string, input: RequestCase['input']): Promise<Answered> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    ...input.headers,
  };
  for (const name of input.without ?? []) delete headers[name];
  return new Promise((resolve, reject) => {
    const { method = 'POST' } = input;
    const req = request({ host: '127.0.0.1', port: port(), method, path, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    });
    req.on('error', reject);
    req.end(bodyOf(input));
  });
}

/** By hand: what is to be tested is what a library would have tidied or refused to send. */
function sendRaw(line: string): Promise<Answered> {
  const host = line.endsWith('1.1') ? [`Host: 127.0.0.1:${port()}`] : [];
  const head = [line, ...host, `Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Connection: close'];
  return new Promise((resolve, reject) => {
    const socket = connect(port(), '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(text.slice(9, 12)), headers: {}, text }));
    socket.write(`${[...head, `Content-Length: ${DEFAULT_BODY.length}`].join('\r\n')}\r\n\r\n${DEFAULT_BODY}`);
  });
}

describe.each(DOORS)('a request to the running gateway, through %s', (name) => {
  beforeAll(() => {
    door = name;
  });

  test.each(cases)('$id: $name', async ({ input, expected }) => {
    const mark = await stack.mark();
    for (const path of input.paths ?? [CONVERSE]) {
      const answer = input.raw === undefined ? await send(path, input) : await sendRaw(input.raw);
      expect([expected.status].flat(), `${path}: ${answer.text.slice(0, 300)}`).toContain(answer.status);
      expect(answer.text).not.toMatch(/111122223333|arn:aws|tollgate-local|globex/);
      if (input.raw !== undefined) continue;
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
      if (answer.status >= 400)
        expect(JSON.parse(answer.text)).toHaveProperty(path.startsWith('/v1') ? 'error' : 'message');
    }
    const upstream = await stack.upstream(mark);
    if (expected.runs !== undefined) {
      const called = upstream.filter(({ service }) => service === 'bedrock');
      expect(called.map(({ model, region, caller }) => [model, region, caller?.tags.TenantId])).toEqual([
        ['amazon.nova-lite-v1:0', 'us-east-1', expected.runs],
      ]);
    } else if ([expected.status].flat().every((status) => status !== 200)) expect(upstream).toEqual([]);
  });

  test('T3: every model that may not be called is answered in the same words', async () => {
    const texts = await Promise.all(
      cases
        .filter(({ id, input }) => id === 'T3' && input.body === undefined)
        .map(async ({ input }) => (await send(input.paths?.[0] ?? '', input)).text),
    );
    expect(texts.length).toBeGreaterThan(3);
    expect(new Set(texts).size).toBe(1);
  });

  // What is in none of these names' places is looked for below, in every line that was written.
  const chat = { model: 'nova-lite', messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] };
  const guardrailConfig = { guardrailIdentifier: 'demo', guardrailVersion: '1', [PROMPT]: 1 };
  test.each([
    ['a member', '/v1/chat/completions', { ...chat, [PROMPT]: 1 }, {}],
    [
      'a member of a message',
      '/v1/chat/completions',
      { ...chat, messages: [{ role: 'user', content: 'a', [PROMPT]: 1 }] },
      {},
    ],
    ['a stream option', '/v1/chat/completions', { ...chat, stream: true, stream_options: { [PROMPT]: true } }, {}],
    ['a header', CONVERSE, {}, { [`x-amzn-bedrock-${PROMPT}`]: '1' }],
    ['a member of the guardrail', CONVERSE, { messages: [], guardrailConfig }, {}],
    ['a model', `/model/${PROMPT}/converse`, {}, {}],
    ['a path', `/v1/${PROMPT}`, {}, {}],
    ['an operation', `/model/nova-lite/${PROMPT}`, {}, {}],
    ['a parameter', `/v1/usage?${PROMPT}=1`, {}, {}],
    ['a member that stands there twice', CONVERSE, `{"${PROMPT}":1,"${PROMPT}":2}`, {}],
    ['a member of 1 MB', '/v1/chat/completions', { ...chat, [PROMPT.repeat(30_000)]: 1 }, {}],
  ])('T7: a prompt in the place of %s may be told to its caller, in short', async (_, path, body, headers) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const method = path.startsWith('/v1/usage') ? 'GET' : 'POST';
    const answer = await send(path, { method, headers: headers as Record<string, string>, body: [text] });
    expect(answer.text.length).toBeLessThan(1_000);
    expect(answer.status).toBeLessThan(500);
  });

  test('T7: a good answer has no header of AWS’s own but those of Bedrock’s wire format, and no id but ours', async () => {
    const { status, headers } = await send(CONVERSE, {});
    expect(status).toBe(200);
    // Where AWS's SDKs look for the request id that every log line has.
    expect(headers['x-amzn-requestid']).toBe(headers['x-request-id']);
    const others = Object.keys(headers).filter((name) => name !== 'x-amzn-requestid');
    for (const name of others) expect(name).not.toMatch(/^(x-amz-|x-amzn-(?!bedrock-)|set-cookie|server|via)/);
  });
});

describe.each(DOORS)('a page in a browser, at %s', (which) => {
  const url = (path: string): string => {
    door = which;
    return `http://127.0.0.1:${port()}${path}`;
  };
  const ask = (origin: string, path = '/v1/chat/completions') =>
    fetch(url(path), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os',
      },
    });

  test.each(['/v1/chat/completions', '/', '/health'])(
    'of a listed origin may call, as it is told without a token: %s',
    async (path) => {
      const { status, headers } = await ask(PAGE, path);
      expect(status).toBe(204);
      expect(Object.fromEntries(headers)).toMatchObject({
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': expect.stringContaining('POST'),
        'access-control-allow-headers': 'authorization,content-type,x-stainless-os',
        vary: 'origin',
      });
    },
  );

  test('of another origin may not', async () => {
    const { headers } = await ask('https://evil.example');
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const answer = await fetch(url('/v1/models'), {
      headers: { origin: 'https://evil.example', authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('reads answers, refusals, and that its token is too old', async () => {
    const get = (path: string, headers: Record<string, string>) =>
      fetch(url(path), { headers: { origin: PAGE, ...headers } });
    const authorization = `Bearer ${token}`;
    const answers = [
      await get('/v1/models', { authorization }),
      await get('/v1/models/nonsense', { authorization }),
      await get('/v1/models', { authorization: 'Bearer old' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 401]);
    for (const { headers } of answers) {
      expect([PAGE, '*']).toContain(headers.get('access-control-allow-origin'));
      expect(headers.get('access-control-expose-headers')).toBe('*');
    }
  });

  test('a caller’s own id comes back beside ours, where it is one', async () => {
    const told = async (id: string): Promise<(string | null)[]> => {
      const { headers } = await fetch(url('/v1/models'), {
        headers: { authorization: `Bearer ${token}`, 'x-request-id': id },
      });
      return [headers.get('x-client-request-id'), headers.get('x-request-id')];
    };
    expect(await told('mine-1')).toEqual(['mine-1', expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(await told('mine 1')).toEqual([null, expect.any(String)]);
    expect(await told('x'.repeat(200))).toEqual([null, expect.any(String)]);
  });
});

test('T7: no token or prompt of all these is in a log line or anywhere else on disk, and no credential in a log', async () => {
  // Ends the processes, so that everything has been written.
  await container.stop();
  const { stdout, stderr } = await stack.stop();
  const files = readdirSync(stack.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = new Map(files.map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name), 'latin1')]));
  const log = written.get('log.jsonl') ?? '';
  expect(log).toContain('"event":"refused"');
  const said = `${container.stdout}${container.stderr}`;
  for (const [name, text] of [...written, ['stdout', stdout], ['stderr', stderr], ['container', said]] as const) {
    expect(text.includes(PROMPT), name).toBe(false);
    expect(
      token.split('.').some((part) => text.includes(part)),
      name,
    ).toBe(false);
  }
  expect(said).toContain('"event":"refused"');
  for (const text of [log, stdout, stderr, said])
    expect(text).not.toMatch(/Bearer ey|ASIA[A-Z0-9]{12}|secretAccessKey/);
});
