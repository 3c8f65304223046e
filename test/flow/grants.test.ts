import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { METRICS, namespaceOf } from '../../contract/log.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Grants restricted by the command line, called through the gateway by an unmodified SDK, proved by what reached AWS. */

let stack: Stack;
let sdk: BedrockRuntimeClient;
let guardrail: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  sdk = new BedrockRuntimeClient({
    endpoint: stack.gateway,
    region: 'us-east-1',
    token: { token: await stack.token('acme-app') },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  const { stdout } = await stack.cli('model', 'show', 'claude-sonnet-4-5', '--format', 'json');
  const account = /us-east-1:(\d{12}):/.exec(stdout)?.[1];
  guardrail = `arn:aws:bedrock:us-east-1:${account}:guardrail/demo`;
});

afterAll(async () => {
  sdk.destroy();
  await stack.remove();
});

const MESSAGES = [{ role: 'user' as const, content: [{ text: 'one two three four five' }] }];
const converse = (more: object = {}, modelId = 'nova-lite') =>
  sdk.send(new ConverseCommand({ modelId, messages: MESSAGES, ...more }));

async function grant(...args: string[]): Promise<void> {
  const { code, stderr } = await stack.cli('grant', 'acme', ...args, '--yes');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** What an earlier grant said is kept by the next one: here nothing of it is. */
async function grantAnew(model: string): Promise<void> {
  expect(await stack.cli('grant', 'revoke', 'acme', model)).toMatchObject({ code: 0 });
  await grant(model);
}

/** What reached the models meanwhile. */
async function bedrockDuring(work: () => Promise<unknown>) {
  const mark = await stack.mark();
  await work();
  return (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
}

describe('P10 a guardrail on the grant', () => {
  beforeAll(() => grant('nova-lite', '--guardrail', `${guardrail}:1`, '--max-tokens', '3'));
  afterAll(() => grant('nova-lite', '--no-guardrail', '--no-max-tokens'));

  test('is on every call of an SDK that knows nothing of it, and in the session it runs under', async () => {
    const calls = await bedrockDuring(async () => {
      await converse();
      const body = JSON.stringify({ messages: MESSAGES });
      await sdk.send(new InvokeModelCommand({ modelId: 'nova-lite', body, contentType: 'application/json' }));
      const bearer = await stack.token('acme-app');
      const response = await fetch(`${stack.gateway}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] }),
      });
      expect(response.status).toBe(200);
    });
    expect(calls.map(({ operation }) => operation)).toEqual(['Converse', 'InvokeModel', 'Converse']);
    for (const { resources, decision, caller } of calls) {
      expect([decision, resources.at(-1)]).toEqual(['allowed', guardrail]);
      expect(JSON.stringify(caller?.sessionPolicy)).toContain(`"bedrock:GuardrailIdentifier":"${guardrail}:1"`);
    }
  });

  test('T6 another one is refused before anything is assumed', async () => {
    const other = { guardrailConfig: { guardrailIdentifier: 'other', guardrailVersion: '1' } };
    const mark = await stack.mark();
    await expect(converse(other)).rejects.toMatchObject({ name: 'ValidationException' });
    expect(await stack.upstream(mark)).toEqual([]);
    const own = { guardrailConfig: { guardrailIdentifier: guardrail, guardrailVersion: '1' } };
    expect((await converse(own)).$metadata.httpStatusCode).toBe(200);
  });

  test('and a cap beside it holds for who asks for more, and for who names no limit', async () => {
    for (const inferenceConfig of [undefined, {}, { maxTokens: 4_000 }]) {
      const { stopReason, usage } = await converse({ inferenceConfig });
      expect([stopReason, usage?.outputTokens]).toEqual(['max_tokens', 3]);
    }
    expect((await converse({ inferenceConfig: { maxTokens: 2 } })).usage?.outputTokens).toBe(2);
  });
});

describe('P10 the guardrail of a grant, applied by itself', () => {
  const apply = (text: string, more: object = {}) =>
    sdk.send(
      new ApplyGuardrailCommand({
        guardrailIdentifier: 'demo',
        guardrailVersion: '1',
        source: 'INPUT',
        content: [{ text: { text } }],
        ...more,
      }),
    );
  const DENIED = {
    name: 'AccessDeniedException',
    message: expect.stringContaining('does not exist or is not granted'),
  };

  test('is refused as what does not exist while no grant demands it', async () => {
    const mark = await stack.mark();
    await expect(apply('hi')).rejects.toMatchObject(DENIED);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('is answered, under a session that may apply this one and nothing else', async () => {
    await grant('nova-lite', '--guardrail', `${guardrail}:1`, '--expires', '2099-01-01T00:00:00Z');
    const calls = await bedrockDuring(async () => {
      expect(await apply('hi')).toMatchObject({ action: 'NONE', outputs: [], usage: { wordPolicyUnits: 1 } });
      expect(await apply('a [[blocked]] word', { guardrailIdentifier: guardrail })).toMatchObject({
        action: 'GUARDRAIL_INTERVENED',
        outputs: [{ text: 'blocked by the guardrail' }],
      });
    });
    expect(calls.map(({ operation, resources }) => [operation, resources])).toEqual(
      Array(2).fill(['ApplyGuardrail', [guardrail]]),
    );
    for (const { caller } of calls)
      expect(caller?.sessionPolicy).toHaveProperty('Statement', [
        {
          Effect: 'Allow',
          Action: ['bedrock:ApplyGuardrail'],
          Resource: [guardrail],
          Condition: { DateLessThan: { 'aws:CurrentTime': '2099-01-01T00:00:00Z' } },
        },
      ]);
  });

  test('T6 another one, another version and another tenant are refused alike', async () => {
    const mark = await stack.mark();
    await expect(apply('hi', { guardrailVersion: 'DRAFT' })).rejects.toMatchObject(DENIED);
    await expect(apply('hi', { guardrailIdentifier: 'other' })).rejects.toMatchObject(DENIED);
    const body = JSON.stringify({ source: 'INPUT', content: [{ text: { text: 'hi' } }] });
    const headers = { authorization: `Bearer ${await stack.token('globex-app')}`, 'content-type': 'application/json' };
    const path = `${stack.gateway}/guardrail/demo/version/1/apply`;
    expect((await fetch(path, { method: 'POST', headers, body })).status).toBe(403);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('says what it found, by ARN, only where the grant shows traces', async () => {
    expect((await apply('a [[blocked]] word')).assessments).toEqual([]);
    const whole = apply('hi', { outputScope: 'FULL' });
    await expect(whole).rejects.toMatchObject({ message: expect.stringContaining('outputScope') });
    await grant('nova-lite', '--trace');
    const { assessments } = await apply('a [[blocked]] word', { outputScope: 'FULL' });
    expect(assessments).toMatchObject([{ appliedGuardrailDetails: { guardrailArn: guardrail } }]);
  });

  test('is on no bill as a call of its model, and is a request of a budget', async () => {
    await stack.setBudget('acme', 'few', 2, '--unit', 'requests', '--period', 'day');
    await apply('hi');
    await apply('hi');
    await expect(apply('hi')).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
    expect(await stack.cli('budget', 'remove', 'acme', 'few')).toMatchObject({ code: 0 });
    await grantAnew('nova-lite');
    await expect(apply('hi')).rejects.toMatchObject(DENIED);
  });
});

describe('tiers on the grant', () => {
  afterAll(() => grant('nova-lite', '--no-tiers'));
  const chat = async (service_tier: string) => {
    const headers = { authorization: `Bearer ${await stack.token('acme-app')}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: 'nova-lite', service_tier, messages: [{ role: 'user', content: 'hi' }] });
    return (await fetch(`${stack.gateway}/v1/chat/completions`, { method: 'POST', headers, body })).status;
  };
  const invoke = (serviceTier?: 'flex' | 'priority') => {
    const body = JSON.stringify({ messages: MESSAGES });
    return sdk.send(
      new InvokeModelCommand({ modelId: 'nova-lite', body, contentType: 'application/json', serviceTier }),
    );
  };

  test('a call of another one is refused on every path, and IAM would refuse it', async () => {
    await grant('nova-lite', '--tiers', 'flex,default');
    const mark = await stack.mark();
    const refused = { name: 'ValidationException', message: expect.stringContaining('must be one of default, flex') };
    await expect(converse({ serviceTier: { type: 'priority' } })).rejects.toMatchObject(refused);
    await expect(invoke('priority')).rejects.toMatchObject(refused);
    expect(await chat('priority')).toBe(400);
    expect(await stack.upstream(mark)).toEqual([]);
    const calls = await bedrockDuring(async () => {
      await converse();
      await converse({ serviceTier: { type: 'flex' } });
      await invoke('flex');
      expect([await chat('flex'), await chat('auto')]).toEqual([200, 200]);
    });
    expect(calls.map(({ decision }) => decision)).toEqual(Array(5).fill('allowed'));
    const tiers = '"StringEqualsIfExists":{"bedrock:ServiceTier":["default","flex"]}';
    for (const { caller } of calls) expect(JSON.stringify(caller?.sessionPolicy)).toContain(tiers);
  });

  test('without the default one a call has to name its tier', async () => {
    await grant('nova-lite', '--tiers', 'flex');
    await expect(converse()).rejects.toMatchObject({ message: expect.stringContaining('names none is of default') });
    expect((await converse({ serviceTier: { type: 'flex' } })).$metadata.httpStatusCode).toBe(200);
    expect([await chat('auto'), await chat('flex')]).toEqual([400, 200]);
    const { stdout } = await stack.cli(
      ...['policy', 'explain', '--tenant', 'acme', '--model', 'nova-lite', '--format', 'json'],
    );
    const { session } = JSON.parse(stdout) as {
      session: { heldBy: object; simulated: { action: string; way: string; expected: boolean; allowed: boolean }[] };
    };
    expect(session.heldBy).toEqual({ tiers: 'our code and IAM' });
    for (const { expected, allowed } of session.simulated) expect(allowed).toBe(expected);
    const others = session.simulated.filter(({ way }) => way === 'other-tier');
    expect(new Set(others.map(({ action }) => action))).toEqual(new Set(['invoke', 'stream', 'rerank']));
    expect(others.filter(({ allowed }) => allowed)).toEqual([]);
  });

  test('are not for an endpoint', async () => {
    const { code, stderr } = await stack.cli('grant', 'acme', 'mixtral-8x7b', '--tiers', 'flex');
    expect([code, stderr]).toEqual([1, 'tollgate: The registry item is not valid: tiers: no tiers here.\n']);
  });
});

describe('a guardrail’s trace', () => {
  const found = {
    guardrail: { inputAssessment: { demo: { guardrailArn: 'arn:aws:bedrock:us-east-1:111122223333:x' } } },
  };
  const post = async (operation: string, body: object) => {
    const headers = { authorization: `Bearer ${await stack.token('acme-app')}`, 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify({ messages: MESSAGES, ...body }) };
    const response = await fetch(`${stack.gateway}/model/nova-lite/${operation}`, request);
    return { status: response.status, text: await response.text() };
  };
  const scripted = async () => {
    const rule = { service: 'bedrock', model: 'amazon.nova-lite-v1:0', times: 1 };
    const body = { output: { message: { role: 'assistant', content: [{ text: 'hi' }] } }, trace: found };
    await stack.fault({ ...rule, operation: 'Converse', fault: { body } });
    const whole = await post('converse', {});
    const events = [
      { type: 'messageStop', payload: { stopReason: 'end_turn' } },
      { type: 'metadata', payload: { usage: { inputTokens: 1, outputTokens: 1 }, trace: found } },
    ];
    await stack.fault({ ...rule, operation: 'ConverseStream', fault: { events } });
    const stream = await post('converse-stream', {});
    await stack.clearFaults();
    return [whole, stream];
  };

  test('is shown where the grant says so, and else neither asked for nor passed on', async () => {
    const asked = () =>
      post('converse', { guardrailConfig: { guardrailIdentifier: 'demo', guardrailVersion: '1', trace: 'enabled' } });
    await grant('nova-lite', '--guardrail', `${guardrail}:1`);
    expect(await asked()).toMatchObject({ status: 400, text: expect.stringContaining('guardrailConfig.trace') });
    for (const { status, text } of await scripted()) {
      expect(status).toBe(200);
      expect(text).not.toContain('guardrailArn');
    }
    await grant('nova-lite', '--trace');
    expect((await asked()).status).toBe(200);
    for (const { text } of await scripted()) expect(text).toContain('guardrailArn');
    await grantAnew('nova-lite');
  });
});

describe('R1 regions on the grant', () => {
  test('a profile that may leave them is refused when the grant is written', async () => {
    const { code, stderr } = await stack.cli('grant', 'acme', 'claude-sonnet-4-5', '--regions', 'us-east-1,us-east-2');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'tollgate: The registry item is not valid: regions: outside residency.\n',
    });
  });

  test('no call runs outside of them', async () => {
    await grant('claude-sonnet-4-5', '--regions', 'us-east-1,us-east-2,us-west-2');
    const calls = await bedrockDuring(async () => {
      for (let i = 0; i < 6; i++) await converse({}, 'claude-sonnet-4-5');
    });
    const regions = new Set(calls.flatMap(({ resources }) => resources.map((arn) => arn.split(':')[3])));
    expect([...regions].sort()).toEqual(['us-east-1', 'us-east-2', 'us-west-2']);
  });
});

describe('who and until when', () => {
  test('roles: a token without one is told that there is no such model, and does not see it', async () => {
    await grant('nova-lite', '--roles', 'writer');
    await expect(converse()).rejects.toMatchObject({ name: 'AccessDeniedException' });
    const headers = { authorization: `Bearer ${await stack.token('acme-app')}` };
    const { data } = (await (await fetch(`${stack.gateway}/v1/models`, { headers })).json()) as {
      data: { id: string }[];
    };
    expect(data.map(({ id }) => id)).not.toContain('nova-lite');
    await grant('nova-lite', '--no-roles');
    expect((await converse()).$metadata.httpStatusCode).toBe(200);
  });

  test('an expiry is in the session policy, and the grant is none from that moment on', async () => {
    // Time enough for a command and a call on a busy machine.
    const second = Math.ceil(Date.now() / 1000) + 5;
    const at = new Date(second * 1000).toISOString().replace('.000Z', 'Z');
    await grant('nova-lite', '--expires', at);
    const [call] = await bedrockDuring(() => converse());
    expect(JSON.stringify(call?.caller?.sessionPolicy)).toContain(`"DateLessThan":{"aws:CurrentTime":"${at}"}`);
    const outcome = () =>
      converse().then(
        () => 'answered',
        (error: Error) => error.name,
      );
    await expect.poll(outcome, { timeout: 15_000, interval: 100 }).toBe('AccessDeniedException');
    expect(Date.now()).toBeGreaterThanOrEqual(second * 1000);
    await grant('nova-lite', '--no-expires');
  });
});

describe('what is granted by a bundle, to one caller, and until the tenant leaves', () => {
  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await stack.cli(...args);
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const call = async (model: string) => {
    const response = await fetch(`${stack.gateway}/model/${model}/converse`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await stack.token('globex-app')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: MESSAGES }),
    });
    const { usage } = (await response.json()) as { usage?: { outputTokens: number } };
    return usage === undefined ? response.status : usage.outputTokens;
  };

  test('one edit of a bundle reaches whoever holds it', async () => {
    await run('bundle', 'put', 'standard', 'nova-lite');
    await run('grant', 'globex', '--bundle', 'standard', '--max-tokens', '2');
    expect(await call('claude-sonnet-4-5')).toBe(403);
    await run('bundle', 'add', 'standard', 'claude-sonnet-4-5');
    expect(await call('claude-sonnet-4-5')).toBe(2);
    // Held by its name as well, and that grant has no cap.
    expect(await call('nova-lite')).toBeGreaterThan(3);
    await run('bundle', 'drop', 'standard', 'claude-sonnet-4-5');
    expect(await call('claude-sonnet-4-5')).toBe(403);
  });

  test('a term for one caller is that caller’s alone', async () => {
    await run('grant', 'globex', 'nova-lite', '--for', 'principal:somebody', '--max-tokens', '1');
    expect(await call('nova-lite')).toBeGreaterThan(3);
    await run('grant', 'globex', 'nova-lite', '--for', 'principal:globex-app', '--max-tokens', '3');
    expect(await call('nova-lite')).toBe(3);
  });

  test('off-boarding ends all of it, and its undo brings all of it back', async () => {
    const { plan } = JSON.parse(await run('tenant', 'offboard', 'globex', '--yes', '--format', 'json'));
    expect(await call('nova-lite')).toBe(403);
    expect(await run('grant', 'list', 'globex', '-q')).toBe('');
    await run('undo', plan, '--yes');
    expect(await call('nova-lite')).toBe(3);
  });
});

describe('what a guardrail did', () => {
  const words = (match: string) => ({ wordPolicy: { customWords: [{ match, action: 'BLOCKED' }] } });
  const trace = { guardrail: { inputAssessment: { demo: words('[[blocked]]') } } };
  const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
  const message = { role: 'assistant', content: [{ text: 'blocked' }] };
  const said = { output: { message }, stopReason: 'guardrail_intervened', usage, metrics: { latencyMs: 1 }, trace };
  const event = (type: string, payload: object) => ({ type, payload });
  const spoken = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'blocked' } });
  const stopped = event('messageStop', { stopReason: 'guardrail_intervened' });
  const claude = {
    ...{ id: 'm', type: 'message', role: 'assistant', model: 'c', content: [{ type: 'text', text: 'blocked' }] },
    ...{ stop_reason: 'end_turn', stop_sequence: null, usage: { input_tokens: 3, output_tokens: 2 } },
    ...{ 'amazon-bedrock-guardrailAction': 'INTERVENED', 'amazon-bedrock-trace': trace },
  };
  const begun = {
    type: 'message_start',
    message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 3 } },
  };
  const ended = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } };
  const over = { type: 'message_stop', ...{ 'amazon-bedrock-guardrailAction': 'INTERVENED' } };
  const chunks = [begun, ended, { ...over, 'amazon-bedrock-trace': trace }].map((one) => event('chunk', one));
  const converse = { messages: MESSAGES };
  const talk = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 9 };
  const SONNET = 'claude-sonnet-4-5';
  let raw: RawUsage;
  let authorization: string;

  const post = async (path: string, body: object): Promise<{ text: string; headers: Headers }> => {
    const headers = { authorization, 'content-type': 'application/json' };
    const response = await fetch(`${stack.gateway}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(response.status).toBe(200);
    return { text: await response.text(), headers: response.headers };
  };
  const recordOf = async (headers: Headers) => finishedOf(await raw.ofCall(headers.get('x-request-id') ?? ''))[0];

  beforeAll(async () => {
    raw = new RawUsage(stack);
    authorization = `Bearer ${await stack.token('acme-app')}`;
    for (const model of ['nova-lite', SONNET]) await grant(model, '--guardrail', `${guardrail}:1`);
  });
  afterEach(() => stack.clearFaults());
  afterAll(async () => {
    for (const model of ['nova-lite', SONNET]) await grantAnew(model);
    raw.close();
  });

  test.each<[string, string, object, object]>([
    ['Converse', '/model/nova-lite/converse', converse, { body: said }],
    [
      'ConverseStream',
      '/model/nova-lite/converse-stream',
      converse,
      { events: [spoken, stopped, event('metadata', { usage, metrics: { latencyMs: 1 }, trace })] },
    ],
    ['InvokeModel', `/model/${SONNET}/invoke`, talk, { body: claude }],
    ['InvokeModel’s stream', `/model/${SONNET}/invoke-with-response-stream`, talk, { events: chunks }],
    ['OpenAI’s chat', '/v1/chat/completions', { ...talk, model: 'nova-lite' }, { body: said }],
    ['Anthropic’s messages', '/v1/messages', { ...talk, model: SONNET }, { body: claude }],
    ['Anthropic’s stream', '/v1/messages', { ...talk, model: SONNET, stream: true }, { events: chunks }],
  ])('is on the record by its policy, and its trace in no answer: %s', async (_, path, body, fault) => {
    const native = path.startsWith('/model/');
    await stack.fault({ service: 'bedrock', fault });
    const { text, headers } = await post(
      path,
      native && body === talk ? { anthropic_version: 'bedrock-2023-05-31', ...body } : body,
    );
    expect(await recordOf(headers)).toMatchObject({ stop: 'guardrail', guardrail: 'word' });
    expect(headers.get('x-tollgate-guardrail-trace')).toBe('enabled; by=gateway');
    expect(text).toContain('message');
    for (const part of [
      text,
      ...(text.match(/[\w+/=]{40,}/g) ?? []).map((found) => Buffer.from(found, 'base64').toString()),
    ])
      expect(part).not.toContain('wordPolicy');
  });

  test('applied by itself is on the record too, and no answer has ended', async () => {
    const content = [{ text: { text: 'a [[blocked]] word' } }];
    const { headers } = await post('/guardrail/demo/version/1/apply', { source: 'INPUT', content });
    const record = await recordOf(headers);
    expect(record).toMatchObject({ outcome: 'counted', guardrail: 'word' });
    expect(record).not.toHaveProperty('stop');
  });

  test('why an answer ended is on every record, and no trace is asked for where there is no guardrail', async () => {
    const { headers } = await post('/model/nova-lite/converse', converse);
    expect(await recordOf(headers)).toMatchObject({ stop: 'end' });
    const embedded = await post('/model/titan-embed-v2/invoke', { inputText: 'hi' });
    const record = await recordOf(embedded.headers);
    expect(record).not.toHaveProperty('stop');
    expect(embedded.headers.get('x-tollgate-guardrail-trace')).toBeNull();
  });

  test('is in the ledger by tenant, and a metric by policy and by tenant and policy', async () => {
    expect(await stack.cli('meter', 'run')).toMatchObject({ code: 0 });
    const { stdout } = await stack.cli('report', '--by', 'tenant', '--tenant', 'acme', '--format', 'json');
    // Those above, and one that a guardrail alone was asked about.
    const found = finishedOf(await raw.records()).filter((record) => record.guardrail === 'word').length;
    expect(found).toBeGreaterThanOrEqual(8);
    expect(JSON.parse(stdout)).toMatchObject([
      { tenant_id: 'acme', stop_guardrail: 7, guardrail_word: found, guardrail_topic: 0 },
    ]);
    const client = new CloudWatchClient({
      ...{ endpoint: stack.aws, region: 'us-east-1' },
      credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
    });
    const sum = async (...Dimensions: { Name: string; Value: string }[]) => {
      const Metric = { Namespace: namespaceOf('local'), MetricName: METRICS.interventions, Dimensions };
      const { MetricDataResults } = await client.send(
        new GetMetricDataCommand({
          StartTime: new Date(Date.now() - 3_600_000),
          EndTime: new Date(Date.now() + 60_000),
          MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: 86_400, Stat: 'Sum' } }],
        }),
      );
      return (MetricDataResults?.[0]?.Values ?? []).reduce((total, one) => total + one, 0);
    };
    const [tenant, policy] = [
      { Name: 'Tenant', Value: 'acme' },
      { Name: 'Policy', Value: 'word' },
    ];
    expect([await sum(policy), await sum(tenant, policy), await sum(), await sum(tenant)]).toEqual([
      found,
      found,
      0,
      0,
    ]);
    client.destroy();
  });
});
