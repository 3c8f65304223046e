import { describe, expect, test } from 'vitest';
import { createApi, pathOf } from '../../../console/http.ts';
import type { ApiProblem } from '../../../console/problem.ts';

/** A gateway that answers what it is told, in turn, and remembers what it was asked. */
function gateway(...answers: (Response | Error)[]) {
  const asked: { method: string; url: string; headers: Record<string, string>; body: unknown }[] = [];
  const refused: (string | undefined)[] = [];
  const waited: number[] = [];
  const api = createApi({
    base: 'https://gateway.example/stage',
    async fetch(input, init) {
      const request = new Request(input, init);
      const text = await request.text();
      const body = text === '' ? undefined : JSON.parse(text);
      asked.push({ method: request.method, url: request.url, headers: Object.fromEntries(request.headers), body });
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('nothing more to answer');
      return answer;
    },
    async token(old) {
      refused.push(old);
      return `t${refused.length}`;
    },
    async wait(ms) {
      waited.push(ms);
    },
  });
  return { api, asked, refused, waited };
}

const json = (body: unknown, init: ResponseInit = {}) => new Response(JSON.stringify(body), init);

async function problem(answer: Response | Error): Promise<ApiProblem> {
  return gateway(answer)
    .api.get('/x')
    .then(
      () => expect.unreachable(),
      (error) => error,
    );
}

describe('the gateway as the page asks it', () => {
  test('has the token, what is asked without what is empty, and the entry’s version', async () => {
    const { api, asked } = gateway(json({ id: 'a' }, { headers: { etag: '"7"', 'x-tollgate-edit': '12' } }));
    const answer = await api.get('/admin/tenants', { q: 'a b', status: '', cursor: undefined, limit: 5 });
    expect(asked[0]?.url).toBe('https://gateway.example/stage/admin/tenants?q=a+b&limit=5');
    expect(asked[0]?.headers.authorization).toBe('Bearer t1');
    expect(answer).toMatchObject({ body: { id: 'a' }, version: 7, edit: 12 });
  });

  test.each([
    ['of the version that was seen', { version: 3 }, { 'if-match': '"3"' }, ''],
    ['only where there is none', { version: 0 }, { 'if-none-match': '*' }, ''],
    ['as a try', { dryRun: true }, {}, '?dryRun=true'],
  ])('edits %s', async (_, options, headers, search) => {
    const { api, asked } = gateway(new Response(null, { status: 204 }));
    await api.send('PUT', '/admin/tenants/a', { costCenter: 'C' }, options);
    expect(asked[0]).toMatchObject({ method: 'PUT', body: { costCenter: 'C' }, headers });
    expect(new URL(asked[0]?.url ?? '').search).toBe(search);
  });

  const busy = (seconds?: number) =>
    json({}, { status: 429, headers: seconds === undefined ? {} : { 'retry-after': String(seconds) } });

  test.each([
    ['after the time that it is told', [busy(1), busy(2), json({ id: 'a' })], [1_000, 2_000], 200],
    ['three times, and not for ever', [busy(1), busy(1), busy(1), busy(1), json({})], [1_000, 1_000, 1_000], 429],
    ['not where that is long', [busy(60), json({})], [], 429],
    ['not where nobody says when', [busy(), json({})], [], 429],
  ])('reads again where there were too many requests: %s', async (_, answers, waits, status) => {
    const { api, waited } = gateway(...answers);
    const told = await api.get('/admin/review').then(
      () => 200,
      (error: ApiProblem) => error.status,
    );
    expect([told, waited]).toEqual([status, waits]);
  });

  test('makes no edit twice where there were too many requests', async () => {
    const { api, asked } = gateway(busy(1), json({}));
    await expect(api.send('PUT', '/admin/tenants/a', {})).rejects.toMatchObject({ status: 429 });
    expect(asked).toHaveLength(1);
  });

  test('asks once more with another token where one was refused, and not a third time', async () => {
    const no = () => json({ code: 'unauthorized' }, { status: 401 });
    const once = gateway(no(), json({}));
    await once.api.get('/x');
    expect(once.refused).toEqual([undefined, 't1']);
    const twice = gateway(no(), no(), json({}));
    await expect(twice.api.get('/x')).rejects.toMatchObject({ status: 401 });
    expect(twice.asked).toHaveLength(2);
  });

  test('is offline where no answer comes; what was aborted is no problem of its', async () => {
    expect(await problem(new TypeError('failed'))).toMatchObject({ status: 0, code: 'offline' });
    const { api } = gateway(new Error('aborted'));
    await expect(api.get('/x', {}, AbortSignal.abort())).rejects.toThrow('aborted');
  });

  test('has a path of whatever names', () => {
    expect(pathOf('a/b', '<img>', 'ü ?#')).toBe('/a%2Fb/%3Cimg%3E/%C3%BC%20%3F%23');
  });
});

const ID = { 'x-request-id': 'r-1' };

test.each([
  [
    'problem details',
    {
      title: 'Bad Request',
      status: 400,
      code: 'bad_entry',
      detail: 'No.',
      errors: [{ path: 'a.b', reason: 'missing' }],
    },
    { code: 'bad_entry', title: 'Bad Request', detail: 'No.', errors: [{ path: 'a.b', reason: 'missing' }] },
  ],
  [
    'OpenAI’s form',
    { error: { message: 'Too hot.', type: 'invalid_request_error', code: 'too-large', param: 'temperature' } },
    { code: 'too-large', detail: 'Too hot.', errors: [{ path: 'temperature', reason: 'too-large' }] },
  ],
  ['Anthropic’s form', { type: 'error', error: { type: 'overloaded_error', message: 'Later.' } }, { detail: 'Later.' }],
  ['AWS’s form', { message: 'Not allowed.' }, { code: 'unknown', detail: 'Not allowed.', errors: [] }],
  ['a list where there should be an object', [1], { code: 'unknown', detail: 'The answer was 400.' }],
])('a refusal in %s is one problem', async (_, body, wanted) => {
  expect(await problem(json(body, { status: 400, headers: ID }))).toMatchObject({ ...wanted, requestId: 'r-1' });
});

test('a proxy’s page is a problem, too, and when to ask again is a number or not told', async () => {
  const page = (after: string) => new Response('<h1>502</h1>', { status: 502, headers: { 'retry-after': after } });
  expect(await problem(page('7'))).toMatchObject({ status: 502, detail: 'The answer was 502.', retryAfter: 7 });
  expect((await problem(page('soon'))).retryAfter).toBeUndefined();
});
