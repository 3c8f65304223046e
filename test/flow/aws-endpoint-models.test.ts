import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, LLAMA, ModelsEndpoint, NOVA, SONNET, say } from './models-endpoint.ts';
import { nameOf } from './outcome.ts';

let endpoint: ModelsEndpoint;
let overHttp2: BedrockRuntimeClient;
let overHttp1: BedrockRuntimeClient;
let sagemaker: SageMakerRuntimeClient;

beforeAll(async () => {
  endpoint = await ModelsEndpoint.start();
  ({ overHttp2, overHttp1, sagemaker } = endpoint);
});

afterAll(() => endpoint.close());

const lastCall = () => endpoint.lastCall();
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

describe('what a model cannot take is refused in Bedrock’s words', () => {
  const image = { image: { format: 'png' as const, source: { bytes: Buffer.from('x') } } };
  const TITAN = 'amazon.titan-text-express-v1';
  const GPT = 'openai.gpt-oss-20b-1:0';

  test.each([LLAMA, GPT, TITAN, 'amazon.nova-micro-v1:0'])('pictures by %s', async (modelId) => {
    const shown = { modelId, messages: [{ role: 'user' as const, content: [{ text: 'see' }, image] }] };
    for (const command of [new ConverseCommand(shown), new ConverseStreamCommand(shown)])
      await expect(overHttp2.send(command as ConverseCommand)).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining("doesn't support the image content block"),
      });
    expect(await overHttp2.send(new ConverseCommand({ ...shown, modelId: NOVA }))).toMatchObject({
      stopReason: 'end_turn',
    });
  });

  test('a picture in a body of a model’s own', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'data:image/png;base64,eA==' } }];
    const body = JSON.stringify({ messages: [{ role: 'user', content }] });
    expect(await nameOf(overHttp2.send(new InvokeModelCommand({ modelId: GPT, body })))).toBe('ValidationException');
  });

  test('thoughts of Claude beside what they exclude, by Converse', async () => {
    const think = (budget_tokens: number, more: Partial<ConverseCommandInput> = {}) =>
      say('so', {
        modelId: SONNET,
        inferenceConfig: { maxTokens: 4_000 },
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens } },
        ...more,
      });
    const refused = async (input: ConverseCommandInput, said: string) =>
      expect(overHttp2.send(new ConverseCommand(input))).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining(said),
      });
    await refused(think(1_023), 'greater than or equal to 1024');
    await refused(think(4_000), '`max_tokens` must be greater');
    await refused(think(1_024, { inferenceConfig: { maxTokens: 4_000, temperature: 0 } }), '`temperature`');
    const tools = [{ toolSpec: { name: 'clock', inputSchema: { json: {} } } }];
    await refused(think(1_024, { toolConfig: { tools, toolChoice: { any: {} } } }), 'forces tool use');
    expect(await overHttp2.send(new ConverseCommand(think(1_024)))).toMatchObject({ stopReason: 'end_turn' });
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
