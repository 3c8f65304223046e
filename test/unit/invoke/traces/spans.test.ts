import { createServer } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallerContext } from '../../../../contract/context.ts';
import { TollgateError } from '../../../../contract/errors.ts';
import type { Target } from '../../../../contract/model.ts';
import { type FinishedUsage, NO_TOKENS, OUTCOMES } from '../../../../contract/usage.ts';
import { headersFrom } from '../../../../invoke/exchange.ts';
import { createPost } from '../../../../invoke/providers/post.ts';
import { openTraces, type TracesOptions } from '../../../../invoke/traces/open.ts';
import { completesText, reasonsIn } from '../../../../invoke/traces/reasons.ts';
import { faultsOf, type ReceivedSpan, spansOf } from '../../../otlp.ts';
import { callOf, modelOf } from '../core.ts';
import { serve } from '../loopback.ts';

const bytes = (value: unknown): Uint8Array => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
const chunk = (value: unknown): Uint8Array => bytes({ bytes: Buffer.from(JSON.stringify(value)).toString('base64') });

test.each([
  ['Converse', [bytes({ stopReason: 'end_turn', output: {} })], ['end_turn']],
  [
    'ConverseStream',
    [bytes({ delta: { text: 'x' } }), bytes({ stopReason: 'tool_use' }), bytes({ usage: {} })],
    ['tool_use'],
  ],
  ['Anthropic', [bytes({ type: 'message', stop_reason: 'refusal', content: [] })], ['refusal']],
  [
    'Anthropic’s stream',
    [chunk({ type: 'message_delta', delta: { stop_reason: 'max_tokens' } }), chunk({ type: 'message_stop' })],
    ['max_tokens'],
  ],
  [
    'Nova’s stream',
    [chunk({ messageStop: { stopReason: 'content_filtered' } }), chunk({ metadata: {} })],
    ['content_filtered'],
  ],
  ['Titan', [bytes({ results: [{ outputText: 'x', completionReason: 'FINISH' }] })], ['FINISH']],
  ['Mistral', [bytes({ outputs: [{ text: 'x', stop_reason: 'stop' }] })], ['stop']],
  [
    'Cohere',
    [bytes({ generations: [{ finish_reason: 'COMPLETE' }, { finish_reason: 'MAX_TOKENS' }] })],
    ['COMPLETE', 'MAX_TOKENS'],
  ],
  [
    'OpenAI’s, of two choices',
    [bytes({ choices: [{ finish_reason: 'stop' }, { finish_reason: 'length' }] })],
    ['stop', 'length'],
  ],
  [
    'a container’s stream',
    [bytes('data: {"choices":[{"finish_reason":"tool_calls"}]}\n\n'), bytes('data: {"usage":{}}\n\ndata: [DONE]\n\n')],
    ['tool_calls'],
  ],
  ['a word that nobody knows', [bytes({ stopReason: 'my prompt' })], ['_OTHER']],
  ['what is no word', [bytes({ stopReason: 7, choices: [null, 'x'] })], []],
  ['a name in the answer’s own text', [bytes({ content: [{ text: '"stopReason":"end_turn"' }] })], []],
  ['no JSON', [bytes('{"stopReason":"end_')], []],
  ['nothing', [], []],
])('why a model stopped: %s', (_, pieces, expected) => {
  expect(reasonsIn(pieces)).toEqual(expected);
});

test.each([
  ['TGI', { generated_text: 'x' }, true],
  ['TGI, in a list', [{ generated_text: 'x' }], true],
  ['Meta', { generation: 'x', stop_reason: 'stop' }, true],
  ['OpenAI’s chat', { choices: [{ message: {} }] }, false],
  ['TEI’s vectors', [[0.1]], false],
])('what an answer says of whether a text was completed: %s', (_, answer, expected) => {
  expect(completesText([bytes(answer)])).toBe(expected);
});

const RECORD: FinishedUsage = {
  ...({ v: 1, phase: 'finished', surface: 'openai', action: 'invoke', outcome: 'ok', code: '' } as const),
  ...{ invocationId: 'i', requestId: 'r', at: 1_795_966_113_000, tenant: 'acme', principal: 'jane@example.com' },
  ...{ costCenter: 'cc', model: 'nova', nativeModel: 'amazon.nova-lite-v1:0', region: 'us-east-1', estimated: false },
  ...{ durationMs: 800, firstByteMs: 300, tokens: { ...NO_TOKENS, input: 2, output: 3 } },
};
const SAMPLED = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** What is told to a collector of what `play` does with one request. */
async function told(
  play: (take: ReturnType<typeof openTraces>['takeUp'], flush: () => Promise<void>) => void | Promise<void>,
  more: Partial<TracesOptions> & { env?: Record<string, string> } = {},
): Promise<ReceivedSpan[]> {
  const bodies: string[] = [];
  await using collector = await serve((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    req.on('end', () => {
      bodies.push(body);
      res.end('{}');
    });
  });
  const traces = openTraces({
    otel: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...more.env },
    stage: 'test',
    prices: { prices: async () => new Map() },
    signedAs: { credentials: () => Promise.reject(new Error('none')), region: async () => 'us-east-1' },
    post: createPost(),
    clock: Date.now,
    write: (line) => expect(line).toBe(''),
    ...more,
  });
  await play(traces.takeUp, traces.flush);
  await traces.flush();
  for (const body of bodies) expect(faultsOf(JSON.parse(body))).toEqual([]);
  return bodies.flatMap(spansOf);
}

const asked = (headers: Record<string, string> = { traceparent: SAMPLED }, path = '/v1/chat/completions') => ({
  ...{ method: 'POST', path, query: new URLSearchParams(), body: () => new Uint8Array() },
  headers: headersFrom(Object.entries(headers)),
});

const PRICED = {
  id: 'nova',
  prices: [{ version: '1', from: 0, usdPerMillion: { input: '1', output: '2', cacheRead: '0.1', cacheWrite: '4' } }],
};

test('tokens and dollars are of all attempts that AWS charges for; those of a cache are part of the input', async () => {
  const [span, ...others] = await told(
    (take) => {
      const { span } = take(asked())?.call() ?? {};
      span?.sent(modelOf('nova'));
      span?.finished({
        ...{ ...RECORD, outcome: 'retried', code: 'upstream_failed', region: 'us-west-2', durationMs: 100 },
        tokens: { ...NO_TOKENS, input: 10 },
      });
      span?.sent(modelOf('nova'));
      span?.finished({ ...RECORD, tokens: { input: 2, output: 3, cacheRead: 5, cacheWrite: 7, reasoning: 1 } });
    },
    { prices: { prices: async () => new Map([['nova', PRICED as never]]) } },
  );
  expect(others).toEqual([]);
  expect(span).toMatchObject({ startTimeUnixNano: '1795966113000000000', endTimeUnixNano: '1795966113800000000' });
  expect(span?.attributes).toMatchObject({
    'gen_ai.usage.input_tokens': 24,
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.usage.cache_read.input_tokens': 5,
    'gen_ai.usage.cache_creation.input_tokens': 7,
    'gen_ai.usage.reasoning.output_tokens': 1,
    'tollgate.cost_usd': (10 + 2 + 6 + 0.5 + 28) / 1e6,
    'tollgate.attempts': 2,
  });
  expect(span?.events).toEqual([
    {
      name: 'tollgate.attempt',
      attributes: { 'gen_ai.request.model': 'nova', 'tollgate.region': 'us-west-2', 'error.type': 'upstream_failed' },
    },
  ]);
});

test('prices that do not come leave a span without its cost, and no later', async () => {
  const prices = { prices: () => new Promise<never>(() => {}) };
  const [span] = await told((take) => take(asked())?.call().span?.finished(RECORD), { prices });
  expect(span?.attributes).toMatchObject({ 'tollgate.outcome': 'ok' });
  expect(span?.attributes).not.toHaveProperty('tollgate.cost_usd');
});

test('several calls of one request are one span, of the one that failed if one did; what comes after it is another', async () => {
  const spans = await told(async (take, flush) => {
    const traced = take(asked({}));
    const [one, two] = [traced?.call(), traced?.call()];
    expect(one?.headers).toEqual(two?.headers);
    one?.span?.finished({ ...RECORD, outcome: 'throttled', code: 'upstream_throttled', tokens: NO_TOKENS });
    two?.span?.finished(RECORD);
    await flush();
    const three = traced?.call();
    expect(three?.id).toBe(one?.id);
    expect(three?.headers).not.toEqual(one?.headers);
    three?.span?.finished(RECORD);
  });
  expect(spans.map(({ status, attributes }) => [status?.code, attributes['error.type']])).toEqual([
    [2, 'upstream_throttled'],
    [undefined, undefined],
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
});

test.each(OUTCOMES.filter((outcome) => outcome !== 'retried'))('a call that is %s', async (outcome) => {
  const isFine = ['ok', 'counted', 'abandoned'].includes(outcome);
  const code = isFine ? '' : 'upstream_failed';
  const [span] = await told((take) =>
    take(asked())
      ?.call()
      .span?.finished({ ...RECORD, outcome, code }),
  );
  expect(span?.status).toEqual(isFine ? undefined : { code: 2 });
  expect(span?.attributes['error.type']).toBe(isFine ? undefined : code);
});

test('a model that is called by an ARN is named without its account', async () => {
  const nativeModel = 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/my-endpoint';
  const [span] = await told((take) => {
    const { span } = take(asked())?.call() ?? {};
    span?.sent({
      ...modelOf('nova'),
      target: { kind: 'bedrock-endpoint', region: 'us-east-1', arn: nativeModel } as Target,
    });
    span?.finished({ ...RECORD, nativeModel });
  });
  expect(span?.attributes['gen_ai.response.model']).toBe('my-endpoint');
  expect(JSON.stringify(span)).not.toContain('111122223333');
});

test.each([
  ['/v1/models', undefined],
  ['/v1/responses/x/cancel', undefined],
  ['/credentials', undefined],
  ['/v1/embeddings', 'embeddings'],
  ['/v2/rerank', 'rerank'],
  ['/model/x/count-tokens', 'count_tokens'],
  ['/anthropic/v1/messages/count_tokens', 'count_tokens'],
  ['/guardrail/g/version/1/apply', 'apply_guardrail'],
  ['/v1/images/generations', 'generate_content'],
  ['/endpoints/x/async-invocations', 'chat'],
])('a request of %s that is refused before it comes to a model: %s', async (path, operation) => {
  const { caller } = callOf('converse');
  const refusal = new TollgateError('invalid_request', { field: 'my-secret-field', reason: 'x' });
  const spans = await told((take) => take(asked({}, path))?.refused?.(refusal, caller as CallerContext, 'request-9'));
  expect(spans.map(({ name }) => name)).toEqual(operation === undefined ? [] : [operation]);
  for (const { attributes } of spans)
    expect(attributes).toMatchObject({ 'tollgate.request_id': 'request-9', 'error.type': 'invalid_request' });
  expect(JSON.stringify(spans)).not.toContain('my-secret-field');
});

const UNSAMPLED = SAMPLED.replace(/1$/, '0');
const RATIO = (ratio: number, name = 'traceidratio') => ({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: String(ratio),
});
test.each([
  ['a caller that records is heeded', {}, SAMPLED, '01'],
  ['so is one that does not', {}, UNSAMPLED, '00'],
  ['where it is not to decide, it does not', { OTEL_TRACES_SAMPLER: 'always_on' }, UNSAMPLED, '01'],
  ['nor in the other direction', { OTEL_TRACES_SAMPLER: 'always_off' }, SAMPLED, '00'],
  ['of who does not say none is taken', { OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, undefined, '00'],
  ['or all', RATIO(1, 'parentbased_traceidratio'), undefined, '01'],
  ['a share is by the trace’s id: this one is taken', RATIO(0.3), SAMPLED, '01'],
  ['and by a smaller share is not', RATIO(0.2), SAMPLED, '00'],
])('sampling: %s', async (_, env, traceparent, flags) => {
  const spans = await told(
    (take) => {
      const trace = take(asked(traceparent === undefined ? {} : { traceparent }))?.call();
      expect(trace?.headers.traceparent?.slice(-2)).toBe(flags);
      trace?.span?.finished(RECORD);
    },
    { env },
  );
  expect(spans).toHaveLength(flags === '01' ? 1 : 0);
});

test('whatever a model answers, none of it is in a span', async () => {
  const marker = 'zq7marker';
  const piece = fc
    .object({
      key: fc.constantFrom('stopReason', 'choices', 'finish_reason', 'delta', 'results', 'x'),
      values: [fc.constant(marker), fc.constant(`end_turn ${marker}`)],
    })
    .map((value) => bytes(value));
  const samples = fc.sample(fc.array(piece, { maxLength: 6 }), 200);
  const spans = await told((take) => {
    for (const pieces of samples) {
      const { span } = take(asked())?.call() ?? {};
      for (const one of pieces) span?.came(one);
      span?.finished(RECORD);
    }
  });
  expect(spans).toHaveLength(200);
  expect(JSON.stringify(spans)).not.toMatch(/zq7marker|jane@example/);
});

test('headers out of a secret are asked for once, and sent', async () => {
  const asks: string[] = [];
  await using secrets = await serve((req, res) => {
    asks.push(String(req.headers['x-amz-target']));
    res.end(JSON.stringify({ SecretString: 'api-key=a%20key' }));
  });
  const got: unknown[] = [];
  const collector = createServer((req, res) => {
    got.push(req.headers['api-key']);
    res.end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as { port: number };
  await told(
    async (take, flush) => {
      for (let i = 0; i < 2; i++) {
        take(asked())?.call().span?.finished(RECORD);
        await flush();
      }
    },
    {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        TOLLGATE_OTLP_HEADERS_SECRET: 'otlp/headers',
        AWS_ENDPOINT_URL: secrets.url,
      },
      signedAs: {
        credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
        region: async () => 'us-east-1',
      },
    },
  );
  collector.closeAllConnections();
  collector.close();
  expect(got).toEqual(['a key', 'a key']);
  expect(asks).toEqual(['secretsmanager.GetSecretValue']);
});
