import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Place, Target } from '../../contract/model.ts';
import type { Routing } from '../../contract/routing.ts';
import { COOLING } from '../../metering/budgets/counter-names.ts';
import { type Operator, operatorOf } from './granted.ts';
import { RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/**
 * One model in several regions, as a caller, the calls list and the ledger see it. What is known of a place is known of it
 * whichever entry names it, so each test has a model of AWS's that no other one calls.
 */

const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2'] as const;

let stack: Stack;
let usage: RawUsage;
let operator: Operator;
let token: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0', TOLLGATE_SHARED_HEALTH: '1' } });
  usage = new RawUsage(stack);
  operator = operatorOf(stack);
  token = await stack.token('acme-app');
});

afterEach(() => stack.clearFaults());

afterAll(async () => {
  usage.close();
  operator.close();
  await stack.remove();
});

const foundation = (modelId: string, region: string): string =>
  `arn:aws:bedrock:${region}::foundation-model/${modelId}`;

function single(modelId: string, region: string): Target {
  return { kind: 'bedrock-model', modelId, region, arn: foundation(modelId, region) };
}

function profile(modelId: string, region: string): Target {
  const id = `us.${modelId}`;
  return {
    ...{ kind: 'bedrock-profile', modelId: id, region },
    arn: `arn:aws:bedrock:${region}:111122223333:inference-profile/${id}`,
    modelArns: REGIONS.map((one) => foundation(modelId, one)),
  };
}

const everywhere = (modelId: string): Place[] => REGIONS.map((region) => ({ target: single(modelId, region) }));

let serial = 0;

/** @returns the registry id of a new model in these places, which acme holds */
async function granted(
  targets: Place[],
  { routing, restrictions = {} }: { routing?: Partial<Routing>; restrictions?: object } = {},
): Promise<string> {
  const id = `placed-${++serial}`;
  await operator.putModel({ id, targets, ...(routing && { routing }), lifecycle: { status: 'active' }, prices: [] });
  await operator.grant('acme', id, ['invoke', 'stream'], { restrictions });
  return id;
}

function ask(path: string, body: object): Promise<Response> {
  return fetch(`${stack.gateway}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

const SAID = { messages: [{ role: 'user', content: [{ text: 'one two three' }] }] };
const converse = (model: string) => ask(`/model/${model}/converse`, SAID);
const chat = (model: string, more: object = {}) =>
  ask('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'one two three' }], ...more });
const toldBy = ({ headers }: Response) => [headers.get('x-tollgate-region'), headers.get('x-tollgate-attempts')];

/** Where the models were called since, in order. */
async function modelsCalled(mark: number) {
  return (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
}

/** Places that processes told each other of. */
async function cooling(): Promise<number> {
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  const client = new DynamoDBClient({ endpoint: stack.aws, region: 'us-east-1', credentials });
  const Key = { pk: { S: COOLING.pk }, sk: { S: COOLING.sk } };
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: 'tollgate-counters', Key }));
  client.destroy();
  return Object.values(Item).filter(({ N }) => Number(N) > Date.now()).length;
}

const strike = (region: string, model: string, fault: object, times?: number) =>
  stack.fault({ service: 'bedrock', region, model, fault, ...(times && { times }) });

const BUSY = { status: 429, type: 'ThrottlingException' };

describe('a region that fails a call', () => {
  test('R1 is not seen by its caller, in any format; the ledger has every attempt, and each had a session of its own', async () => {
    const modelId = 'amazon.nova-micro-v1:0';
    const id = await granted(everywhere(modelId));
    await strike('us-east-1', modelId, BUSY);
    const mark = await stack.mark();
    const answers = [await converse(id), await chat(id), await chat(id, { stream: true })];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await Promise.all(answers.map((one) => one.text()))).toEqual(
      answers.map(() => expect.stringContaining('echo:')),
    );
    expect(toldBy(answers[0] as Response)).toEqual(['us-east-2', '2']);
    const calls = await stack.upstream(mark);
    for (const { region, resources, caller } of calls.filter(({ service }) => service === 'bedrock')) {
      expect(resources).toEqual([foundation(modelId, region)]);
      expect(JSON.stringify(caller?.sessionPolicy)).toContain(foundation(modelId, region));
      for (const other of REGIONS)
        if (other !== region) expect(JSON.stringify(caller?.sessionPolicy)).not.toContain(`:${other}:`);
    }
    const lines = await usage.ofCall(answers[0]?.headers.get('x-request-id') ?? '', 2);
    expect(lines.filter(({ phase }) => phase === 'finished')).toMatchObject([
      { outcome: 'retried', code: 'upstream_throttled', region: 'us-east-1', tokens: { input: 0, output: 0 } },
      { outcome: 'ok', region: 'us-east-2', attempt: 2, model: id, nativeModel: modelId },
    ]);
    // A second time nobody assumes a role that was assumed before.
    const warm = await stack.mark();
    for (let i = 0; i < 5; i++) expect((await converse(id)).status).toBe(200);
    expect((await stack.upstream(warm)).filter(({ service }) => service === 'sts')).toEqual([]);
  });

  test('R1 leaves its prefix behind: a cross-region profile is one place’s own name, and no other’s', async () => {
    const modelId = 'amazon.nova-pro-v1:0';
    const id = await granted([
      { target: profile(modelId, 'us-east-1') },
      { target: single(modelId, 'us-west-2') },
      { target: profile(modelId, 'us-east-2') },
    ]);
    for (const region of ['us-east-1', 'us-west-2']) await strike(region, `us.${modelId}`, BUSY);
    await stack.fault({ service: 'bedrock', region: 'us-west-2', fault: BUSY });
    const mark = await stack.mark();
    expect(toldBy(await converse(id))).toEqual(['us-east-2', '3']);
    expect((await modelsCalled(mark)).map(({ region, model }) => [region, model])).toEqual([
      ['us-east-1', `us.${modelId}`],
      ['us-west-2', modelId],
      ['us-east-2', `us.${modelId}`],
    ]);
  });

  test.each([
    ['a request that is wrong', { status: 400, type: 'ValidationException', message: 'Malformed input request' }, 400],
    ['access that is denied', { status: 403, type: 'AccessDeniedException', message: 'not authorized' }, 403],
  ])('R1 but %s is told at once, and its region is as well as before', async (_, fault, status) => {
    const modelId = 'meta.llama3-1-8b-instruct-v1:0';
    const id = await granted(everywhere(modelId));
    await strike('us-east-1', modelId, fault, 1);
    const mark = await stack.mark();
    expect((await converse(id)).status).toBe(status);
    expect(toldBy(await converse(id))).toEqual(['us-east-1', '1']);
    expect((await modelsCalled(mark)).map(({ region }) => region)).toEqual(['us-east-1', 'us-east-1']);
  });

  test('R1 when all regions cool, the one that is ready soonest is tried all the same', async () => {
    const modelId = 'amazon.nova-lite-v1:0';
    const id = await granted(everywhere(modelId), { routing: { cooldownSeconds: 3600 } });
    await stack.fault({ service: 'bedrock', model: modelId, fault: { ...BUSY, headers: { 'retry-after': '300' } } });
    const refused = await chat(id);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '300']);
    expect(toldBy(refused)).toEqual(['us-west-2', '3']);
    // The other processes of the stage are told, too.
    await expect.poll(cooling, { timeout: 15_000 }).toBeGreaterThanOrEqual(3);
    await stack.clearFaults();
    const mark = await stack.mark();
    expect(toldBy(await chat(id))).toEqual(['us-east-1', '1']);
    expect(await modelsCalled(mark)).toHaveLength(1);
  });
});

describe('where data goes', () => {
  test.each([
    ['throttles', BUSY],
    ['fails', { status: 500, type: 'InternalServerException' }],
    ['resets connections', { reset: true }],
    ['refuses streams as they begin', { events: [{ type: 'throttlingException', exception: { message: 'slow' } }] }],
  ])('R1 no attempt leaves a grant’s regions, whatever %s', async (_, fault) => {
    const modelId = 'anthropic.claude-3-5-sonnet-20240620-v1:0';
    const regions = ['us-east-1', 'us-east-2'];
    const places = [...everywhere(modelId), { target: profile(modelId, 'us-east-1') }];
    const id = await granted(places, { restrictions: { regions }, routing: { distribution: 'equal' } });
    await stack.fault({ service: 'bedrock', fault });
    const mark = await stack.mark();
    for (let i = 0; i < 3; i++) await (await chat(id, { stream: i > 0 })).text();
    const calls = await modelsCalled(mark);
    // One for each call, and more where places do not cool from the case before.
    expect(calls.length).toBeGreaterThanOrEqual(3);
    for (const { region, resources, caller } of calls) {
      expect(regions).toContain(region);
      expect(resources).toEqual([foundation(modelId, region)]);
      expect(JSON.stringify(caller?.sessionPolicy)).not.toContain('us-west-2');
    }
    const kept = (await usage.records()).filter(({ model }) => model === id);
    expect(kept.length).toBeGreaterThan(3);
    for (const { region } of kept) expect(regions).toContain(region);
  });
});

describe('data that is to stay in Europe', () => {
  test('goes on there, and nowhere else', async () => {
    const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
    const places = ['us-east-1', 'eu-west-1', 'eu-central-1'].map((region) => ({ target: single(modelId, region) }));
    const id = await granted(places, { restrictions: { regions: ['eu-central-1', 'eu-west-1'] } });
    await strike('eu-west-1', modelId, BUSY);
    const answer = await converse(id);
    expect([answer.status, toldBy(answer)]).toEqual([200, ['eu-central-1', '2']]);
  });
});

describe('under load', () => {
  test('a region that dies costs no caller an error', async () => {
    const modelId = 'openai.gpt-oss-120b-1:0';
    const id = await granted(everywhere(modelId), { routing: { distribution: 'equal' } });
    let sent = 0;
    const statuses: number[] = [];
    const caller = async (): Promise<void> => {
      while (sent++ < 40) {
        if (sent === 12) await strike('us-east-2', modelId, { reset: true });
        if (sent === 26) await strike('us-east-2', modelId, { status: 503, type: 'ServiceUnavailableException' });
        const answer = await chat(id, { stream: sent % 2 === 0 });
        statuses.push(answer.status);
        expect(await answer.text()).toContain('echo');
      }
    };
    await Promise.all(Array.from({ length: 3 }, caller));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const mark = await stack.mark();
    for (let i = 0; i < 10; i++) await chat(id);
    const east2 = (await modelsCalled(mark)).filter(({ region }) => region === 'us-east-2');
    expect(east2.length).toBeLessThan(3);
  });
});

describe('a stream', () => {
  test('that breaks after its first byte ends there, and is not sent again', async () => {
    const modelId = 'anthropic.claude-3-haiku-20240307-v1:0';
    const id = await granted(everywhere(modelId));
    await strike('us-east-1', modelId, { breakAfterEvents: 3 });
    const mark = await stack.mark();
    const answer = await chat(id, { stream: true });
    const text = await answer.text();
    expect([answer.status, toldBy(answer)]).toEqual([200, ['us-east-1', '1']]);
    expect(text).not.toContain('[DONE]');
    expect((await modelsCalled(mark)).map(({ region }) => region)).toEqual(['us-east-1']);
  });
});

describe('time', () => {
  test('an attempt has its own, and the call is answered elsewhere', async () => {
    const modelId = 'openai.gpt-oss-20b-1:0';
    const id = await granted(everywhere(modelId), { routing: { attemptSeconds: 1 } });
    await strike('us-east-1', modelId, { hang: true });
    const answer = await converse(id);
    expect([answer.status, toldBy(answer)]).toEqual([200, ['us-east-2', '2']]);
  });
});

describe('a security reviewer', () => {
  test('is shown a session for each place, under which the others are closed', async () => {
    const id = await granted(everywhere('amazon.nova-lite-v1:0'));
    const { code, stdout } = await stack.cli('policy', 'explain', '--tenant', 'acme', '--model', id);
    expect(code).toBe(0);
    for (const region of REGIONS) expect(stdout).toContain(`SESSION POLICY at ${region} amazon.nova-lite-v1:0`);
    expect(stdout).not.toContain('NOT AS GRANTED');
  });
});

describe('credentials that are handed out', () => {
  test('are for the region that was asked for', async () => {
    const modelId = 'amazon.nova-lite-v1:0';
    const id = await granted(everywhere(modelId));
    await operator.grant('acme', id, ['invoke'], { direct: true });
    const credentials = (query: string) =>
      fetch(`${stack.gateway}/credentials?model=${id}${query}`, { headers: { authorization: `Bearer ${token}` } });
    const mark = await stack.mark();
    expect((await credentials('&region=us-west-2')).status).toBe(200);
    expect((await credentials('')).status).toBe(200);
    const policies = (await stack.upstream(mark)).map(({ request }) => JSON.stringify(request ?? {}));
    expect(policies).toHaveLength(2);
    const elsewhere = await credentials('&region=eu-west-1');
    expect([elsewhere.status, await elsewhere.text()]).toEqual([400, expect.stringContaining('us-east-1, us-east-2')]);
  });
});
