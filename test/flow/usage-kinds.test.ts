import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MONITORED_ANSWERS } from '../../contract/limits/monitor.ts';
import { METRICS, namespaceOf } from '../../contract/log.ts';
import type { CallRecord } from '../../local/aws/calls.ts';
import { tellDrift, type Version } from '../../metering/monitor/monitor.ts';
import { anthropicCaching } from './caching.ts';
import { grantModels, ofBedrock } from './granted.ts';
import { finishedOf, RawUsage, tokensOf } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Every way in which a call uses something or ends, over HTTP, and what the ledger's lines say of it. */

const MADE_HERE = {
  'nova-canvas': 'amazon.nova-canvas-v1:0',
  'gpt-oss': 'openai.gpt-oss-20b-1:0',
  'cohere-embed': 'cohere.embed-english-v3',
};

let stack: Stack;
let raw: RawUsage;
let token: string;

beforeAll(async () => {
  stack = await Stack.start();
  raw = new RawUsage(stack);
  await grantModels(stack, Object.entries(MADE_HERE).map(ofBedrock));
  token = await stack.token('acme-app');
});

afterEach(() => stack.clearFaults());

afterAll(async () => {
  raw.close();
  await stack.remove();
});

const SONNET = 'claude-sonnet-4-5';

function post(model: string, operation: string, body: object, more: RequestInit = {}): Promise<Response> {
  return fetch(`${stack.gateway}/model/${model}/${operation}`, {
    method: 'POST',
    ...more,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more.headers },
    body: JSON.stringify(body),
  });
}

async function answered(response: Response): Promise<string> {
  await response.arrayBuffer();
  return response.headers.get('x-request-id') ?? '';
}

const say = (text: string, more: object = {}) => ({ messages: [{ role: 'user', content: [{ text }] }], ...more });

/** What reached the model since `mark`, each with the lines of the attempt that AWS's request id leads to. */
async function upstream(mark: number): Promise<CallRecord[]> {
  return (await stack.calls(mark)).filter(({ service }) => service === 'bedrock');
}

/** One call that went well: its one attempt, and that it says what the model counted. */
async function settled(mark: number, response: Response) {
  expect(response.status).toBe(200);
  const lines = await raw.ofCall(await answered(response));
  expect(lines.map(({ phase }) => phase)).toEqual(['started', 'finished']);
  const [finished] = finishedOf(lines);
  const [call, ...others] = await upstream(mark);
  expect(others).toEqual([]);
  expect(finished).toMatchObject({ outcome: 'ok', code: '', estimated: false, awsRequestId: call?.requestId });
  expect(finished?.tokens).toEqual(call?.usage && tokensOf(call.usage));
  return finished;
}

describe('M1: every kind is in the ledger as the model counted it', () => {
  const system = (id: string) => [
    { text: `four words of ${id}` },
    { cachePoint: { type: 'default', ttl: '1h' } },
    { text: 'two more' },
    { cachePoint: { type: 'default' } },
  ];
  const written = { input: 2, output: 3, cacheRead: 0, cacheWrite: 2, cacheWrite1h: 4 };

  test.each([
    ['converse', say('and now', { system: system('converse') })],
    ['converse-stream', say('and now', { system: system('converse-stream') })],
    ['invoke', anthropicCaching('invoke')],
    ['invoke-with-response-stream', anthropicCaching('invoke-with-response-stream')],
  ])('written to the cache for an hour and for five minutes, then read: %s', async (operation, body) => {
    let mark = await stack.mark();
    expect((await settled(mark, await post(SONNET, operation, body)))?.tokens).toEqual(written);
    mark = await stack.mark();
    const again = await settled(mark, await post(SONNET, operation, body));
    expect(again?.tokens).toEqual({ input: 2, output: 3, cacheRead: 6, cacheWrite: 0 });
  });

  const think = { messages: [{ role: 'user', content: '[[reasoning]] why' }] };
  const paint = { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'a cat' } };

  test.each([
    ['reasoning', 'gpt-oss', 'invoke', think, { output: 8, reasoning: 5 }],
    ['reasoning, streamed', 'gpt-oss', 'invoke-with-response-stream', think, { output: 8, reasoning: 5 }],
    [
      'images',
      'nova-canvas',
      'invoke',
      { ...paint, imageGenerationConfig: { numberOfImages: 2 } },
      { input: 0, output: 0, images: 2 },
    ],
    ['a vector of Titan', 'titan-embed-v2', 'invoke', { inputText: 'two words' }, { input: 2, embeddings: 1 }],
    [
      'vectors of Cohere',
      'cohere-embed',
      'invoke',
      { texts: ['a', 'b c'], input_type: 'search_document' },
      { input: 3, embeddings: 2 },
    ],
  ])('%s', async (_, model, operation, body, tokens) => {
    const mark = await stack.mark();
    const finished = await settled(mark, await post(model, operation, body));
    expect(finished?.tokens).toMatchObject(tokens);
  });
});

describe('the tier that a call was sold at', () => {
  const priority = { serviceTier: { type: 'priority' } };
  const header = { headers: { 'x-amzn-bedrock-service-tier': 'priority' } };

  test.each([
    ['converse', say('hello', priority), {}],
    ['converse-stream', say('hello', priority), {}],
    ['invoke', say('hello'), header],
    ['invoke-with-response-stream', say('hello'), header],
  ])('is in its line: %s', async (operation, body, more) => {
    const mark = await stack.mark();
    expect((await settled(mark, await post('nova-lite', operation, body, more)))?.tier).toBe('priority');
    expect((await upstream(mark))[0]?.serviceTier).toBe('priority');
  });

  test('is left out where it is the ordinary one', async () => {
    const ordinary = say('hello', { serviceTier: { type: 'default' } });
    expect(await settled(await stack.mark(), await post('nova-lite', 'converse', ordinary))).not.toHaveProperty('tier');
    expect(await settled(await stack.mark(), await post('nova-lite', 'converse', say('x')))).not.toHaveProperty('tier');
  });

  test('is refused where it has no price, and no model hears of the call', async () => {
    const mark = await stack.mark();
    const response = await post('nova-lite', 'converse', say('hello', { serviceTier: { type: 'turbo' } }));
    expect(response.status).toBe(400);
    expect(finishedOf(await raw.ofCall(await answered(response)))).toMatchObject([
      { outcome: 'refused', code: 'invalid_request', tokens: { input: 0, output: 0 } },
    ]);
    expect(await upstream(mark)).toEqual([]);
  });
});

describe('U6: what a model has said stands, and what it has not is an estimate', () => {
  const event = (type: string, payload: object) => ({ type, payload });
  const spoken = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: '12345678' } });
  const usage = { inputTokens: 40, outputTokens: 700, totalTokens: 740 };
  const broken = { type: 'modelStreamErrorException', exception: { message: 'broken' } };
  const claude = (value: object) => event('chunk', value);
  const began = claude({ type: 'message_start', message: { usage: { input_tokens: 40, output_tokens: 1 } } });
  const said = claude({ type: 'message_delta', usage: { output_tokens: 700 } });
  const text = claude({ type: 'content_block_delta', delta: { text: '12345678' } });

  test.each([
    [
      'in its last words but one',
      'invoke-with-response-stream',
      [began, text, said, broken],
      'interrupted',
      700,
      false,
    ],
    ['but not of its output', 'invoke-with-response-stream', [began, text, broken], 'interrupted', 2, true],
    [
      'and then in silence',
      'converse-stream',
      [spoken, event('metadata', { usage }), event('metadata', {})],
      'ok',
      700,
      false,
    ],
    ['and then broke', 'converse-stream', [spoken, event('metadata', { usage }), broken], 'interrupted', 700, false],
  ])('a stream that said it %s: %s', async (_, operation, events, outcome, output, estimated) => {
    await stack.fault({ service: 'bedrock', fault: { events } });
    const lines = await raw.ofCall(await answered(await post(SONNET, operation, say('hello'))));
    expect(finishedOf(lines)).toMatchObject([{ outcome, estimated, tokens: { input: 40, output } }]);
  });

  test('a body that says it where no header does', async () => {
    await stack.fault({ service: 'bedrock', fault: { body: { usage: { input_tokens: 40, output_tokens: 700 } } } });
    const lines = await raw.ofCall(await answered(await post(SONNET, 'invoke', say('hello'))));
    expect(finishedOf(lines)).toMatchObject([{ outcome: 'ok', estimated: false, tokens: { input: 40, output: 700 } }]);
  });

  const words = 'word '.repeat(20_000);
  test.each([
    [
      'what a tool answered',
      'converse-stream',
      say('', {
        messages: [
          { role: 'user', content: [{ toolResult: { toolUseId: 't', type: 'image', content: [{ text: words }] } }] },
        ],
      }),
    ],
    ['the body', 'converse-stream', say(words, { type: 'image' })],
    ['a drawing', 'invoke-with-response-stream', say(words, { imageGenerationConfig: { numberOfImages: 1 } })],
  ])('Q5 a call without an end is not made cheap by what its caller calls %s', async (_, operation, body) => {
    await stack.fault({ service: 'bedrock', fault: { breakAfterEvents: 0 } });
    const [finished] = finishedOf(await raw.ofCall(await answered(await post('nova-lite', operation, body))));
    expect(finished).toMatchObject({ outcome: 'interrupted', estimated: true });
    expect(finished?.tokens.input).toBeGreaterThanOrEqual(words.length / 4);
    expect(finished?.tokens).not.toHaveProperty('images');
  });
});

describe('a call that does not go well', () => {
  const throttled = { service: 'bedrock', fault: { status: 429, type: 'ThrottlingException' } };

  test.each(['converse', 'converse-stream'])(
    'S4 an expired session: two attempts, each with its own record, and the model counts one: %s',
    async (operation) => {
      await settled(await stack.mark(), await post('nova-lite', 'converse', say('warm')));
      const mark = await stack.mark();
      await stack.fault({ service: 'bedrock', times: 1, fault: { status: 403, type: 'ExpiredTokenException' } });
      const response = await post('nova-lite', operation, say('hello there'));
      expect(response.status).toBe(200);
      const lines = await raw.ofCall(await answered(response), 2);
      expect(lines.map(({ phase, attempt }) => [phase, attempt])).toEqual([
        ['started', undefined],
        ['finished', undefined],
        ['started', 2],
        ['finished', 2],
      ]);
      expect(new Set(lines.map(({ invocationId }) => invocationId)).size).toBe(2);
      expect(new Set(lines.map(({ at }) => at)).size).toBe(1);
      const calls = await upstream(mark);
      expect(finishedOf(lines)).toMatchObject([
        { outcome: 'retried', code: 'upstream_failed', tokens: { input: 0, output: 0 } },
        { outcome: 'ok', code: '', tokens: { input: 2, output: 3 }, estimated: false },
      ]);
      expect(finishedOf(lines).map(({ awsRequestId }) => awsRequestId)).toEqual(
        calls.map(({ requestId }) => requestId),
      );
    },
  );

  test.each(['converse', 'converse-stream'])('U1 throttled: nothing is used: %s', async (operation) => {
    const mark = await stack.mark();
    await stack.fault(throttled);
    const response = await post('nova-lite', operation, say('hello there'));
    expect(response.status).toBe(429);
    const [finished] = finishedOf(await raw.ofCall(await answered(response)));
    const [call] = await upstream(mark);
    expect(finished).toMatchObject({
      outcome: 'throttled',
      code: 'upstream_throttled',
      tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      estimated: false,
      firstByteMs: -1,
      awsRequestId: call?.requestId,
    });
  });

  test.each([
    ['converse-stream', say('12345678 and more words')],
    ['invoke-with-response-stream', say('12345678 and more words')],
  ])('U2 broken off after three events: what came is an estimate, and never nothing: %s', async (operation, body) => {
    const mark = await stack.mark();
    await stack.fault({ service: 'bedrock', fault: { breakAfterEvents: 3 } });
    const [finished] = finishedOf(await raw.ofCall(await answered(await post('nova-lite', operation, body))));
    const [call] = await upstream(mark);
    expect(finished).toMatchObject({
      outcome: 'interrupted',
      code: 'upstream_failed',
      estimated: true,
      awsRequestId: call?.requestId,
    });
    expect(finished?.tokens.input).toBeGreaterThan(0);
    expect(finished?.tokens.output).toBeGreaterThan(0);
    expect(call?.outcome).toBe('failed');
  });

  test('U2 broken off before its first event: its prompt is paid for', async () => {
    await stack.fault({ service: 'bedrock', fault: { breakAfterEvents: 0 } });
    const response = await post('nova-lite', 'converse-stream', say('12345678'));
    expect(finishedOf(await raw.ofCall(await answered(response)))).toMatchObject([
      { outcome: 'interrupted', tokens: { output: 0 }, estimated: true },
    ]);
  });

  test.each(['converse', 'invoke'])('U5 a caller that leaves before its answer in one piece: %s', async (operation) => {
    const mark = await stack.mark();
    await stack.fault({ service: 'bedrock', fault: { delayMs: 2_000 } });
    const leave = new AbortController();
    const text = `gone before ${operation}`;
    const call = post('nova-lite', operation, say(text), { signal: leave.signal });
    await expect.poll(async () => (await upstream(mark)).length, { timeout: 10_000 }).toBe(1);
    leave.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(async () => (await upstream(mark))[0]?.outcome, { timeout: 10_000 }).toBe('done');
    const [seen] = await upstream(mark);
    const found = async () =>
      finishedOf(await raw.records()).filter(({ awsRequestId }) => awsRequestId === seen?.requestId);
    await expect.poll(async () => (await found()).length, { timeout: 10_000 }).toBe(1);
    const [finished] = await found();
    expect(finished).toMatchObject({ estimated: false, tokens: { input: 3, output: 4 } });
    expect(finished?.tokens).toEqual(seen?.usage && tokensOf(seen.usage));
  });

  test('U5 a caller that leaves a stream: it is read on, and counted once, as the model counted it', async () => {
    const mark = await stack.mark();
    const leave = new AbortController();
    const response = await post('nova-lite', 'converse-stream', say('word '.repeat(4_000)), { signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    const [finished] = finishedOf(await raw.ofCall(response.headers.get('x-request-id') ?? ''));
    const [seen] = await upstream(mark);
    expect(finished).toMatchObject({ estimated: false, awsRequestId: seen?.requestId });
    expect(finished?.tokens).toEqual(seen?.usage && tokensOf(seen.usage));
  });
});

test('what the calls above did is in CloudWatch: by reason, in milliseconds, and where sessions came from', async () => {
  await raw.records();
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  const client = new CloudWatchClient({ endpoint: stack.aws, region: 'us-east-1', credentials });
  const value = async (MetricName: string, Stat: string, more: object = {}, Unit?: 'Count' | 'Milliseconds') => {
    const { MetricDataResults } = await client.send(
      new GetMetricDataCommand({
        StartTime: new Date(Date.now() - 3_600_000),
        EndTime: new Date(Date.now() + 60_000),
        MetricDataQueries: [
          {
            Id: 'm',
            MetricStat: {
              Metric: { Namespace: namespaceOf('local'), MetricName, ...more },
              Period: 86_400,
              Stat,
              ...(Unit === undefined ? {} : { Unit }),
            },
          },
        ],
      }),
    );
    return (MetricDataResults?.[0]?.Values ?? []).reduce((sum, one) => sum + one, 0);
  };
  const because = (Value: string) => ({ Dimensions: [{ Name: 'Reason', Value }] });
  const finished = finishedOf(await raw.records());
  const count = (outcome: string) => finished.filter((record) => record.outcome === outcome).length;
  expect(count('retried')).toBe(2);
  expect(await value('Refused', 'Sum', because('upstream_throttled'))).toBe(count('throttled'));
  // A retried attempt has a code too, and is no refusal.
  expect(await value('Refused', 'Sum', because('upstream_failed'))).toBe(0);
  expect(await value('Refused', 'Sum')).toBe(count('throttled') + count('refused'));
  const ran = ['ok', 'abandoned', 'interrupted', 'deadline'].reduce((sum, outcome) => sum + count(outcome), 0);
  expect(await value('Calls', 'Sum')).toBe(ran);
  expect(await value('Latency', 'SampleCount', {}, 'Milliseconds')).toBe(ran);
  expect(await value('Latency', 'SampleCount', {}, 'Count')).toBe(0);
  const given = finished.filter(({ firstByteMs, outcome }) => firstByteMs >= 0 && outcome !== 'throttled').length;
  expect(await value('TimeToFirstByte', 'SampleCount', {}, 'Milliseconds')).toBe(given);
  const issued = (await stack.calls()).filter(({ operation }) => operation === 'AssumeRole').length;
  expect(await value('CredentialsRenewed', 'Sum')).toBe(issued);
  // Each call that was sent had one session, and each that was sent again one more.
  const sessions = new Set(finished.filter(({ outcome }) => outcome !== 'refused').map(({ requestId }) => requestId));
  expect(await value('CredentialsCached', 'Sum')).toBe(sessions.size + count('retried') - issued);
  client.destroy();
});

test('a model that answers otherwise than two days ago is seen by `tollgate monitor`, and rings', async () => {
  const model = 'claude-v2';
  const answer = (text: string) => post(model, 'converse', say(text));
  const [shown] = finishedOf(await raw.ofCall(await answered(await answer('a'))));
  if (shown === undefined) throw new Error('no record');
  // As they would have been delivered then, had the test two days.
  await raw.forge(
    Array.from({ length: MONITORED_ANSWERS }, (_, i) => ({
      ...shown,
      ...{ invocationId: `before-${i}`, requestId: `before-${i}`, at: shown.at - 48 * 3_600_000 },
    })),
  );
  const text = 'a longer answer than that';
  for (let left = MONITORED_ANSWERS; left > 0; left -= 20)
    await Promise.all(Array.from({ length: 20 }, async () => answered(await answer(text))));
  const monitor = async () => {
    const { stdout, stderr } = await stack.cli('monitor', model, '--format', 'json');
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Version[];
  };
  expect(await stack.cli('meter', 'run')).toMatchObject({ code: 0 });
  const [version, ...others] = await monitor();
  expect(others).toEqual([]);
  const answers = MONITORED_ANSWERS + 1;
  expect(version).toMatchObject({ model, nativeModel: shown.nativeModel, answers, before: MONITORED_ANSWERS });
  expect(version?.measures.find(({ name }) => name === 'answer_tokens')).toMatchObject({ was: 2, moved: true });
  expect((await stack.cli('monitor', '--quiet')).stdout).toBe(`${model}\n`);
  expect((await stack.cli('monitor')).stdout).toMatch(/answer_tokens +2 +6 +MOVED/);

  const lines: string[] = [];
  await tellDrift({ store: raw.store(), clock: Date.now, write: (line) => lines.push(line) });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'model-drift', model, [METRICS.modelDrift]: 1 },
  ]);

  // Who takes it for what is usual from now on says so, and is believed.
  const today = new Date(shown.at).toISOString().slice(0, 10);
  const dry = await stack.cli('monitor', 'baseline', model, '--from', today, '--dry-run');
  expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('would be compared') });
  expect((await monitor())[0]).not.toHaveProperty('days');
  expect(await stack.cli('monitor', 'baseline', model, '--from', today, '--yes')).toMatchObject({ code: 0 });
  const [accepted] = await monitor();
  expect(accepted?.days?.from).toBe(today);
  expect(accepted?.measures.filter(({ moved }) => moved)).toEqual([]);
  expect(await stack.cli('monitor', 'baseline', model, '--clear', '--yes')).toMatchObject({ code: 0 });
  const wrong = await stack.cli('monitor', 'baseline', model, '--from', '2020-01-01', '--to', '2020-01-02', '--yes');
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('no answer') });
});
