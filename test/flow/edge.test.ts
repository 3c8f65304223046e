import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import paths from '../cases/raw-paths.json' with { type: 'json' };
import { Stack } from './stack.ts';

let stack: Stack;
let token: string;
let mark: number;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_BASE_PATH: 'ai' } });
  token = await stack.token('acme-app');
});

beforeEach(async () => {
  mark = await stack.mark();
});

afterAll(() => stack.remove());

interface Sent {
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

const CONVERSE = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'x' }] }] });

/** As written: no library between here and the wire tidies the path or the headers. */
function send({ path = '/model/nova-lite/converse', headers = {}, body = CONVERSE }: Sent) {
  return new Promise<{ status: number; requestId: unknown; text: string }>((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: stack.port,
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, requestId: res.headers['x-request-id'], text }));
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

const bearer = () => ({ authorization: `Bearer ${token}` });

describe('a path that could be read in two ways is refused and reaches nothing', () => {
  test.each(paths)('$id: $name', async ({ input }) => {
    const { status, requestId } = await send({ path: input, headers: bearer() });
    expect([400, 404]).toContain(status);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test.each(paths.filter(({ input }) => input.startsWith('/')))('below a base path: $name', async ({ input }) => {
    const { status } = await send({ path: `/ai${input}`, headers: bearer() });
    expect([400, 404]).toContain(status);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test.each([
    '/%61i/model/nova-lite/converse',
    '/ai/ai/model/nova-lite/converse',
    '/AI/model/nova-lite/converse',
    '/ai%2Fmodel/nova-lite/converse',
    '/aimodel/nova-lite/converse',
    '/x/../ai/model/nova-lite/converse',
  ])('%s is not below the base path', async (path) => {
    expect([400, 404]).toContain((await send({ path, headers: bearer() })).status);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('T4: an ARN that is encoded once works', async () => {
    const arn = encodeURIComponent('arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0');
    for (const base of ['', '/ai'])
      expect(await send({ path: `${base}/model/${arn}/converse`, headers: bearer() })).toMatchObject({ status: 200 });
  });

  test.each(['/admin', 'evil.example', ''])('T4: the Host header "%s" changes nothing', async (host) => {
    expect(await send({ headers: { ...bearer(), host } })).toMatchObject({ status: 200 });
  });
});

describe('a token in any other form is 401 and reaches nothing', () => {
  test.each<[string, () => Sent]>([
    ['twice', () => ({ headers: { authorization: [`Bearer ${token}`, `Bearer ${token}`] } })],
    ['as a list', () => ({ headers: { authorization: `Bearer ${token}, Bearer ${token}` } })],
    ['with the scheme twice', () => ({ headers: { authorization: `Bearer Bearer ${token}` } })],
    ['as Basic', () => ({ headers: { authorization: `Basic ${btoa(`x:${token}`)}` } })],
    ['in the query', () => ({ path: `/model/nova-lite/converse?access_token=${token}` })],
    ['in a cookie', () => ({ headers: { cookie: `authorization=Bearer ${token}` } })],
    ['of 9 KB', () => ({ headers: { authorization: `Bearer ${'a'.repeat(9_000)}` } })],
    ['of 1 MB', () => ({ headers: { authorization: `Bearer ${'a'.repeat(1_000_000)}` } })],
    ['with a letter changed', () => ({ headers: { authorization: `Bearer ${token.slice(0, -5)}AAAAA` } })],
  ])('J8, J9: %s', async (_, sent) => {
    expect(await send(sent())).toMatchObject({ status: 401 });
    expect(await stack.calls(mark)).toEqual([]);
  });
});

describe('a body that is too large, or no JSON', () => {
  test.each([
    ['5 MB', 5, 413],
    ['11 MB', 11, 413],
  ])('of %s is refused', async (_, megabytes, status) => {
    const body = Buffer.alloc(megabytes * 1024 * 1024, ' ');
    const answer = await send({ headers: bearer(), body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).message).toMatch(/larger than 4194304 bytes.*GET \/credentials/);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('is refused in the shape of its surface', async () => {
    const openai = await send({ path: '/v1/chat/completions', headers: bearer(), body: '{"model":"a","model":"b"}' });
    expect(openai.status).toBe(400);
    expect(JSON.parse(openai.text)).toMatchObject({ error: { message: expect.any(String), type: expect.any(String) } });
  });
});

describe('no answer tells what is ours alone', () => {
  test('of account, ARN, role or token', async () => {
    const answers = await Promise.all([
      send({ headers: bearer() }),
      send({ path: '/model/llama-3-3-70b/converse', headers: bearer() }),
      send({ headers: {} }),
      send({ path: '/v1/chat/completions', headers: bearer(), body: '{' }),
    ]);
    for (const { text } of answers) {
      expect(text).not.toMatch(/111122223333|arn:aws|tollgate-local|globex/);
      expect(text).not.toContain(token.slice(0, 40));
    }
  });
});
