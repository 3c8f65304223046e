import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Names that mean several models: what an operator sets by the command line, and what callers and the ledger are told. */

let stack: Stack;
let usage: RawUsage;
let token: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0', TOLLGATE_SHARED_HEALTH: 'true' } });
  usage = new RawUsage(stack);
  token = await stack.token('acme-app');
});

afterAll(async () => {
  usage.close();
  await stack.remove();
});

async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.cli(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

function ask(path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${stack.gateway}${path}`, {
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
}

const converse = (model: string) =>
  ask(`/model/${model}/converse`, { messages: [{ role: 'user', content: [{ text: 'one two' }] }] });
const chat = (model: string) =>
  ask('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'one two' }] });

const servedBy = ({ headers }: Response) => headers.get('x-tollgate-served-by');

describe('an alias', () => {
  test('serves one of its models, which the answer and the ledger name', async () => {
    expect(await cli('alias', 'set', 'small', 'nova-lite=1')).toContain('alias small: nova-lite 1, by principal');
    const answers = [await converse('small'), await chat('small')];
    expect(answers.map((one) => [one.status, servedBy(one)])).toEqual([
      [200, 'nova-lite'],
      [200, 'nova-lite'],
    ]);
    const requests = answers.map(({ headers }) => headers.get('x-request-id'));
    const records = (await usage.records()).filter(
      ({ requestId, phase }) => requests.includes(requestId) && phase === 'finished',
    );
    expect(records).toMatchObject([
      { model: 'nova-lite', nativeModel: 'amazon.nova-lite-v1:0', outcome: 'ok' },
      { model: 'nova-lite', outcome: 'ok' },
    ]);
    expect(servedBy(await converse('nova-lite'))).toBeNull();
  });

  test('is moved to another model and taken back by an edit alone', async () => {
    await cli('alias', 'set', 'sonnet', 'nova-lite=1');
    expect(servedBy(await converse('sonnet'))).toBe('nova-lite');
    await cli('alias', 'set', 'sonnet', 'claude-sonnet-4-5=1');
    expect(servedBy(await converse('sonnet'))).toBe('claude-sonnet-4-5');
    await cli('alias', 'remove', 'sonnet');
    const refused = await converse('sonnet');
    const unknown = await converse('nobody-has-this');
    expect([refused.status, await refused.text()]).toEqual([403, await unknown.text()]);
    expect(await cli('alias', 'history')).toContain('remove sonnet');
  });

  test('keeps a principal on one model, or draws for each request', async () => {
    await cli('alias', 'set', 'either', 'nova-lite=1', 'claude-sonnet-4-5=1');
    const served = async () => servedBy(await converse('either'));
    const first = await served();
    for (let n = 0; n < 8; n++) expect(await served()).toBe(first);
    await cli('alias', 'set', 'either', 'nova-lite=1', 'claude-sonnet-4-5=1', '--by', 'request');
    const seen = new Set<string | null>();
    // Chance leaves one of two out for 40 calls once in 10^12 runs.
    for (let n = 0; n < 40 && seen.size < 2; n++) seen.add(await served());
    expect([...seen].sort()).toEqual(['claude-sonnet-4-5', 'nova-lite']);
  });

  test('means to a tenant only what it was granted, and what is not retired', async () => {
    // llama is not acme's, however large its share.
    await cli('alias', 'set', 'large', 'llama-3-3-70b=1000', 'nova-lite=1');
    expect(servedBy(await converse('large'))).toBe('nova-lite');
    await cli('alias', 'set', 'theirs', 'llama-3-3-70b=1');
    expect((await converse('theirs')).status).toBe(403);
    await cli('alias', 'set', 'old', 'claude-v2=1000', 'nova-lite=1');
    await cli('model', 'retire', 'claude-v2');
    expect(servedBy(await converse('old'))).toBe('nova-lite');
    await cli('model', 'restore', 'claude-v2');
  });

  test('goes past a model that the path cannot ask, of whatever share', async () => {
    await cli('alias', 'set', 'mixed', 'mixtral-8x7b=1000', 'titan-embed-v2=1000', 'nova-lite=1');
    expect(servedBy(await converse('mixed'))).toBe('nova-lite');
  });

  test('is listed and shown as a model is, with what answers to it', async () => {
    await cli('alias', 'set', 'small', 'nova-lite=1', 'llama-3-3-70b=1');
    await cli('alias', 'set', 'drawn', 'nova-lite=1', 'claude-sonnet-4-5=1', '--by', 'request');
    for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) {
      const { data } = (await (await ask('/v1/models', undefined, headers)).json()) as {
        data: { id: string; served_by?: string[] }[];
      };
      expect(data.find(({ id }) => id === 'small')).toMatchObject({ served_by: ['nova-lite'] });
      expect(data.find(({ id }) => id === 'nova-lite')).not.toHaveProperty('served_by');
      const shown = await (await ask('/v1/models/drawn', undefined, headers)).json();
      expect(shown).toMatchObject({ id: 'drawn', served_by: ['claude-sonnet-4-5', 'nova-lite'] });
    }
    expect((await ask('/v1/models/nobody-has-this')).status).toBe(403);
  });

  test('hands out credentials for what it means, and says for which model', async () => {
    await cli('alias', 'set', 'handed', 'claude-sonnet-4-5=1000', 'nova-lite=1');
    expect((await ask('/credentials?model=handed')).status).toBe(403);
    await cli('grant', 'acme', 'nova-lite', '--direct');
    const answer = await ask('/credentials?model=handed');
    expect([answer.status, servedBy(answer)]).toEqual([200, 'nova-lite']);
    await cli('grant', 'acme', 'nova-lite');
  });

  test('is explained and reviewed', async () => {
    await cli('alias', 'set', 'tried', 'nova-lite=95', 'llama-3-3-70b=5');
    const text = await cli('policy', 'explain', '--tenant', 'acme', '--model', 'tried');
    expect(text).toContain('acme, invoke of nova-lite: allowed');
    expect(text).toMatch(
      /Which model does the alias mean here\?\s+nova-lite: llama-3-3-70b 5, nova-lite 95, by principal\s+STAGE ALIASES v\d+/,
    );
    const review = JSON.parse(await cli('policy', 'review', '--format', 'json')) as {
      closed: boolean;
      aliases: object[];
    };
    expect(review.closed).toBe(true);
    expect(JSON.stringify(review.aliases)).toContain('"tried"');
    expect(await cli('policy', 'review')).toMatch(
      /ALIASES[^\n]*\n[^\n]*\n(?:[^\n]+\n)*tried +llama-3-3-70b 5, nova-lite 95 +principal/,
    );
  });

  test('is refused by the command line where it is wrong, and the field is named', async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await stack.cli('alias', 'set', ...args);
      return `${code} ${stderr}`;
    };
    expect(await refused('x', 'nova-lite=0')).toMatch(/^1 .*models\.nova-lite: too small/);
    expect(await refused('x', 'nova-lite=1', 'nobody=1')).toMatch(/^1 .*models\.nobody: no such model/);
    expect(await refused('nova-lite', 'claude-v2=1')).toMatch(/^1 .*id: is a model/);
    expect(await refused('x', 'nova-lite')).toMatch(/^2 error: nova-lite: a model, once, and its weight/);
    expect((await stack.cli('alias', 'show', 'nobody')).stderr).toBe('tollgate: There is no alias nobody.\n');
    const shown = JSON.parse(await cli('alias', 'show', 'tried', '--format', 'json')) as object;
    expect(shown).toEqual({ id: 'tried', models: { 'llama-3-3-70b': 5, 'nova-lite': 95 }, by: 'principal' });
  });
});

describe('a model that another one may answer for', () => {
  const NOVA = 'amazon.nova-lite-v1:0';
  const BUSY = { status: 429, type: 'ThrottlingException' };
  const away = (model: string, fault: object = BUSY) => stack.fault({ service: 'bedrock', model, fault });
  const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

  beforeAll(() => cli('grant', 'acme', 'nova-lite', '--fallbacks', 'claude-sonnet-4-5'));
  afterEach(() => stack.clearFaults());
  afterAll(async () => {
    await cli('grant', 'acme', 'nova-lite', '--no-fallbacks');
    // Whoever looks at it next finds it well.
    expect((await converse('nova-lite')).status).toBe(200);
  });

  /** Every attempt that was delivered of an answer's call, in order. */
  async function attemptsOf({ headers }: Response) {
    const id = headers.get('x-request-id');
    const records = (await usage.records()).flatMap((one) =>
      one.requestId === id && one.phase === 'finished' ? [one] : [],
    );
    return records.sort((a, b) => (a.attempt ?? 1) - (b.attempt ?? 1));
  }

  const stream = (path: string, body: object, headers: Record<string, string> = {}) =>
    ask(path, { ...body, stream: true }, headers);

  test('is answered for by it when it is busy: told, each attempt in the ledger, each under a session of its own', async () => {
    await away(NOVA);
    const mark = await stack.mark();
    const answer = await converse('nova-lite');
    expect([answer.status, servedBy(answer), answer.headers.get('x-tollgate-attempts')]).toEqual([
      200,
      'claude-sonnet-4-5',
      '2',
    ]);
    expect(await answer.text()).toContain('echo: one two');
    expect(await attemptsOf(answer)).toMatchObject([
      { model: 'nova-lite', outcome: 'retried', code: 'upstream_throttled', tokens: { input: 0, output: 0 } },
      { model: 'claude-sonnet-4-5', nativeModel: SONNET, attempt: 2, outcome: 'ok', tokens: { input: 2 } },
    ]);
    const called = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
    expect(called.map(({ decision }) => decision)).toEqual(['allowed', 'allowed']);
    const [first, second] = called.map(({ caller }) => JSON.stringify(caller?.sessionPolicy));
    expect([
      first?.includes('nova'),
      first?.includes('claude'),
      second?.includes('nova'),
      second?.includes('claude'),
    ]).toEqual([true, false, false, true]);
  });

  test.each([
    [
      'its streams too',
      () => stream('/v1/chat/completions', { model: 'nova-lite', messages: [{ role: 'user', content: 'one two' }] }),
    ],
    [
      'in the other’s own form',
      () =>
        stream('/v1/messages', { model: 'nova-lite', max_tokens: 9, messages: [{ role: 'user', content: 'one two' }] }),
    ],
    [
      'where the first event is a throttle',
      () => stream('/v1/chat/completions', { model: 'nova-lite', messages: [{ role: 'user', content: 'one two' }] }),
    ],
  ])('%s', async (name, call) => {
    const first = [{ type: 'throttlingException', exception: { message: 'busy' } }];
    await away(NOVA, name.includes('event') ? { events: first } : BUSY);
    const answer = await call();
    expect([answer.status, servedBy(answer)]).toEqual([200, 'claude-sonnet-4-5']);
    const text = await answer.text();
    expect(text).toContain('two');
    expect(text).toMatch(/\[DONE\]|message_stop/);
  });

  test('is not repeated once its stream has begun', async () => {
    await away(NOVA, { breakAfterEvents: 3 });
    const answer = await stream('/v1/chat/completions', {
      model: 'nova-lite',
      messages: [{ role: 'user', content: 'one two' }],
    });
    expect([answer.status, servedBy(answer)]).toEqual([200, null]);
    expect(await answer.text()).not.toContain('[DONE]');
    expect((await attemptsOf(answer)).map(({ model, outcome }) => [model, outcome])).toEqual([
      ['nova-lite', 'interrupted'],
    ]);
  });

  test('answers alone for a caller who says so, and a word for it that is none is refused', async () => {
    await away(NOVA);
    const body = { messages: [{ role: 'user', content: [{ text: 'one' }] }] };
    const pinned = await ask('/model/nova-lite/converse', body, { 'x-tollgate-fallback': 'off' });
    expect([pinned.status, servedBy(pinned)]).toEqual([429, null]);
    expect((await attemptsOf(pinned)).map(({ model }) => model)).toEqual(['nova-lite']);
    const wrong = await ask('/model/nova-lite/converse', body, { 'x-tollgate-fallback': 'never' });
    expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('x-tollgate-fallback')]);
  });

  test('refuses by itself what is wrong in the call', async () => {
    await away(NOVA, { status: 400, type: 'ValidationException' });
    const answer = await converse('nova-lite');
    expect([answer.status, servedBy(answer), (await attemptsOf(answer)).length]).toEqual([400, null, 1]);
  });

  test('fails as it failed where the other cannot answer either, and neither is tried twice', async () => {
    await cli('grant', 'acme', 'claude-sonnet-4-5', '--fallbacks', 'nova-lite');
    await away(NOVA);
    await away(SONNET, { status: 503, type: 'ServiceUnavailableException' });
    const answer = await converse('nova-lite');
    expect([answer.status, servedBy(answer)]).toEqual([429, null]);
    expect((await attemptsOf(answer)).map(({ model, outcome, code }) => [model, outcome, code])).toEqual([
      ['nova-lite', 'retried', 'upstream_throttled'],
      ['claude-sonnet-4-5', 'failed', 'upstream_unavailable'],
    ]);
    await cli('grant', 'acme', 'claude-sonnet-4-5', '--no-fallbacks');
  });

  test('is not answered for by what was not granted, nor by what would read the body otherwise', async () => {
    const models = async (call: () => Promise<Response>) => {
      const answer = await call();
      const attempts = await attemptsOf(answer);
      return [answer.status, ...attempts.map(({ model }) => model)];
    };
    await away(NOVA);
    const messages = [{ role: 'user', content: [{ text: 'one' }] }];
    const native = () => ask('/model/nova-lite/invoke', { messages, inferenceConfig: { maxTokens: 9 } });
    expect(await models(native)).toEqual([429, 'nova-lite']);
    const own = { messages, additionalModelRequestFields: { inferenceConfig: { topK: 5 } } };
    expect(await models(() => ask('/model/nova-lite/converse', own))).toEqual([429, 'nova-lite']);
    await cli('grant', 'acme', 'nova-lite', '--fallbacks', 'llama-3-3-70b');
    expect(await models(() => converse('nova-lite'))).toEqual([429, 'nova-lite']);
    await cli('grant', 'acme', 'titan-embed-v2', '--fallbacks', 'nova-lite');
    await away('amazon.titan-embed-text-v2:0');
    expect(await models(() => ask('/v1/embeddings', { model: 'titan-embed-v2', input: 'one' }))).toEqual([
      429,
      'titan-embed-v2',
    ]);
    await cli('grant', 'acme', 'titan-embed-v2', '--no-fallbacks');
    await cli('grant', 'acme', 'nova-lite', '--fallbacks', 'claude-sonnet-4-5');
  });

  test('of the caller’s own bytes is answered for by what reads them alike, and of vectors by the same model', async () => {
    const file = join(stack.dataDir, 'model.json');
    for (const [id, modelId] of [
      ['nova-west', NOVA],
      ['titan-west', 'amazon.titan-embed-text-v2:0'],
    ] as const) {
      const region = 'us-west-2';
      const arn = `arn:aws:bedrock:${region}::foundation-model/${modelId}`;
      const target = { kind: 'bedrock-model', modelId, region, arn };
      writeFileSync(file, JSON.stringify({ id, target, lifecycle: { status: 'active' }, prices: [] }));
      await cli('model', 'put', file);
      await cli('grant', 'acme', id);
    }
    const {
      updatedAt: _,
      updatedBy: __,
      ...titan
    } = JSON.parse(await cli('model', 'show', 'titan-embed-v2', '--format', 'json')) as Record<string, unknown>;
    // Of its entry, for every tenant.
    writeFileSync(file, JSON.stringify({ ...titan, fallbacks: ['titan-west'] }));
    await cli('model', 'put', file);
    await cli('grant', 'acme', 'nova-lite', '--fallbacks', 'claude-sonnet-4-5,nova-west');
    await stack.fault({ service: 'bedrock', region: 'us-east-1', fault: BUSY });
    const messages = [{ role: 'user', content: [{ text: 'one' }] }];
    const native = await ask('/model/nova-lite/invoke', { messages, inferenceConfig: { maxTokens: 9 } });
    expect([native.status, servedBy(native), native.headers.get('x-tollgate-region')]).toEqual([
      200,
      'nova-west',
      'us-west-2',
    ]);
    const vectors = await ask('/v1/embeddings', { model: 'titan-embed-v2', input: 'one' });
    expect([vectors.status, servedBy(vectors)]).toEqual([200, 'titan-west']);
    const many = await ask('/v1/embeddings', { model: 'titan-embed-v2', input: ['one', 'two'] });
    expect([many.status, servedBy(many)]).toEqual([429, null]);
    for (const id of ['nova-west', 'titan-west']) await cli('grant', 'revoke', 'acme', id);
    await cli('grant', 'acme', 'nova-lite', '--fallbacks', 'claude-sonnet-4-5');
  });

  test('is not answered for outside of its own grant’s regions, whatever the other’s grant says', async () => {
    await away(NOVA);
    await cli('grant', 'acme', 'nova-lite', '--regions', 'us-east-1');
    const mark = await stack.mark();
    expect((await converse('nova-lite')).status).toBe(429);
    expect(new Set((await stack.upstream(mark)).flatMap(({ resources }) => resources))).not.toContain(SONNET);
    await cli('grant', 'acme', 'nova-lite', '--regions', 'us-east-1,us-east-2,us-west-2');
    expect(servedBy(await converse('nova-lite'))).toBe('claude-sonnet-4-5');
    await cli('grant', 'acme', 'nova-lite', '--no-regions');
  });

  test('is answered for at the other’s price, within the budgets of the other', async () => {
    const status = async () =>
      JSON.parse(await cli('budget', 'status', 'acme', '--format', 'json')) as {
        budget: string;
        of: string;
        settled: string;
      }[];
    await away(NOVA);
    await cli('budget', 'set', 'acme', 'each', '--limit', '5', '--unit', 'usd', '--period', 'day', '--per', 'model');
    const settled = async () =>
      new Map((await status()).map(({ of, settled }) => [of, Math.round(Number(settled) * 1e7)] as const));
    const before = await settled();
    expect(servedBy(await converse('nova-lite'))).toBe('claude-sonnet-4-5');
    // 2 tokens in at 3.3 dollars a million, and 3 out at 16.5.
    const after = new Map([...before, ['claude-sonnet-4-5', (before.get('claude-sonnet-4-5') ?? 0) + 561] as const]);
    await expect
      .poll(async () => [...(await settled())].filter(([, amount]) => amount > 0).sort())
      .toEqual([...after].filter(([, amount]) => amount > 0).sort());
    await cli(
      'budget',
      'set',
      'acme',
      'none',
      '--limit',
      '0.00001',
      '--unit',
      'usd',
      '--period',
      'day',
      '--per',
      'model',
      '--only',
      'claude-sonnet-4-5',
      '--refuse',
    );
    const refused = await converse('nova-lite');
    expect([refused.status, servedBy(refused)]).toEqual([429, null]);
    // The budget that it was passed over for is no reason of this refusal.
    expect(refused.headers.get('ratelimit')).toMatch(/^"each";/);
    expect((await attemptsOf(refused)).map(({ model, code }) => [model, code])).toEqual([
      ['nova-lite', 'upstream_throttled'],
    ]);
    const open = async () => (await status()).map((row) => (row as { reserved?: string }).reserved);
    await expect.poll(open).not.toContainEqual(expect.stringMatching(/[1-9]/));
    await cli('budget', 'remove', 'acme', '--all');
  });

  test('is answered for by an alias’s model in the same way, and explained', async () => {
    await cli('alias', 'set', 'small', 'nova-lite=1');
    await away(NOVA);
    expect(servedBy(await converse('small'))).toBe('claude-sonnet-4-5');
    const said = await cli('policy', 'explain', '--tenant', 'acme', '--model', 'nova-lite');
    expect(said).toContain('fallbacks claude-sonnet-4-5');
  });
});

describe('a model of several places', () => {
  interface State {
    region: string;
    state: string;
    share: number;
    attempts: number;
    throttled: number;
    errorRate: number | null;
    firstByteMs: number | null;
  }

  const targets = async () => JSON.parse(await cli('model', 'targets', 'nova-lite', '--format', 'json')) as State[];
  const asked = async (mark: number) =>
    (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock').map(({ region }) => region);

  const helpersFile = (...endpoints: object[]): string => {
    const file = join(stack.dataDir, 'bedrock_endpoints.conf');
    writeFileSync(file, JSON.stringify(endpoints, null, 1));
    return file;
  };

  test('is made of a file whose every part is right, or not at all', async () => {
    const shown = async () => JSON.parse(await cli('model', 'show', 'nova-lite', '--format', 'json'));
    const before = await shown();
    const [west, east] = ['us-west-2', 'us-east-1'].map((region) => ({ region, primary: true })) as [object, object];
    const wrong = helpersFile(west, east, { region: 'mars-1' }, { primary: 1, region: 'us-east-2' });
    expect(await stack.cli('model', 'import', 'nova-lite', wrong)).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        `${wrong}:11: /2: region: not a region`,
        `${wrong}:14: /3: primary: not true or false`,
        'tollgate: 2 parts of the file are wrong: nothing was done',
        '',
      ].join('\n'),
    });
    const right = helpersFile(west, east);
    const { stdout } = await stack.cli('model', 'import', 'nova-lite', right, '--dry-run');
    const dry = JSON.parse(stdout);
    expect(await shown()).toEqual(before);
    await cli('model', 'import', 'nova-lite', right);
    const { version: _, updatedAt: __, updatedBy: ___, ...imported } = await shown();
    expect(dry).toMatchObject(imported);
    expect(imported).toMatchObject({ displayName: before.displayName, prices: before.prices });

    // A drain outlives another import, and whoever has nowhere else to go is named.
    await cli('model', 'drain', 'nova-lite', '--region', 'us-west-2');
    expect(await cli('model', 'import', 'nova-lite', right)).toContain('nothing to change');
    await cli('model', 'restore', 'nova-lite', '--region', 'us-west-2');
    await cli('grant', 'acme', 'nova-lite', '--regions', 'us-west-2');
    expect((await stack.cli('model', 'drain', 'nova-lite', '--region', 'us-west-2')).stderr).toBe(
      'tollgate: the grant of nova-lite to acme allows no other place: its calls get 503\n',
    );
    expect((await converse('nova-lite')).status).toBe(503);
    await cli('grant', 'acme', 'nova-lite', '--no-regions');
    await cli('model', 'restore', 'nova-lite', '--region', 'us-west-2');
  });

  test.each([
    [['import', 'new', 'package.json'], 1, /^tollgate: --native-id is needed/],
    [['import', 'claude-v2', 'no/such.conf'], 1, /^tollgate: no\/such\.conf cannot be read\n$/],
    [['import', 'small', 'package.json', '--native-id', 'x'], 1, /file: not a list/],
    [['import', 'nova-lite', 'file', '--profile', 'us'], 2, /It must be a prefix and the regions/],
    [['drain', 'claude-v2', '--region', 'us-east-1'], 1, /^tollgate: .*to end the model, retire it/],
    [['drain', 'nova-lite'], 2, /required option '--region/],
    [['restore', 'claude-v2', '--region', 'eu-west-1'], 1, /^tollgate: The model has no place in eu-west-1/],
    [['targets', 'nobody'], 1, /^tollgate: There is no model nobody/],
    [['targets', 'nova-lite', '--minutes', '0'], 2, /whole minutes/],
  ])('%j says what is wrong', async (args, code, line) => {
    const ended = await stack.cli('model', ...args);
    expect(ended).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(line) });
  });

  test('is read from a helper’s file, tells where its calls went, and leaves out a region that is drained', async () => {
    const file = helpersFile(
      { region: 'us-west-2', next_available_time: 0, primary: true, region_profile_prefix: 'us' },
      { region: 'us-east-1', next_available_time: 0, primary: false, region_profile_prefix: 'us' },
    );
    expect((await stack.cli('model', 'import', 'nova-lite', file)).stdout).toContain('nova-lite: written');
    const before = await targets();
    expect(before.map(({ region, state }) => [region, state])).toEqual([
      ['us-west-2', 'open'],
      ['us-east-1', 'open'],
    ]);

    let mark = await stack.mark();
    expect((await converse('nova-lite')).status).toBe(200);
    await stack.fault({
      service: 'bedrock',
      region: 'us-west-2',
      times: 1,
      fault: { status: 429, type: 'ThrottlingException' },
    });
    expect((await converse('nova-lite')).status).toBe(200);
    expect(await asked(mark)).toEqual(['us-west-2', 'us-west-2', 'us-east-1']);
    const [west, east] = await targets();
    const [westBefore, eastBefore] = before;
    expect(west).toMatchObject({ state: 'throttling', throttled: 1, attempts: 2 + (westBefore?.attempts ?? 0) });
    expect(west?.firstByteMs).toBeGreaterThan(0);
    expect(east).toMatchObject({ state: 'open', attempts: 1 + (eastBefore?.attempts ?? 0) });
    expect((west?.share ?? 0) + (east?.share ?? 0)).toBeCloseTo(1);

    mark = await stack.mark();
    await cli('model', 'drain', 'nova-lite', '--region', 'us-west-2');
    expect((await converse('nova-lite')).status).toBe(200);
    expect(await asked(mark)).toEqual(['us-east-1']);
    expect(await cli('model', 'targets', 'nova-lite')).toMatch(
      /^us-west-2 +amazon\.nova-lite-v1:0 +primary +1 +drained/m,
    );
    expect((await stack.cli('model', 'drain', 'nova-lite', '--region', 'us-east-1')).stderr).toContain('retire it');

    mark = await stack.mark();
    await cli('model', 'restore', 'nova-lite', '--region', 'us-west-2');
    expect((await converse('nova-lite')).status).toBe(200);
    expect(await asked(mark)).toEqual(['us-west-2']);

    await stack.fault({ service: 'bedrock', region: 'us-west-2', times: 1, fault: { status: 503 } });
    expect((await converse('nova-lite')).status).toBe(200);
    const told = async () => {
      const [first] = await targets();
      expect(first).toMatchObject({ state: 'cooling', coolingUntil: expect.stringMatching(/^20.*Z$/), failed: 1 });
    };
    await vi.waitFor(told, { timeout: 10_000, interval: 100 });
  });
});
