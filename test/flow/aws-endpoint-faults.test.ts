import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Aws } from '../../local/aws/start.ts';
import { ModelsEndpoint, NOVA, say } from './models-endpoint.ts';
import { nameOf } from './outcome.ts';

let endpoint: ModelsEndpoint;
let aws: Aws;
let overHttp2: BedrockRuntimeClient;
let overHttp1: BedrockRuntimeClient;

beforeAll(async () => {
  endpoint = await ModelsEndpoint.start();
  ({ aws, overHttp2, overHttp1 } = endpoint);
});

afterEach(() => endpoint.clearFaults());

afterAll(() => endpoint.close());

const fault = (rule: object) => endpoint.fault(rule);
const lastCall = () => endpoint.lastCall();

describe('a fault', () => {
  test('answers the error it names, as often as it says', async () => {
    await fault({ service: 'bedrock', times: 1, fault: { status: 429, type: 'ThrottlingException' } });
    expect(await nameOf(overHttp2.send(new ConverseCommand(say('x'))))).toBe('ThrottlingException');
    expect(lastCall()).toMatchObject({ decision: 'allowed', status: 429, outcome: 'failed', usage: null });
    expect(await nameOf(overHttp2.send(new ConverseCommand(say('x'))))).toBe('answered');
  });

  test.each(['http2', 'http1'])('breaks a stream after so many events over %s', async (protocol) => {
    await fault({ service: 'bedrock', operation: 'ConverseStream', fault: { breakAfterEvents: 3 } });
    const client = protocol === 'http2' ? overHttp2 : overHttp1;
    const { stream } = await client.send(new ConverseStreamCommand(say('one two three')));
    const seen: ConverseStreamOutput[] = [];
    await expect(
      (async () => {
        for await (const event of stream ?? []) seen.push(event);
      })(),
    ).rejects.toThrow();
    expect(seen).toHaveLength(3);
    await vi.waitFor(() => expect(lastCall()).toMatchObject({ outcome: 'failed', usage: { outputTokens: 4 } }), {
      timeout: 15_000,
    });
  });

  test.each(['http2', 'http1'])('resets a connection over %s', async (protocol) => {
    await fault({ service: 'bedrock', times: 1, fault: { reset: true } });
    const client = protocol === 'http2' ? overHttp2 : overHttp1;
    expect(await nameOf(client.send(new ConverseCommand(say('x'))))).not.toBe('answered');
    expect(await nameOf(client.send(new ConverseCommand(say('x'))))).toBe('answered');
  });

  test.each(['http2', 'http1'])('hangs until the caller leaves over %s', async (protocol) => {
    await fault({ service: 'bedrock', times: 1, fault: { hang: true } });
    const client = protocol === 'http2' ? overHttp2 : overHttp1;
    const leaving = new AbortController();
    const before = lastCall()?.seq ?? 0;
    const answer = nameOf(client.send(new ConverseCommand(say('x')), { abortSignal: leaving.signal }));
    await vi.waitFor(() => expect(lastCall()?.seq).toBe(before + 1), { timeout: 15_000 });
    expect(lastCall()?.outcome).toBeNull();
    leaving.abort();
    expect(await answer).toBe('AbortError');
    await vi.waitFor(() => expect(lastCall()?.outcome).toBe('aborted'), { timeout: 15_000 });
  });

  test('delays an answer without holding up others', async () => {
    // Far longer than the prompt one takes, however busy the machine is.
    await fault({ service: 'bedrock', times: 1, fault: { delayMs: 1_500 } });
    const order: string[] = [];
    const before = lastCall()?.seq ?? 0;
    const delayed = overHttp2.send(new ConverseCommand(say('x'))).then(() => order.push('delayed'));
    await vi.waitFor(() => expect(lastCall()?.seq).toBe(before + 1), { timeout: 15_000 });
    await overHttp2.send(new ConverseCommand(say('x'))).then(() => order.push('prompt'));
    await delayed;
    expect(order).toEqual(['prompt', 'delayed']);
  });

  test.each(['http2', 'http1'])(
    'scripts a stream event by event over %s, an exception as its own class',
    async (protocol) => {
      const usage = { inputTokens: 3, outputTokens: 700, totalTokens: 703 };
      await fault({
        service: 'bedrock',
        region: 'us-east-1',
        fault: {
          headers: { 'x-amzn-bedrock-service-tier': 'flex' },
          events: [
            { type: 'messageStart', payload: { role: 'assistant' } },
            { type: 'contentBlockDelta', delayMs: 20, payload: { contentBlockIndex: 0, delta: { text: 'scripted' } } },
            { type: 'metadata', payload: { usage, metrics: { latencyMs: 1 } } },
            { type: 'throttlingException', exception: { message: 'slower' } },
          ],
        },
      });
      const client = protocol === 'http2' ? overHttp2 : overHttp1;
      const { stream } = await client.send(new ConverseStreamCommand(say('one two three')));
      const seen: ConverseStreamOutput[] = [];
      const read = async () => {
        for await (const event of stream ?? []) seen.push(event);
      };
      await expect(read()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'slower' });
      expect(seen.map((event) => Object.keys(event)[0])).toEqual(['messageStart', 'contentBlockDelta', 'metadata']);
      expect(seen[1]?.contentBlockDelta?.delta).toEqual({ text: 'scripted' });
      expect(seen[2]?.metadata?.usage).toEqual(usage);
      expect(await nameOf(client.send(new ConverseCommand(say('x'))))).toBe('answered');
    },
  );

  test("scripts the chunks of InvokeModel's stream as the model's own objects, wrapped once", async () => {
    const chunk = { type: 'message_start', message: { usage: { input_tokens: 5 } } };
    const bytes = Buffer.from(JSON.stringify(chunk)).toString('base64');
    await fault({
      service: 'bedrock',
      fault: {
        events: [
          { type: 'chunk', payload: chunk },
          { type: 'chunk', payload: { bytes } },
        ],
      },
    });
    const { body } = await overHttp1.send(new InvokeModelWithResponseStreamCommand({ modelId: NOVA, body: '{}' }));
    const chunks: unknown[] = [];
    for await (const { chunk: part } of body ?? []) chunks.push(JSON.parse(Buffer.from(part?.bytes ?? []).toString()));
    expect(chunks).toEqual([chunk, chunk]);
  });

  test('scripts a whole answer and its headers, and the words and headers of an error', async () => {
    const output = { message: { role: 'assistant', content: [] } };
    await fault({ service: 'bedrock', times: 1, fault: { body: { output, stopReason: 'malformed_tool_use' } } });
    expect(await overHttp2.send(new ConverseCommand(say('x')))).toMatchObject({ stopReason: 'malformed_tool_use' });
    await fault({
      service: 'bedrock',
      times: 1,
      fault: { body: 'as it is', headers: { 'Content-Type': 'text/plain', 'X-Amzn-Bedrock-Input-Token-Count': '9' } },
    });
    const whole = await overHttp1.send(new InvokeModelCommand({ modelId: NOVA, body: '{}' }));
    expect(Buffer.from(whole.body).toString()).toBe('as it is');
    expect(whole.contentType).toBe('text/plain');
    const said = { status: 403, type: 'AccessDeniedException', message: 'said so', headers: { 'retry-after': '7' } };
    await fault({ service: 'bedrock', times: 1, fault: said });
    await expect(overHttp1.send(new ConverseCommand(say('x')))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'said so',
      $response: { headers: { 'retry-after': '7' } },
    });
  });

  test('that is misspelt is refused', async () => {
    const body = JSON.stringify({ service: 'bedrock', fault: { brakeAfterEvents: 1 } });
    const response = await fetch(`${aws.url}/_local/faults`, { method: 'POST', body });
    expect(response.status).toBe(400);
  });
});

test('an unsigned request is refused, and flushing calls its hook', async () => {
  const unsigned = await fetch(`${aws.url}/model/${NOVA}/converse`, { method: 'POST', body: '{}' });
  expect(unsigned.status).toBe(403);
  const flushed = vi.fn(() => Promise.resolve());
  aws.onFlush = flushed;
  expect((await fetch(`${aws.url}/_local/flush`, { method: 'POST' })).status).toBe(204);
  expect(flushed).toHaveBeenCalledOnce();
});
