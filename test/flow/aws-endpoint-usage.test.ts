import {
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anthropicCaching } from './caching.ts';
import { collect, ModelsEndpoint, NOVA, SONNET, say } from './models-endpoint.ts';
import { nameOf } from './outcome.ts';

/** What the local Bedrock says that a call used, in its answer and in its calls list. */

let endpoint: ModelsEndpoint;

beforeAll(async () => {
  endpoint = await ModelsEndpoint.start();
});

afterAll(() => endpoint.close());

const last = () => endpoint.lastCall();
const json = (body: Uint8Array | undefined) => JSON.parse(Buffer.from(body ?? []).toString());
const invoke = async (modelId: string, body: object, more = {}) => {
  const input = { modelId, body: JSON.stringify(body), contentType: 'application/json', ...more };
  const answer = await endpoint.overHttp2.send(new InvokeModelCommand(input));
  return { ...answer, said: json(answer.body) };
};

test('every answer, refusals too, has the request id of its entry in the calls list', async () => {
  const good = await endpoint.overHttp2.send(new ConverseCommand(say('hello')));
  expect(good.$metadata.requestId).toBe(last()?.requestId);
  const refused = await endpoint.overHttp2
    .send(new ConverseCommand(say('x', { modelId: 'amazon.nope-v1:0' })))
    .catch((error) => error);
  expect(refused.$metadata.requestId).toBe(last()?.requestId);
  expect(refused.$metadata.requestId).not.toBe(good.$metadata.requestId);
});

describe('a cache for an hour', () => {
  const system = (id: string) => [
    { text: `four words of ${id}` },
    { cachePoint: { type: 'default' as const, ttl: '1h' as const } },
    { text: 'two more' },
    { cachePoint: { type: 'default' as const } },
  ];
  const details = [
    { ttl: '1h', inputTokens: 4 },
    { ttl: '5m', inputTokens: 2 },
  ];

  test('is told apart from one for five minutes by Converse', async () => {
    const input = say('and now', { modelId: SONNET, system: system('converse') });
    const { usage } = await endpoint.overHttp2.send(new ConverseCommand(input));
    expect(usage).toMatchObject({ inputTokens: 2, cacheWriteInputTokens: 6, cacheDetails: details });
    expect(last()?.usage).toMatchObject({ cacheWriteInputTokens: 6, cacheDetails: details });
    const again = await endpoint.overHttp2.send(new ConverseCommand(input));
    expect(again.usage).toMatchObject({ cacheReadInputTokens: 6, cacheWriteInputTokens: 0 });
    expect(again.usage?.cacheDetails).toBeUndefined();
  });

  test('is told apart by ConverseStream in its metadata', async () => {
    const input = say('and now', { modelId: SONNET, system: system('stream') });
    const { stream } = await endpoint.overHttp2.send(new ConverseStreamCommand(input));
    expect((await collect(stream)).at(-1)?.metadata?.usage?.cacheDetails).toEqual(details);
  });

  test("is told apart by Anthropic's own body, whole and in the first chunk of a stream", async () => {
    const creation = { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 4 };
    const { said } = await invoke(SONNET, anthropicCaching('whole'));
    expect(said.usage).toMatchObject({ cache_creation_input_tokens: 6, cache_creation: creation });
    const { body: events } = await endpoint.overHttp2.send(
      new InvokeModelWithResponseStreamCommand({ modelId: SONNET, body: JSON.stringify(anthropicCaching('streamed')) }),
    );
    const [first] = (await collect(events)).map(({ chunk }) => json(chunk?.bytes));
    expect(first.message.usage.cache_creation).toEqual(creation);
  });

  test('a lifetime that there is not is refused', async () => {
    const input = say('x', { system: [{ text: 'a' }, { cachePoint: { type: 'default', ttl: '24h' as '1h' } }] });
    expect(await nameOf(endpoint.overHttp2.send(new ConverseCommand(input)))).toBe('ValidationException');
  });
});

describe('reasoning', () => {
  const body = { messages: [{ role: 'user', content: '[[reasoning]] why' }] };

  test("is counted apart in OpenAI's own body, as a part of the output", async () => {
    const { said } = await invoke('openai.gpt-oss-20b-1:0', body);
    expect(said.choices[0].message.content).toBe(
      '<reasoning>The answer repeats 2 tokens.</reasoning>echo: [[reasoning]] why',
    );
    expect(said.usage).toEqual({
      prompt_tokens: 2,
      completion_tokens: 8,
      total_tokens: 10,
      completion_tokens_details: { reasoning_tokens: 5 },
    });
    expect(last()?.usage).toMatchObject({ outputTokens: 8, reasoningTokens: 5 });
  });

  test('is counted apart in the last chunk of a stream, beside the counts of Bedrock', async () => {
    const { body: events } = await endpoint.overHttp2.send(
      new InvokeModelWithResponseStreamCommand({ modelId: 'openai.gpt-oss-20b-1:0', body: JSON.stringify(body) }),
    );
    const final = (await collect(events)).map(({ chunk }) => json(chunk?.bytes)).at(-1);
    expect(final.usage.completion_tokens_details).toEqual({ reasoning_tokens: 5 });
    expect(final['amazon-bedrock-invocationMetrics']).toMatchObject({ inputTokenCount: 2, outputTokenCount: 8 });
  });
});

describe('images', () => {
  const paint = (text: string, numberOfImages?: number) => ({
    taskType: 'TEXT_IMAGE',
    textToImageParams: { text },
    imageGenerationConfig: { width: 512, height: 512, ...(numberOfImages === undefined ? {} : { numberOfImages }) },
  });

  test.each(['amazon.nova-canvas-v1:0', 'amazon.titan-image-generator-v2:0'])(
    '%s makes as many as asked for',
    async (id) => {
      const { said } = await invoke(id, paint('a cat', 3));
      expect(said.error).toBeNull();
      expect(said.images).toHaveLength(3);
      for (const image of said.images) {
        const bytes = Buffer.from(image, 'base64');
        expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
        expect(bytes.subarray(-8, -4).toString('latin1')).toBe('IEND');
      }
      expect(last()?.usage).toMatchObject({ inputTokens: 0, outputTokens: 0, images: 3 });
      expect((await invoke(id, paint('a cat', 3))).said).toEqual(said);
      expect((await invoke(id, paint('a dog', 3))).said).not.toEqual(said);
    },
  );

  test('one when it is not said how many, and one a call of Stability AI', async () => {
    expect((await invoke('amazon.nova-canvas-v1:0', paint('a cat'))).said.images).toHaveLength(1);
    const { said } = await invoke('stability.stable-image-core-v1:1', { prompt: 'a cat' });
    expect(said).toMatchObject({ finish_reasons: [null], images: [expect.any(String)] });
    expect(last()?.usage).toMatchObject({ images: 1 });
  });

  test.each([
    ['more than five', paint('a cat', 6)],
    ['none', paint('a cat', 0)],
    ['a task that there is not', { ...paint('a cat'), taskType: 'VIDEO' }],
  ])('%s are refused', async (_, body) => {
    expect(await nameOf(invoke('amazon.nova-canvas-v1:0', body))).toBe('ValidationException');
  });

  test('no text is asked of a model that makes none', async () => {
    const converse = new ConverseCommand(say('x', { modelId: 'amazon.nova-canvas-v1:0' }));
    expect(await nameOf(endpoint.overHttp2.send(converse))).toBe('ValidationException');
  });
});

test('vectors are counted, one for Titan and one a text for Cohere', async () => {
  await invoke('amazon.titan-embed-text-v2:0', { inputText: 'two words' });
  expect(last()?.usage).toMatchObject({ inputTokens: 2, outputTokens: 0, embeddings: 1 });
  const input = { texts: ['a', 'b c'], input_type: 'search_document' };
  const { said } = await invoke('cohere.embed-english-v3', input);
  expect(said).toMatchObject({
    response_type: 'embeddings_floats',
    embeddings: [expect.any(Array), expect.any(Array)],
  });
  expect(last()?.usage).toMatchObject({ inputTokens: 3, embeddings: 2 });
  const typed = await invoke('cohere.embed-english-v3', { ...input, embedding_types: ['float'] });
  expect(typed.said.embeddings.float).toEqual(said.embeddings);
});

describe('a service tier', () => {
  test('is said in the answer and in the calls list, by each operation in its place', async () => {
    const input = say('hello', { serviceTier: { type: 'priority' } });
    const whole = await endpoint.overHttp2.send(new ConverseCommand(input));
    expect(whole.serviceTier).toEqual({ type: 'priority' });
    expect(last()?.serviceTier).toBe('priority');
    const { stream } = await endpoint.overHttp2.send(new ConverseStreamCommand(input));
    expect((await collect(stream)).at(-1)?.metadata?.serviceTier).toEqual({ type: 'priority' });
    const body = { messages: [{ role: 'user', content: [{ text: 'hello' }] }] };
    expect((await invoke(NOVA, body, { serviceTier: 'flex' })).serviceTier).toBe('flex');
    expect(last()?.serviceTier).toBe('flex');
    const streamed = await endpoint.overHttp2.send(
      new InvokeModelWithResponseStreamCommand({ modelId: NOVA, body: JSON.stringify(body), serviceTier: 'flex' }),
    );
    expect(streamed.serviceTier).toBe('flex');
    await collect(streamed.body);
  });

  test('is not said by a call that asked for none, and refused where there is no such tier', async () => {
    const whole = await endpoint.overHttp2.send(new ConverseCommand(say('hello')));
    expect(whole.serviceTier).toBeUndefined();
    expect(last()?.serviceTier).toBeNull();
    const unknown = say('hello', { serviceTier: { type: 'turbo' as 'flex' } });
    expect(await nameOf(endpoint.overHttp2.send(new ConverseCommand(unknown)))).toBe('ValidationException');
  });
});
