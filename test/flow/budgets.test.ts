import { BedrockRuntimeClient, ConverseCommand, ServiceQuotaExceededException } from '@aws-sdk/client-bedrock-runtime';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../../contract/budget.ts';
import { COUNTERS_ATTEMPT_MS } from '../../contract/limits/budgets.ts';
import type { EventRecord } from '../../local/aws/events.ts';
import { counterPartition } from '../../metering/budgets/counter-names.ts';
import { createCounters } from '../../metering/budgets/counters.ts';
import { countedIn } from '../../metering/budgets/quota.ts';
import { createItems } from '../../registry/table.ts';
import { createWriter, type Writer } from '../../registry/writer.ts';
import { type Many, startMany } from './many.ts';

/**
 * Budgets over HTTP, on every path that calls a model. Each test has tenants of its own, so that none waits for what the
 * authorizer's answer of another holds.
 */

let many: Many;
let client: DynamoDBClient;
let writer: Writer;

beforeAll(async () => {
  many = await startMany();
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  client = new DynamoDBClient({ endpoint: many.stack.aws, region: 'us-east-1', credentials });
  writer = createWriter({ items: createItems({ client, table: 'tollgate-registry' }), clock: Date.now, actor: 'test' });
});

afterEach(() => many.stack.clearFaults());

afterAll(async () => {
  client.destroy();
  await many.remove();
});

let next = 0;

/** A tenant that nobody has called for as yet, under these budgets. */
async function tenantUnder(...budgets: (Partial<Budget> & { id: string })[]): Promise<string> {
  const tenant = `under-${next++}`;
  await writer.putTenant({ id: tenant, costCenter: 'CC-1' });
  for (const model of ['nova-lite', 'llama-3-3-70b']) await writer.grant(tenant, model);
  for (const budget of budgets)
    await writer.setBudget(tenant, {
      ...{ per: 'tenant', period: 'month', unit: 'tokens', limit: '1000000', enforcement: 'hard' },
      ...budget,
    });
  return tenant;
}

interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

interface Path {
  path: (model: string) => string;
  body: (model: string, text: string, maxTokens?: number) => object;
}

/** Nova's own body, which Converse's is. */
const converse = (text: string, maxTokens?: number): object => ({
  messages: [{ role: 'user', content: [{ text }] }],
  ...(maxTokens === undefined ? {} : { inferenceConfig: { maxTokens } }),
});

const chat =
  (stream: boolean): Path['body'] =>
  (model, text, maxTokens) => ({
    ...{ model, stream, messages: [{ role: 'user', content: text }] },
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
  });

const PATHS: Record<string, Path> = {
  native: { path: (model) => `/model/${model}/converse`, body: (_, ...more) => converse(...more) },
  'native stream': { path: (model) => `/model/${model}/converse-stream`, body: (_, ...more) => converse(...more) },
  invoke: { path: (model) => `/model/${model}/invoke`, body: (_, ...more) => converse(...more) },
  'invoke stream': {
    path: (model) => `/model/${model}/invoke-with-response-stream`,
    body: (_, ...more) => converse(...more),
  },
  openai: { path: () => '/v1/chat/completions', body: chat(false) },
  'openai stream': { path: () => '/v1/chat/completions', body: chat(true) },
};
const WAYS = Object.keys(PATHS);

async function call(
  token: string,
  { way = 'native', model = 'nova-lite', text = 'one two three', maxTokens = undefined as number | undefined } = {},
): Promise<Answered> {
  const { path, body } = PATHS[way] as Path;
  const response = await fetch(`${many.stack.gateway}${path(model)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body(model, text, maxTokens)),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What is counted of a tenant's budgets now, by budget (and principal or model), once every call is settled. */
async function settled(tenant: string): Promise<Record<string, bigint>> {
  const counters = createCounters({ client, table: 'tollgate-counters' });
  const read = async () =>
    (await counters.partition(counterPartition(tenant))).flatMap(({ key, counts }) =>
      countedIn(counts)
        .filter(({ name }) => !name.budget.startsWith('_'))
        .map((one) => ({ ...one, of: one.name.model ?? key.sk.split('#')[1] ?? '' })),
    );
  await expect
    .poll(async () => (await read()).filter(({ reserved }) => reserved !== 0n), { timeout: 20_000 })
    .toEqual([]);
  return Object.fromEntries((await read()).map(({ name, of, total }) => [`${name.budget} ${of}`.trim(), total]));
}

const count = (answers: readonly Answered[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

test('Q5 no label of the caller’s own lets more text through than the budget has', async () => {
  const tenant = await tenantUnder({ id: 'tokens', limit: '20000' });
  const authorization = `Bearer ${await many.tokenOf(tenant)}`;
  const mark = await many.stack.mark();
  const toolResult = { toolUseId: 't', type: 'image', content: [{ text: 'word '.repeat(60_000) }] };
  const content = [{ toolResult }];
  for (const [model, body] of [
    ['nova-lite', { messages: [{ role: 'user', content }] }],
    ['nova-lite', { type: 'image', messages: [{ role: 'user', content: [{ text: 'a' }] }], system: content }],
  ] as const) {
    const answer = await fetch(`${many.stack.gateway}/model/${model}/converse`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([answer.status, await answer.text()]).toEqual([429, expect.stringContaining('tokens')]);
  }
  expect((await many.stack.calls(mark)).filter(({ service }) => service === 'bedrock')).toEqual([]);
});

describe.each(WAYS)('%s', (way) => {
  test('a call that is shortened is told to which limit, and one that asks for less is not touched', async () => {
    const token = await many.tokenOf(await tenantUnder({ id: 'month', limit: '10000' }));
    const asked = await call(token, { way, maxTokens: 5 });
    expect([asked.status, asked.headers.get('x-tollgate-max-tokens')]).toEqual([200, null]);
    expect(asked.headers.get('x-tollgate-reserved')).toMatch(/^tokens; input=\d+; output=5$/);
    const unnamed = await call(token, { way });
    expect(unnamed.headers.get('x-tollgate-max-tokens')).toBe('4096; by=budget');
    const more = await call(token, { way, maxTokens: 50_000 });
    const [, cap, reserved] =
      /^(\d+); by=budget tokens; input=\d+; output=(\d+)$/.exec(
        `${more.headers.get('x-tollgate-max-tokens')} ${more.headers.get('x-tollgate-reserved')}`,
      ) ?? [];
    expect([more.status, cap]).toEqual([200, reserved]);
    expect(Number(cap)).toBeLessThan(10_000);
  });

  test('Q2 of 50 calls at once at the limit, as many pass as it has room for', async () => {
    const tenant = await tenantUnder({ id: 'calls', unit: 'requests', limit: '20' });
    const token = await many.tokenOf(tenant);
    const mark = await many.stack.mark();
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(token, { way })));
    expect([count(answers, 200), count(answers, 429)]).toEqual([20, 30]);
    expect((await many.stack.calls(mark)).filter(({ service }) => service === 'bedrock')).toHaveLength(20);
    expect(await settled(tenant)).toEqual({ calls: 20n });
  });

  test('Q2 50 calls at once never use more tokens than the budget has', async () => {
    const tenant = await tenantUnder({ id: 'tokens', limit: '300' });
    const token = await many.tokenOf(tenant);
    const answers = await Promise.all(Array.from({ length: 50 }, () => call(token, { way, maxTokens: 20 })));
    const passed = count(answers, 200);
    expect(passed).toBeGreaterThan(0);
    expect(passed + count(answers, 429)).toBe(50);
    const { tokens = 0n } = await settled(tenant);
    // Three words in, four out.
    expect(tokens).toBe(BigInt(7 * passed));
    expect(tokens).toBeLessThanOrEqual(300n);
  });

  test('Q1 a budget of nothing refuses the first call, and no model hears of it', async () => {
    const tenant = await tenantUnder({ id: 'none', limit: '0', period: 'day' });
    const mark = await many.stack.mark();
    const answer = await call(await many.tokenOf(tenant), { way });
    expect(answer.status).toBe(429);
    expect(await many.stack.upstream(mark)).toEqual([]);
    expect(answer.text).toContain('The budget none is used up; it is reset at ');
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(24 * 60 * 60);
    expect(answer.headers.get('ratelimit-policy')).toBe('"none";q=0;qu="tokens";w=86400');
    expect(answer.headers.get('ratelimit')).toBe(`"none";r=0;t=${seconds}`);
  });

  test('tells what is left, and warns of a soft budget that is used beyond its limit', async () => {
    const tenant = await tenantUnder(
      { id: 'rate', unit: 'requests', limit: '1000', period: 'minute' },
      { id: 'soft', unit: 'requests', limit: '2', enforcement: 'soft' },
    );
    const token = await many.tokenOf(tenant);
    const first = await call(token, { way });
    expect(first.headers.get('ratelimit-policy')).toMatch(/^"rate";q=1000;w=60, "soft";q=2;w=\d+$/);
    expect(first.headers.get('x-ratelimit-limit-requests')).toBe('1000');
    expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('999');
    expect(first.headers.get('x-ratelimit-reset-requests')).toMatch(/^\d{1,2}s$/);
    expect(first.headers.get('x-tollgate-budget-warning')).toBeNull();
    await call(token, { way });
    const third = await call(token, { way });
    expect(third.status).toBe(200);
    expect(third.headers.get('x-tollgate-budget-warning')).toBe('soft; used=150; unit=percent');
    expect(third.headers.get('ratelimit')).toMatch(/"soft";r=0;t=\d+$/);
  });
});

test('every path counts in the same counters', async () => {
  const tenant = await tenantUnder({ id: 'tokens' }, { id: 'calls', unit: 'requests' });
  const token = await many.tokenOf(tenant);
  for (const way of WAYS) expect((await call(token, { way })).status).toBe(200);
  expect(await settled(tenant)).toEqual({ tokens: 42n, calls: 6n });
});

test('each principal has a counter of its own, and each model', async () => {
  const tenant = await tenantUnder(
    { id: 'each', per: 'principal', unit: 'requests', limit: '2' },
    { id: 'model', per: 'model', unit: 'requests', limit: '3' },
    { id: 'llama', per: 'model', only: 'llama-3-3-70b', unit: 'requests', limit: '1' },
  );
  const [anna, ben] = [await many.tokenOf(tenant, 'anna'), await many.tokenOf(tenant, 'ben')];
  const status = async (token: string, model: string) => (await call(token, { model })).status;
  expect([await status(anna, 'nova-lite'), await status(anna, 'nova-lite')]).toEqual([200, 200]);
  expect(await status(anna, 'nova-lite')).toBe(429);
  expect([await status(ben, 'llama-3-3-70b'), await status(ben, 'llama-3-3-70b')]).toEqual([200, 429]);
  expect(await status(ben, 'nova-lite')).toBe(200);
  expect(await settled(tenant)).toEqual({
    'each anna': 2n,
    'each ben': 2n,
    'model nova-lite': 3n,
    'model llama-3-3-70b': 1n,
    'llama llama-3-3-70b': 1n,
  });
});

test('a hard budget in dollars counts exactly what the call costs, and shortens the answer that it has no more for', async () => {
  const [nova] = [...(await createItems({ client, table: 'tollgate-registry' }).partition('MODEL#nova-lite'))];
  const prices = (nova?.document.prices ?? []) as { usdPerMillion: { input: string; output: string } }[];
  const { input = '', output = '' } = prices.at(-1)?.usdPerMillion ?? {};
  const tenant = await tenantUnder({ id: 'dollars', unit: 'usd', limit: '0.000002' });
  const answer = await call(await many.tokenOf(tenant), { text: 'a b c d e f g h i j' });
  expect(answer.status).toBe(200);
  const { usage, stopReason } = JSON.parse(answer.text) as {
    usage: { inputTokens: number; outputTokens: number };
    stopReason: string;
  };
  expect(stopReason).toBe('max_tokens');
  const cost = Number(input) * usage.inputTokens + Number(output) * usage.outputTokens;
  expect(cost).toBeLessThanOrEqual(2);
  const { dollars = 0n } = await settled(tenant);
  expect(Number(dollars) / 1e12).toBeCloseTo(cost, 9);
});

test('Q6 a model that costs nothing answers under a budget of dollars that is used up, and one of its own limit', async () => {
  const tenant = await tenantUnder(
    { id: 'dollars', unit: 'usd', limit: '0.0000001' },
    { id: 'none', unit: 'usd', period: 'minute', limit: '0' },
    { id: 'calls', unit: 'requests', limit: '1' },
  );
  const free = { from: Date.now() - 1_000, usdPerMillion: { input: '0', output: '0' } };
  await writer.setPrices('llama-3-3-70b', [free]);
  const token = await many.tokenOf(tenant);
  expect((await call(token)).status).toBe(429);
  expect((await call(token, { model: 'llama-3-3-70b' })).status).toBe(200);
  // What it does add, a request, is counted all the same.
  expect((await call(token, { model: 'llama-3-3-70b' })).status).toBe(429);
  expect(await settled(tenant)).toEqual({ dollars: 0n, none: 0n, calls: 1n });
});

test('Q4 a call that failed, was throttled or malformed has used nothing, but what the model rejected was a request', async () => {
  const tenant = await tenantUnder({ id: 'tokens' }, { id: 'calls', unit: 'requests', limit: '2' });
  const token = await many.tokenOf(tenant);
  await many.stack.fault({ service: 'bedrock', times: 1, fault: { status: 429, type: 'ThrottlingException' } });
  const throttled = await call(token);
  expect(throttled.status).toBe(429);
  expect(throttled.headers.get('ratelimit')).toContain('"calls";r=2;');
  expect(await settled(tenant)).toEqual({ tokens: 0n, calls: 0n });
  await many.stack.fault({ service: 'bedrock', times: 1, fault: { status: 500, type: 'InternalServerException' } });
  expect((await call(token)).status).toBe(502);
  expect(await settled(tenant)).toEqual({ tokens: 0n, calls: 0n });
  await many.stack.fault({ service: 'bedrock', times: 1, fault: { status: 400, type: 'ValidationException' } });
  const rejected = await call(token, { way: 'openai stream' });
  expect(rejected.status).toBe(400);
  expect(rejected.headers.get('ratelimit')).toContain('"calls";r=1;');
  expect(await settled(tenant)).toEqual({ tokens: 0n, calls: 1n });
  expect((await call(token)).status).toBe(200);
  expect(await settled(tenant)).toEqual({ tokens: 7n, calls: 2n });
  expect((await call(token)).status).toBe(429);
});

test('nothing that a caller writes hides what a call may use: it is refused, and no model hears of it', async () => {
  const tenant = await tenantUnder({ id: 'tokens', limit: '2000' });
  const token = await many.tokenOf(tenant);
  const words = 'word '.repeat(2_000);
  const said = [{ role: 'user', content: [{ text: 'one' }] }];
  const called = (input: object) => [
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 't', input } }] },
  ];
  const bodies = [
    { messages: [...said, ...called({ id: words }), ...said] },
    { messages: [...said, ...called({ image: words }), ...said] },
    { messages: [...said, ...called({ [words]: 1 }), ...said] },
    { messages: said, additionalModelRequestFields: { max_gen_len: 1 } },
    { messages: said, inferenceConfig: { maxTokens: 0 } },
    { messages: said, inferenceConfig: { maxTokens: -1 } },
    { messages: said, inferenceConfig: { maxTokens: '1' } },
  ];
  const mark = await many.stack.mark();
  const statuses = [];
  for (const body of bodies) {
    const response = await fetch(`${many.stack.gateway}/model/nova-lite/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  expect(statuses).toEqual([429, 429, 429, 400, 400, 400, 400]);
  expect(await many.stack.upstream(mark)).toEqual([]);
  expect(await settled(tenant)).toEqual({ tokens: 0n });
});

test('a stream whose reader leaves is counted with what it was read on for', async () => {
  const tenant = await tenantUnder({ id: 'tokens' });
  const token = await many.tokenOf(tenant);
  const controller = new AbortController();
  const response = await fetch(`${many.stack.gateway}/model/nova-lite/converse-stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(converse('one two three four')),
    signal: controller.signal,
  });
  await response.body?.getReader().read();
  controller.abort();
  expect(await settled(tenant)).toEqual({ tokens: 9n });
});

const writes = async (mark: number): Promise<string[]> =>
  (await many.stack.calls(mark))
    .filter(({ resources }) => resources.some((arn) => arn.endsWith('table/tollgate-counters')))
    .map(({ operation }) => operation);

test('a tenant without a budget asks the counters nothing; one with budgets writes once before and once after', async () => {
  const [free, bound] = [await tenantUnder(), await tenantUnder({ id: 'a' }, { id: 'b', unit: 'requests' })];
  const tokens = { free: await many.tokenOf(free), bound: await many.tokenOf(bound) };
  // What is counted of new sessions is told aside.
  for (const way of WAYS) await Promise.all([call(tokens.free, { way }), call(tokens.bound, { way })]);
  await settled(bound);
  for (const way of WAYS) {
    const mark = await many.stack.mark();
    expect((await call(tokens.free, { way })).headers.get('ratelimit')).toBeNull();
    expect(await writes(mark)).toEqual([]);
    await call(tokens.bound, { way });
    await settled(bound);
    const asked = (await writes(mark)).filter((operation) => operation !== 'Query');
    expect(asked).toEqual(['UpdateItem', 'UpdateItem']);
  }
});

test('no call waits for the counters of what all tenants share, and none is refused because they cannot be asked', async () => {
  const token = await many.tokenOf(await tenantUnder());
  await many.stack.fault({ service: 'dynamodb', operation: 'UpdateItem', fault: { hang: true } });
  const began = Date.now();
  for (const way of WAYS) expect((await call(token, { way })).status).toBe(200);
  expect(Date.now() - began).toBeLessThan(COUNTERS_ATTEMPT_MS);
});

test('where the counters cannot be asked, a hard budget refuses and a soft one lets pass', async () => {
  const [hard, soft] = [await tenantUnder({ id: 'h' }), await tenantUnder({ id: 's', enforcement: 'soft' })];
  const tokens = { hard: await many.tokenOf(hard), soft: await many.tokenOf(soft) };
  await many.stack.fault({
    service: 'dynamodb',
    operation: 'UpdateItem',
    fault: { status: 500, type: 'InternalServerError' },
  });
  const mark = await many.stack.mark();
  const refused = await call(tokens.hard);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('2');
  expect(await many.stack.upstream(mark)).toEqual([]);
  expect((await call(tokens.soft)).status).toBe(200);
  await many.stack.clearFaults();
  expect((await call(tokens.hard)).status).toBe(200);
  expect(await settled(hard)).toEqual({ h: 7n });
});

test.each([{ hang: true }, { reset: true }, { status: 500, type: 'InternalServerError' }])(
  'a write that fails once (%j) is repeated, and the call counts once',
  async (fault) => {
    const tenant = await tenantUnder({ id: 't', limit: '30' });
    const token = await many.tokenOf(tenant);
    // The session is counted aside, and is there from now on.
    await call(token);
    await settled(tenant);
    for (const total of [14n, 21n]) {
      await many.stack.fault({ service: 'dynamodb', operation: 'UpdateItem', times: 1, fault });
      expect((await call(token)).status).toBe(200);
      expect(await settled(tenant)).toEqual({ t: total });
    }
  },
);

const events = async (tenant: string): Promise<EventRecord[]> => {
  const all = (await (await fetch(`${many.stack.aws}/_local/events`)).json()) as EventRecord[];
  return all.filter(({ detail }) => (detail as { tenant: string }).tenant === tenant);
};

test('80 % and 100 % are told once each, though the calls that cross them end at once', async () => {
  const tenant = await tenantUnder({ id: 'calls', unit: 'requests', limit: '40' });
  const token = await many.tokenOf(tenant);
  await Promise.all(Array.from({ length: 30 }, () => call(token)));
  await settled(tenant);
  expect(await events(tenant)).toEqual([]);
  await Promise.all(Array.from({ length: 20 }, () => call(token)));
  await settled(tenant);
  // Those that a busy machine refused for another reason than the budget.
  while ((await call(token)).status !== 429);
  await settled(tenant);
  const thresholds = async () =>
    (await events(tenant)).map(({ detail }) => (detail as { threshold: number }).threshold).sort((a, b) => a - b);
  await expect.poll(thresholds, { timeout: 20_000 }).toEqual([80, 100]);
  expect((await events(tenant))[0]).toMatchObject({
    bus: 'default',
    source: 'tollgate',
    detailType: 'Budget Threshold Reached',
    detail: { tenant, budget: 'calls', per: 'tenant', period: 'month', unit: 'requests', limit: '40' },
  });
});

test('a budget may refuse rather than shorten, and says which estimate had no room', async () => {
  const whole = { id: 'whole', limit: '2000', atLimit: 'refuse' } as const;
  const token = await many.tokenOf(await tenantUnder(whole));
  const refused = await call(token, { maxTokens: 5_000 });
  expect([refused.status, refused.headers.get('x-tollgate-max-tokens')]).toEqual([429, null]);
  expect(refused.headers.get('x-tollgate-reserved')).toMatch(/^tokens; input=\d+; output=5000$/);
  expect((await call(token, { maxTokens: 100 })).status).toBe(200);
});

describe('a budget that is used up', () => {
  const sdkOf = (token: string) =>
    new BedrockRuntimeClient({
      endpoint: many.stack.gateway,
      region: 'us-east-1',
      token: { token },
      authSchemePreference: ['httpBearerAuth'],
      requestHandler: new NodeHttpHandler(),
    });
  const send = async (token: string) => {
    const sdk = sdkOf(token);
    const input = { modelId: 'nova-lite', messages: [{ role: 'user' as const, content: [{ text: 'x' }] }] };
    const error = await sdk.send(new ConverseCommand(input)).catch((thrown: unknown) => thrown);
    sdk.destroy();
    return error as ServiceQuotaExceededException;
  };

  test('until tomorrow is asked once by the AWS SDK, which raises the class for it, and by OpenAI’s', async () => {
    const token = await many.tokenOf(await tenantUnder({ id: 'day', unit: 'requests', period: 'day', limit: '0' }));
    const error = await send(token);
    expect(error).toBeInstanceOf(ServiceQuotaExceededException);
    expect([error.name, error.$metadata.attempts]).toEqual(['ServiceQuotaExceededException', 1]);
    expect(error.message).toMatch(/budget day/);
    const answer = await call(token);
    expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([429, 'false']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    let asked = 0;
    const counting: typeof fetch = (...more) => {
      asked++;
      return fetch(...more);
    };
    const openai = new OpenAI({ apiKey: token, baseURL: `${many.stack.gateway}/v1`, fetch: counting });
    const completion = openai.chat.completions.create({
      model: 'nova-lite',
      messages: [{ role: 'user', content: 'x' }],
    });
    await expect(completion).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    expect(asked).toBe(1);
  });

  test('until the next minute is one to come back to', async () => {
    const token = await many.tokenOf(await tenantUnder({ id: 'rate', unit: 'requests', period: 'minute', limit: '0' }));
    const { status, headers } = await call(token);
    expect([status, headers.get('x-should-retry')]).toEqual([429, null]);
    expect(headers.get('x-amzn-errortype')).toBe('ThrottlingException');
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
  });
});
