import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultsOf, type ReceivedSpan, spansOf } from '../otlp.ts';
import { type Operator, operatorOf } from './granted.ts';
import { Stack } from './stack.ts';

/** What a collector of OpenTelemetry is told, over HTTP; and what goes on to the model. */

interface Got {
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A collector: it keeps what it got, and answers as it is told to. */
const got: Got[] = [];
let answer = (res: ServerResponse): void => void res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
const collector = createServer((req, res) => {
  let body = '';
  req.setEncoding('utf8').on('data', (text) => {
    body += text;
  });
  req.on('end', () => {
    got.push({ url: req.url ?? '', headers: req.headers, body });
    answer(res);
  });
});

/** In every prompt, in no span. */
const MARKER = `marker${randomUUID().replaceAll('-', '')}`;
const SECRET = `key-${randomUUID()}`;

const PLACES = (['us-east-1', 'us-west-2'] as const).map((region) => ({
  target: {
    ...({ kind: 'bedrock-model', modelId: 'amazon.nova-pro-v1:0', region } as const),
    arn: `arn:aws:bedrock:${region}::foundation-model/amazon.nova-pro-v1:0`,
  },
}));

let stack: Stack;
let operator: Operator;
let token: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  stack = await Stack.start({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `api-key=${SECRET},x-of=a%2Cb`,
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=not-this,team=ml%20platform',
      OTEL_SERVICE_NAME: 'models',
    },
  });
  operator = operatorOf(stack);
  await operator.putModel({ id: 'traced', targets: PLACES, lifecycle: { status: 'active' }, prices: [] });
  await operator.grant('acme', 'traced');
  token = await stack.token('acme-app');
});

afterAll(async () => {
  operator.close();
  await stack.remove();
  collector.closeAllConnections();
  collector.close();
});

function post(path: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) {
  return fetch(`${stack.gateway}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

const spans = (): ReceivedSpan[] => got.flatMap(({ body }) => spansOf(body));
const spansOfCall = (requestId: string | null) =>
  spans().filter(({ attributes }) => attributes['tollgate.request_id'] === requestId);

/** The one span of a call that was answered. */
async function spanOf({ headers }: Response): Promise<ReceivedSpan> {
  const requestId = headers.get('x-request-id');
  await expect.poll(() => spansOfCall(requestId).length, { timeout: 5_000 }).toBe(1);
  return spansOfCall(requestId)[0] as ReceivedSpan;
}

async function asked(path: string, body: unknown, headers?: Record<string, string>) {
  const response = await post(path, body, headers);
  await response.arrayBuffer();
  return { response, span: await spanOf(response) };
}

const said = (more: object = {}) => ({ messages: [{ role: 'user', content: [{ text: `one ${MARKER}` }] }], ...more });
const chat = (more: object = {}) => ({
  ...{ model: 'nova-lite', messages: [{ role: 'user', content: `one ${MARKER}` }] },
  ...more,
});
const TOOLS = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];

const ASKED: [name: string, path: string, body: unknown, span: string, attributes: Record<string, unknown>][] = [
  [
    'Converse',
    '/model/nova-lite/converse',
    said(),
    'chat nova-lite',
    {
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.response.model': 'amazon.nova-lite-v1:0',
      'gen_ai.response.finish_reasons': ['end_turn'],
      'gen_ai.usage.input_tokens': 2,
      'gen_ai.usage.output_tokens': 3,
      'tollgate.cost_usd': (2 * 0.06 + 3 * 0.24) / 1e6,
      'tollgate.surface': 'bedrock',
    },
  ],
  [
    'ConverseStream',
    '/model/nova-lite/converse-stream',
    said(),
    'chat nova-lite',
    { 'gen_ai.request.stream': true, 'gen_ai.response.finish_reasons': ['end_turn'] },
  ],
  [
    'InvokeModel, by Anthropic’s own body',
    '/model/claude-sonnet-4-5/invoke',
    { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: MARKER }] },
    'chat claude-sonnet-4-5',
    { 'gen_ai.response.finish_reasons': ['end_turn'] },
  ],
  [
    'InvokeModelWithResponseStream',
    '/model/claude-sonnet-4-5/invoke-with-response-stream',
    { anthropic_version: 'bedrock-2023-05-31', max_tokens: 1, messages: [{ role: 'user', content: MARKER }] },
    'chat claude-sonnet-4-5',
    { 'gen_ai.request.stream': true, 'gen_ai.response.finish_reasons': ['max_tokens'] },
  ],
  [
    'CountTokens',
    '/model/nova-lite/count-tokens',
    { input: { converse: said() } },
    'count_tokens nova-lite',
    { 'tollgate.outcome': 'counted' },
  ],
  ['OpenAI’s chat', '/v1/chat/completions', chat(), 'chat nova-lite', { 'tollgate.surface': 'openai' }],
  [
    'its stream, with a tool that is called',
    '/v1/chat/completions',
    chat({
      stream: true,
      tools: TOOLS,
      messages: [{ role: 'user', content: `[[tool:weather {"city":"${MARKER}"}]]` }],
    }),
    'chat nova-lite',
    { 'gen_ai.request.stream': true, 'gen_ai.response.finish_reasons': ['tool_use'] },
  ],
  [
    'Anthropic’s messages, of which part is in a cache',
    '/v1/messages',
    {
      ...{ model: 'claude-sonnet-4-5', max_tokens: 50 },
      system: [{ type: 'text', text: `in a cache ${MARKER}`, cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: 'one two' }],
    },
    'chat claude-sonnet-4-5',
    { 'gen_ai.usage.input_tokens': 6, 'gen_ai.usage.cache_creation.input_tokens': 4 },
  ],
  ['OpenAI’s responses', '/v1/responses', { model: 'nova-lite', store: false, input: MARKER }, 'chat nova-lite', {}],
  [
    'embeddings of several texts, which are a call each',
    '/v1/embeddings',
    { model: 'titan-embed-v2', input: [MARKER, 'two three', 'four'] },
    'embeddings titan-embed-v2',
    { 'gen_ai.usage.input_tokens': 4, 'gen_ai.usage.output_tokens': undefined, 'tollgate.attempts': 3 },
  ],
  [
    'a container’s chat',
    '/endpoints/mixtral-8x7b/invocations',
    { messages: [{ role: 'user', content: MARKER }] },
    'chat mixtral-8x7b',
    { 'gen_ai.provider.name': 'aws.sagemaker', 'gen_ai.response.finish_reasons': ['stop'] },
  ],
  [
    'a text that a container completes',
    '/endpoints/mixtral-8x7b/invocations',
    { inputs: MARKER },
    'text_completion mixtral-8x7b',
    { 'tollgate.tokens_estimated': true },
  ],
  [
    'a stream of a container',
    '/endpoints/mixtral-8x7b/invocations-response-stream',
    { messages: [{ role: 'user', content: MARKER }], stream: true },
    'chat mixtral-8x7b',
    { 'gen_ai.response.finish_reasons': ['stop'] },
  ],
  [
    'a model that nobody granted, whose name is not told',
    '/v1/chat/completions',
    chat({ model: `no-${MARKER}` }),
    'chat',
    { 'error.type': 'model_not_allowed', 'tollgate.outcome': 'refused', 'tollgate.attempts': 0 },
  ],
  [
    'a body that is no JSON',
    '/v1/embeddings',
    `{"model":"${MARKER}`,
    'embeddings',
    { 'error.type': 'invalid_request', 'tollgate.attempts': 0 },
  ],
];

test.each(ASKED)('%s: one span', async (_, path, body, name, attributes) => {
  const { span } = await asked(path, body);
  expect(span.name).toBe(name);
  expect(span.attributes).toMatchObject({ 'tollgate.tenant': 'acme', 'tollgate.cost_center': 'CC-100' });
  for (const [key, value] of Object.entries(attributes)) expect(span.attributes[key], key).toEqual(value);
  expect(span.kind).toBe(3);
  expect(span.status).toEqual(attributes['error.type'] === undefined ? undefined : { code: 2 });
  const lasted = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
  expect(lasted).toBeGreaterThanOrEqual(0n);
  if (attributes['gen_ai.request.stream'] === true)
    expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeLessThanOrEqual(Number(lasted) / 1e9);
  expect(span.resource).toMatchObject({
    'service.name': 'models',
    'deployment.environment.name': 'local',
    team: 'ml platform',
  });
});

test('a caller’s trace goes on to the model under the span’s own id, and its lines are found by it', async () => {
  const mark = await stack.mark();
  const traceId = randomUUID().replaceAll('-', '');
  const { span } = await asked('/model/nova-lite/converse', said(), {
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    tracestate: 'vendor=1, other=2',
  });
  expect(span).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331', traceState: 'vendor=1,other=2' });
  const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
  expect(call).toMatchObject({
    traceparent: `00-${traceId}-${span.spanId}-01`,
    tracestate: 'vendor=1,other=2',
    decision: 'allowed',
  });
  const log = readFileSync(join(stack.dataDir, 'log.jsonl'), 'utf8');
  expect(log).not.toContain(MARKER);
  const { response } = await asked('/v1/chat/completions', chat({ model: 'none' }), {
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  });
  await expect
    .poll(() => readFileSync(join(stack.dataDir, 'log.jsonl'), 'utf8').split('\n'))
    .toContainEqual(
      expect.stringMatching(`"requestId":"${response.headers.get('x-request-id')}","traceId":"${traceId}"`),
    );
});

test('without a trace a call begins one; what X-Ray began goes on', async () => {
  const { span } = await asked('/model/nova-lite/converse', said(), { traceparent: `00-${MARKER}` });
  expect(span).not.toHaveProperty('parentSpanId');
  const { span: second } = await asked('/model/nova-lite/converse', said(), {
    'x-amzn-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
  });
  expect(second).toMatchObject({ traceId: '5759e988bd862e3fe1be46a994272793', parentSpanId: '53995c3f42cd8ad8' });
});

test('a caller that records nothing is heeded: no span leaves, and the trace goes on all the same', async () => {
  const mark = await stack.mark();
  const traceId = randomUUID().replaceAll('-', '');
  const response = await post('/model/nova-lite/converse', said(), {
    traceparent: `00-${traceId}-b7ad6b7169203331-00`,
  });
  await response.arrayBuffer();
  await asked('/model/nova-lite/converse', said());
  expect(spansOfCall(response.headers.get('x-request-id'))).toEqual([]);
  const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
  expect(call?.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-00$`));
});

test('a call that a second place answers is one span, which tells of the first', async () => {
  const mark = await stack.mark();
  await stack.fault({
    ...{ service: 'bedrock', region: 'us-east-1', times: 1 },
    fault: { status: 503, type: 'ServiceUnavailableException' },
  });
  const { span, response } = await asked('/model/traced/converse', said());
  await stack.clearFaults();
  expect(response.status).toBe(200);
  expect(span.attributes).toMatchObject({
    'tollgate.attempts': 2,
    'tollgate.region': 'us-west-2',
    'tollgate.outcome': 'ok',
  });
  expect(span.attributes).not.toHaveProperty('tollgate.cost_usd');
  expect(span.events).toMatchObject([
    {
      name: 'tollgate.attempt',
      attributes: {
        'gen_ai.request.model': 'traced',
        'tollgate.region': 'us-east-1',
        'error.type': 'upstream_unavailable',
      },
    },
  ]);
  const models = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
  expect(new Set(models.map(({ traceparent }) => traceparent))).toEqual(
    new Set([`00-${span.traceId}-${span.spanId}-01`]),
  );
});

test('a stream that breaks, and one that its caller leaves, say so', async () => {
  await stack.fault({ service: 'bedrock', operation: 'ConverseStream', times: 1, fault: { breakAfterEvents: 3 } });
  const { span } = await asked('/model/nova-lite/converse-stream', said());
  expect(span).toMatchObject({ status: { code: 2 } });
  expect(span.attributes).toMatchObject({ 'tollgate.outcome': 'interrupted', 'error.type': 'upstream_failed' });

  const leave = new AbortController();
  const words = { messages: [{ role: 'user', content: [{ text: 'word '.repeat(4_000) }] }] };
  const response = await post('/model/nova-lite/converse-stream', words, {}, leave.signal);
  await response.body?.getReader().read();
  leave.abort();
  // API Gateway does not tell a function that nobody reads any more.
  const { attributes } = await spanOf(response);
  expect(attributes).toMatchObject({ 'gen_ai.usage.output_tokens': 4_001, 'gen_ai.request.stream': true });
  expect(['ok', 'abandoned']).toContain(attributes['tollgate.outcome']);
});

test('the container collects them, and gives away the last ones when it is told to stop', async () => {
  const door = await stack.serve();
  const before = got.length;
  const response = await fetch(`${door.url}/model/nova-lite/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(said()),
  });
  await response.arrayBuffer();
  expect(await door.stop()).toBe(0);
  expect(got.length).toBe(before + 1);
  expect(spansOfCall(response.headers.get('x-request-id'))).toHaveLength(1);
});

test('all of it is OTLP, under the collector’s own headers, and none of it a prompt, an answer, a token, an account or a person', async () => {
  expect(got.length).toBeGreaterThan(ASKED.length);
  for (const { url, headers, body } of got) {
    expect(url).toBe('/v1/traces');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'api-key': SECRET, 'x-of': 'a,b' });
    expect(headers).not.toHaveProperty('authorization');
    expect(faultsOf(JSON.parse(body))).toEqual([]);
    expect(body).not.toContain(MARKER);
    expect(body).not.toContain('echo');
    expect(body).not.toMatch(/arn:|111122223333|Bearer|eyJ|acme-app/);
  }
  const written = readFileSync(join(stack.dataDir, 'log.jsonl'), 'utf8');
  expect(written).not.toContain(SECRET);
  expect(written).not.toContain('spans-dropped');
});

test('a collector that hangs keeps no caller waiting, and one line says what was lost', async () => {
  let given = 0;
  answer = (res) => void res.once('close', () => given++);
  const ask = async () => {
    const response = await post('/model/nova-lite/converse', said());
    await response.arrayBuffer();
    return response.status;
  };
  const before = got.length;
  expect(await ask()).toBe(200);
  await expect.poll(() => got.length).toBe(before + 1);
  // While the collector says nothing, and before it is given up.
  expect(await Promise.all(Array.from({ length: 4 }, ask))).toEqual(Array(4).fill(200));
  expect(given).toBe(0);
  const lines = () =>
    readFileSync(join(stack.dataDir, 'log.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('spans-dropped'));
  await expect.poll(lines, { timeout: 10_000 }).toHaveLength(1);
  expect(JSON.parse(lines()[0] ?? '')).toMatchObject({ level: 'warn', reason: 'timeout', dropped: 5 });
  // Then it is left alone for a while.
  expect(await ask()).toBe(200);
  expect(got.length).toBe(before + 1);
  expect(lines()).toHaveLength(1);
});
