import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import cases from '../cases/stream-exceptions.json' with { type: 'json' };
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Exceptions in a model's stream, through the gateway, as unmodified SDKs see them. */

let stack: Stack;
let token: string;
let usage: RawUsage;
let mark: number;

beforeAll(async () => {
  stack = await Stack.start();
  token = await stack.token('acme-app');
  usage = new RawUsage(stack);
});

beforeEach(async () => {
  mark = await stack.mark();
});

afterEach(() => stack.clearFaults());

afterAll(async () => {
  usage.close();
  await stack.remove();
});

const NOVA = 'amazon.nova-lite-v1:0';
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const start = { type: 'messageStart', payload: { role: 'assistant' } };
const exception = (type: string) => ({ type, exception: { message: 'as the model says' } });

const script = (events: object[], times = 100): Promise<void> =>
  stack.fault({ service: 'bedrock', times, fault: { events } });

async function modelCalls(): Promise<number> {
  return (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock').length;
}

/** What a client raised, wherever it did. */
async function raised(call: () => Promise<AsyncIterable<unknown> | undefined>): Promise<Error & { status?: number }> {
  try {
    for await (const _ of (await call()) ?? []);
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was raised');
}

/** The surfaces that stream, each by its own client, with that client's own retries. */
const SURFACES = {
  async converse(retries: number, modelId = NOVA) {
    const { stream } = await bedrock(retries).send(
      new ConverseStreamCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'hello' }] }] }),
    );
    return stream;
  },
  async invoke(retries: number, modelId = NOVA) {
    const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hello' }] }] });
    return (await bedrock(retries).send(new InvokeModelWithResponseStreamCommand({ modelId, body }))).body;
  },
  async openai(retries: number, model = NOVA) {
    const client = new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: token, maxRetries: retries });
    return client.chat.completions.create({
      model,
      stream: true,
      messages: [{ role: 'user', content: 'hello' }],
    });
  },
} as const;
type Surface = keyof typeof SURFACES;
const surfaces = Object.keys(SURFACES) as Surface[];

function bedrock(retries: number): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    endpoint: stack.gateway,
    region: 'us-east-1',
    token: { token },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: retries + 1,
  });
}

const PATHS: Record<Surface, [string, object]> = {
  converse: [`/model/${NOVA}/converse-stream`, { messages: [{ role: 'user', content: [{ text: 'hello' }] }] }],
  invoke: [
    `/model/${NOVA}/invoke-with-response-stream`,
    { messages: [{ role: 'user', content: [{ text: 'hello' }] }] },
  ],
  openai: ['/v1/chat/completions', { model: NOVA, stream: true, messages: [{ role: 'user', content: 'hello' }] }],
};

function post(surface: Surface, signal?: AbortSignal): Promise<Response> {
  const [path, body] = PATHS[surface];
  return fetch(`${stack.gateway}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
}

describe.each(surfaces)('U7 on %s', (surface) => {
  test.each(cases)('$type as the first event has a status of its own, and nothing was used', async (item) => {
    await script([exception(item.type)]);
    const answer = await post(surface);
    expect(answer.status).toBe(item.status);
    expect(answer.headers.get('content-type')).toContain('application/json');
    if (item.status === 429 || item.status === 503)
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const body = (await answer.json()) as { message?: string; error?: { message: string } };
    if (surface === 'openai') expect(body.error?.message).toBeTypeOf('string');
    else {
      expect(answer.headers.get('x-amzn-errortype')).toBe(item.aws);
      expect(body.message).toBeTypeOf('string');
    }
    const [line] = finishedOf(await usage.ofCall(answer.headers.get('x-request-id') ?? ''));
    expect(line).toMatchObject({ outcome: item.outcome, estimated: false, tokens: { input: 0, output: 0 } });
    const error = await raised(() => SURFACES[surface](0));
    if (surface === 'openai') expect(error.constructor.name).toBe(item.openai);
    else expect(error.name).toBe(item.aws);
  });

  test.each([
    ['breaks off', { service: 'bedrock', times: 1, fault: { breakAfterEvents: 0 } }],
    ['ends', { service: 'bedrock', times: 1, fault: { events: [] } }],
  ])('a stream that %s before its first event has a status of its own, and the SDK tries again', async (_, rule) => {
    await stack.fault(rule);
    expect((await post(surface)).status).toBe(502);
    await stack.fault(rule);
    for await (const _event of (await SURFACES[surface](1)) ?? []);
    expect(await modelCalls()).toBe(3);
  });

  test('a caller that leaves before the first event is metered as the model says after all', async () => {
    const metadata = { usage: { inputTokens: 7, outputTokens: 9, totalTokens: 16 }, metrics: { latencyMs: 1 } };
    const last =
      surface === 'invoke' ? { type: 'chunk', payload: { metadata } } : { type: 'metadata', payload: metadata };
    await script([{ ...start, delayMs: 500 }, last], 1);
    const leaving = new AbortController();
    const answer = post(surface, leaving.signal).catch(() => 'left');
    await vi.waitFor(async () => expect(await modelCalls()).toBe(1), { timeout: 15_000 });
    leaving.abort();
    expect(await answer).toBe('left');
    const requestId = (await stack.upstream(mark)).at(-1)?.requestId;
    const line = await vi.waitFor(
      async () => {
        const found = finishedOf(await usage.records()).find(({ awsRequestId }) => awsRequestId === requestId);
        if (found === undefined) throw new Error('not yet');
        return found;
      },
      { timeout: 15_000 },
    );
    if (surface !== 'invoke') expect(line).toMatchObject({ tokens: { input: 7, output: 9 }, estimated: false });
  });
});

test.each(cases)('U7 $type as the first event is tried again by the SDKs only where that helps', async (item) => {
  // Each client's first call, and no other: they all wait for as long as they are told at the same time.
  const strikes = [
    { operation: 'InvokeModelWithResponseStream' },
    { operation: 'ConverseStream', model: NOVA },
    { operation: 'ConverseStream', model: SONNET },
  ];
  for (const which of strikes)
    await stack.fault({ service: 'bedrock', ...which, times: 1, fault: { events: [exception(item.type)] } });
  const models = { converse: NOVA, invoke: NOVA, openai: SONNET };
  const reading = surfaces.map(async (surface) => {
    for await (const _ of (await SURFACES[surface](2, models[surface])) ?? []);
  });
  const outcomes = await Promise.allSettled(reading);
  expect(outcomes.map(({ status }) => status)).toEqual(surfaces.map(() => (item.retried ? 'fulfilled' : 'rejected')));
  expect(await modelCalls()).toBe(item.retried ? 6 : 3);
});

describe('U7 after the first event', () => {
  test.each([...cases.map(({ type }) => type), 'modelTimeoutException'])(
    '%s stays in the native stream under its own class',
    async (type) => {
      await script([start, exception(type)], 1);
      if (type !== 'modelTimeoutException') {
        const error = await raised(() => SURFACES.converse(2));
        expect(error.name.toLowerCase()).toBe(type.toLowerCase());
      }
      await stack.clearFaults();
      await script([{ type: 'chunk', payload: { messageStart: {} } }, exception(type)], 1);
      const error = await raised(() => SURFACES.invoke(2));
      expect(error.name.toLowerCase()).toBe(type.toLowerCase());
      expect(await modelCalls()).toBe(type === 'modelTimeoutException' ? 1 : 2);
    },
  );

  test.each(cases)('$type ends an OpenAI stream with an error event and no end marker', async ({ type }) => {
    await script([start, exception(type)]);
    const text = await (await post('openai')).text();
    expect(text).not.toContain('[DONE]');
    const [last = ''] = text.trimEnd().split('\n\n').slice(-1);
    expect(JSON.parse(last.replace('data: ', ''))).toHaveProperty('error.message');
    expect(await raised(() => SURFACES.openai(2))).toBeInstanceOf(OpenAI.APIError);
    expect(await modelCalls()).toBe(2);
  });
});
