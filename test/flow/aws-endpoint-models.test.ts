import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';

const ROLE = {
  name: 'caller',
  trust: { Statement: [] },
  policies: [{ Statement: { Effect: 'Allow', Action: ['bedrock:*', 'sagemaker:*'], Resource: '*' } as const }],
};
const NOVA = 'amazon.nova-lite-v1:0';
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';

let folder: string;
let aws: Aws;
let overHttp2: BedrockRuntimeClient;
let overHttp1: BedrockRuntimeClient;
let sagemaker: SageMakerRuntimeClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-aws-'));
  aws = await startAws({
    port: 0,
    dataDir: folder,
    account: '111122223333',
    region: 'us-east-1',
    functionRoles: [ROLE],
  });
  const config = {
    endpoint: aws.url,
    region: 'us-east-1',
    credentials: aws.credentialsFor('caller'),
    maxAttempts: 1,
  };
  overHttp2 = new BedrockRuntimeClient(config);
  overHttp1 = new BedrockRuntimeClient({ ...config, requestHandler: new NodeHttpHandler() });
  sagemaker = new SageMakerRuntimeClient(config);
});

afterEach(async () => {
  await fetch(`${aws.url}/_local/faults`, { method: 'DELETE' });
});

afterAll(async () => {
  for (const client of [overHttp2, overHttp1, sagemaker]) client.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

const say = (text: string, more: Partial<ConverseCommandInput> = {}): ConverseCommandInput => ({
  modelId: NOVA,
  messages: [{ role: 'user', content: [{ text }] }],
  ...more,
});

async function collect<T>(stream: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = [];
  for await (const item of stream ?? []) all.push(item);
  return all;
}

async function fault(rule: object): Promise<void> {
  const { status } = await fetch(`${aws.url}/_local/faults`, { method: 'POST', body: JSON.stringify(rule) });
  expect(status).toBe(204);
}

const lastCall = (): CallRecord | undefined => aws.calls.after(0).at(-1);
const nameOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: Error) => error.name,
  );
const json = (body: Uint8Array | undefined): Record<string, unknown> => JSON.parse(Buffer.from(body ?? []).toString());

describe('Converse', () => {
  test('counts system, messages and tool results, and honours limit and stop sequences', async () => {
    const answer = await overHttp2.send(
      new ConverseCommand({
        modelId: NOVA,
        system: [{ text: 'be brief' }],
        messages: [
          { role: 'user', content: [{ text: 'what time' }] },
          { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'clock', input: {} } }] },
          { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: 'noon it is' }] } }] },
        ],
        toolConfig: { tools: [{ toolSpec: { name: 'clock', inputSchema: { json: {} } } }] },
        inferenceConfig: { maxTokens: 3, stopSequences: ['never'] },
      }),
    );
    expect(answer.output?.message?.content).toEqual([{ text: 'echo: noon it' }]);
    expect(answer.stopReason).toBe('max_tokens');
    expect(answer.usage).toMatchObject({ inputTokens: 7, outputTokens: 3, totalTokens: 10 });
  });

  test('calls a marked tool, whole and streamed', async () => {
    const input = say('[[tool:weather {"city": "Bern"}]]', {
      toolConfig: { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }] },
    });
    const answer = await overHttp2.send(new ConverseCommand(input));
    expect(answer.stopReason).toBe('tool_use');
    expect(answer.output?.message?.content?.[0]?.toolUse).toMatchObject({ name: 'weather', input: { city: 'Bern' } });
    const { stream } = await overHttp2.send(new ConverseStreamCommand(input));
    const events = await collect(stream);
    expect(events.find((event) => event.contentBlockStart)?.contentBlockStart?.start?.toolUse?.name).toBe('weather');
    const parts = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? '').join('');
    expect(JSON.parse(parts)).toEqual({ city: 'Bern' });
  });

  test('writes a prefix to the cache once and reads it after', async () => {
    const input = say('and now', {
      modelId: SONNET,
      system: [{ text: 'a long introduction' }, { cachePoint: { type: 'default' } }],
    });
    const first = await overHttp2.send(new ConverseCommand(input));
    expect(first.usage).toMatchObject({ inputTokens: 2, cacheWriteInputTokens: 3, cacheReadInputTokens: 0 });
    const second = await overHttp2.send(new ConverseCommand(input));
    expect(second.usage).toMatchObject({ inputTokens: 2, cacheWriteInputTokens: 0, cacheReadInputTokens: 3 });
  });

  test('refuses an unknown model, a model that needs a profile, and a body without messages', async () => {
    const converse = (input: ConverseCommandInput) => nameOf(overHttp2.send(new ConverseCommand(input)));
    expect(await converse(say('x', { modelId: 'amazon.nope-v1:0' }))).toBe('ValidationException');
    expect(await converse(say('x', { modelId: SONNET.slice(3) }))).toBe('ValidationException');
    expect(await converse(say('x', { modelId: 'amazon.titan-embed-text-v2:0' }))).toBe('ValidationException');
    expect(await converse({ modelId: NOVA, messages: [] })).toBe('ValidationException');
  });

  test.each(['http2', 'http1'])('streams one delta a token over %s', async (protocol) => {
    const client = protocol === 'http2' ? overHttp2 : overHttp1;
    const { stream } = await client.send(new ConverseStreamCommand(say('one  two', { modelId: SONNET })));
    const events = await collect(stream);
    expect(events.map((event) => Object.keys(event)[0])).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '').join('')).toBe('echo: one  two');
    expect(events.at(-1)?.metadata?.usage).toMatchObject({ inputTokens: 2, outputTokens: 3 });
    expect(lastCall()).toMatchObject({ operation: 'ConverseStream', outcome: 'done', usage: { outputTokens: 3 } });
  });

  test('adds reasoning before the answer', async () => {
    const { stream } = await overHttp2.send(new ConverseStreamCommand(say('[[reasoning]] so', { modelId: SONNET })));
    const deltas = (await collect(stream)).map(({ contentBlockDelta }) => contentBlockDelta);
    expect(deltas.some((delta) => delta?.delta?.reasoningContent?.text)).toBe(true);
    expect(deltas.find((delta) => delta?.delta?.text)?.contentBlockIndex).toBe(1);
  });
});

describe("InvokeModel in each vendor's own body", () => {
  const BODIES: [string, string, object, Record<string, unknown>][] = [
    [
      'Anthropic',
      SONNET,
      {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 100,
        system: 'be kind',
        messages: [{ role: 'user', content: 'a b' }],
      },
      { content: [{ type: 'text', text: 'echo: a b' }], stop_reason: 'end_turn' },
    ],
    [
      'Nova',
      NOVA,
      {
        messages: [{ role: 'user', content: [{ text: 'a b' }] }],
        system: [{ text: 'be kind' }],
        inferenceConfig: { maxTokens: 100 },
      },
      { output: { message: { role: 'assistant', content: [{ text: 'echo: a b' }] } }, stopReason: 'end_turn' },
    ],
    [
      'Llama',
      LLAMA,
      { prompt: 'be kind <|start_header_id|>user<|end_header_id|>\n\na b', max_gen_len: 100 },
      { generation: 'echo: a b', prompt_token_count: 5, generation_token_count: 3, stop_reason: 'stop' },
    ],
    [
      'Claude 2 text',
      'anthropic.claude-v2:1',
      { prompt: 'kind\n\nHuman: a b\n\nAssistant:', max_tokens_to_sample: 100 },
      { completion: 'echo: a b', stop_reason: 'stop_sequence' },
    ],
  ];

  test.each(BODIES)('%s', async (_name, modelId, body, expected) => {
    const input = { modelId, body: JSON.stringify(body), contentType: 'application/json' };
    const answer = await overHttp2.send(new InvokeModelCommand(input));
    expect(json(answer.body)).toMatchObject(expected);
    const usage = lastCall()?.usage;
    expect(usage).toMatchObject({ outputTokens: 3 });

    const { body: stream } = await overHttp2.send(new InvokeModelWithResponseStreamCommand(input));
    const chunks = (await collect(stream)).map(({ chunk }) => json(chunk?.bytes));
    expect(chunks.length).toBeGreaterThan(3);
    expect(JSON.stringify(chunks)).toContain('echo:');
    expect(chunks.at(-1)?.['amazon-bedrock-invocationMetrics']).toMatchObject({
      inputTokenCount: usage?.inputTokens,
      outputTokenCount: 3,
    });
  });

  test('says the token counts in headers', async () => {
    const command = new InvokeModelCommand({
      modelId: NOVA,
      body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'a b c' }] }] }),
    });
    const seen: Record<string, string> = {};
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        Object.assign(seen, (result.response as { headers: object }).headers);
        return result;
      },
      { step: 'deserialize', priority: 'low' },
    );
    await overHttp1.send(command);
    expect(seen).toMatchObject({
      'x-amzn-bedrock-input-token-count': '3',
      'x-amzn-bedrock-output-token-count': '4',
    });
  });

  test('embeds text as a unit vector of the dimensions asked for', async () => {
    const embed = async (body: object) =>
      json(
        (
          await overHttp2.send(
            new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body: JSON.stringify(body) }),
          )
        ).body,
      );
    const { embedding, inputTextTokenCount } = await embed({ inputText: 'a b' });
    expect(embedding).toHaveLength(1024);
    expect(Math.hypot(...(embedding as number[]))).toBeCloseTo(1, 12);
    expect(inputTextTokenCount).toBe(2);
    expect((await embed({ inputText: 'a b', dimensions: 256 })).embedding).toHaveLength(256);
  });
});

describe('SageMaker', () => {
  const chat = { messages: [{ role: 'user', content: 'a b' }], max_tokens: 100 };

  test('answers OpenAI messages and {inputs, parameters}', async () => {
    const invoke = async (body: object) =>
      json(
        (await sagemaker.send(new InvokeEndpointCommand({ EndpointName: 'mixtral-8x7b', Body: JSON.stringify(body) })))
          .Body,
      );
    expect(await invoke(chat)).toMatchObject({
      choices: [{ message: { content: 'echo: a b' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 },
    });
    expect(await invoke({ inputs: 'a b c', parameters: { max_new_tokens: 2 } })).toMatchObject([
      { generated_text: 'echo: a' },
    ]);
    expect(lastCall()).toMatchObject({ service: 'sagemaker', operation: 'InvokeEndpoint', model: 'mixtral-8x7b' });
  });

  test('streams server-sent events and ends them', async () => {
    const { Body } = await sagemaker.send(
      new InvokeEndpointWithResponseStreamCommand({
        EndpointName: 'mixtral-8x7b',
        Body: JSON.stringify({ ...chat, stream: true, stream_options: { include_usage: true } }),
      }),
    );
    const text = (await collect(Body))
      .map(({ PayloadPart }) => Buffer.from(PayloadPart?.Bytes ?? []).toString())
      .join('');
    expect(text).toContain('"completion_tokens":3');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('does not know another endpoint', async () => {
    const command = new InvokeEndpointCommand({ EndpointName: 'nope', Body: JSON.stringify(chat) });
    expect(await nameOf(sagemaker.send(command))).toBe('ValidationError');
  });
});

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
    await vi.waitFor(() => expect(lastCall()).toMatchObject({ outcome: 'failed', usage: { outputTokens: 4 } }));
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
    await vi.waitFor(() => expect(lastCall()?.seq).toBe(before + 1));
    expect(lastCall()?.outcome).toBeNull();
    leaving.abort();
    expect(await answer).toBe('AbortError');
    await vi.waitFor(() => expect(lastCall()?.outcome).toBe('aborted'));
  });

  test('delays an answer without holding up others', async () => {
    await fault({ service: 'bedrock', times: 1, fault: { delayMs: 100 } });
    const order: string[] = [];
    const before = lastCall()?.seq ?? 0;
    const delayed = overHttp2.send(new ConverseCommand(say('x'))).then(() => order.push('delayed'));
    await vi.waitFor(() => expect(lastCall()?.seq).toBe(before + 1));
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
