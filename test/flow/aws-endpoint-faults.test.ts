import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
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
