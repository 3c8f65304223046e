import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI, { BadRequestError } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming, ChatCompletionMessageParam } from 'openai/resources';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** Chat completions by the unmodified SDK and its helpers, against models of each kind: of Converse, and of OpenAI's own form. */

let stack: Stack;
let sdk: OpenAI;
let mark: number;

const CLAUDE = 'claude-sonnet-4-5';
const NOVA = 'nova-lite';
const OSS = 'gpt-oss-120b';
const MODELS = [CLAUDE, NOVA, OSS];

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  const entry = JSON.parse((await stack.cli('model', 'show', NOVA, '--format', 'json')).stdout);
  const file = join(stack.dataDir, 'gpt-oss.json');
  const modelId = 'openai.gpt-oss-120b-1:0';
  const target = { ...entry.target, modelId, arn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}` };
  writeFileSync(file, JSON.stringify({ ...entry, id: OSS, target, version: undefined }));
  for (const args of [
    ['model', 'put', file],
    ['grant', 'acme', OSS],
    ['grant', 'globex', OSS, '--max-tokens', '3', '--tiers', 'default'],
  ]) {
    const { code, stderr } = await stack.cli(...args);
    if (code !== 0) throw new Error(stderr);
  }
  sdk = await client('acme-app');
});

beforeEach(async () => {
  mark = await stack.mark();
});

afterAll(() => stack.remove());

async function client(name: string): Promise<OpenAI> {
  return new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: await stack.token(name), maxRetries: 0 });
}

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

const weather = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: CITY,
    parse: JSON.parse,
    function: async ({ city }: { city: string }) => `sunny in ${city}`,
  },
};

const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: CITY, strict: true } }];
const PARIS = '[[tool:get_weather {"city":"Paris"}]]';

/** What reached the models, by the endpoint's own list. */
async function reached() {
  return (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
}

const requested = async () => (await reached()).map(({ request }) => request);

describe.each(MODELS)('%s', (model) => {
  test('is called in a loop of tools by the SDK itself, whole and streamed', async () => {
    const body = { model, messages: [user(`go ${PARIS} [[tool:get_weather {"city":"Rome"}]]`)], tools: [weather] };
    const whole = await sdk.chat.completions.runTools(body).finalContent();
    const streamed = await sdk.chat.completions.runTools({ ...body, stream: true }).finalContent();
    expect(whole).toContain('sunny in Rome');
    expect(streamed).toBe(whole);
    expect((await requested()).map((request) => request?.tools)).toEqual(Array(4).fill(['get_weather']));
  });

  test('streams the arguments of its calls, by each call’s index', async () => {
    const stream = sdk.chat.completions.stream({ model, tools, messages: [user(`${PARIS} ${PARIS} [[reasoning]]`)] });
    const { choices } = await stream.finalChatCompletion();
    const calls = choices[0]?.message.tool_calls;
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(calls?.map((call) => call.type === 'function' && JSON.parse(call.function.arguments))).toEqual([
      { city: 'Paris' },
      { city: 'Paris' },
    ]);
    expect(new Set(calls?.map(({ id }) => id)).size).toBe(2);
  });

  test('answers by a schema, whole and streamed', async () => {
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'city', schema: CITY, strict: true },
    };
    const body = { model, messages: [user('hi')], response_format };
    const { choices } = await sdk.chat.completions.parse(body);
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { parsed: { city: 'echo: hi' } } });
    const streamed = await sdk.chat.completions.stream(body).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual({ city: 'echo: hi' });
    const [request] = await requested();
    if (model === CLAUDE) expect(request?.members).toContain('outputConfig.textFormat');
    if (model === NOVA) expect(request).toMatchObject({ toolChoice: { tool: { name: 'json_answer' } } });
    if (model === OSS) expect(request?.members).toContain('response_format.json_schema');
  });

  test('answers with some object', async () => {
    const response_format = { type: 'json_object' as const };
    const { choices } = await sdk.chat.completions.create({ model, messages: [user('hi')], response_format });
    expect(JSON.parse(choices[0]?.message.content ?? '')).toBeTypeOf('object');
    expect(choices[0]?.finish_reason).toBe('stop');
  });

  test('tells its usage in a last chunk without choices, if it is asked for', async () => {
    for (const include_usage of [true, false]) {
      const stream_options = { include_usage };
      const chunks = [];
      const body = { model, messages: [user('one two')], stream: true as const, stream_options };
      for await (const chunk of await sdk.chat.completions.create(body)) chunks.push(chunk);
      expect(chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(include_usage ? 1 : 0);
      if (include_usage)
        expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 });
      expect(chunks.every((chunk) => chunk.model === model && /^chatcmpl-[0-9a-f-]{36}$/.test(chunk.id))).toBe(true);
    }
  });

  test('takes back what it said, calls and thoughts included', async () => {
    const messages = [user(`go ${PARIS} [[reasoning]]`)];
    const { choices } = await sdk.chat.completions.create({ model, messages, tools });
    const said = choices[0]?.message;
    const call = said?.tool_calls?.[0];
    if (said === undefined || call === undefined) throw new Error('no call');
    expect(said).toMatchObject({ reasoning_content: expect.stringContaining('repeats') });
    messages.push(said, { role: 'tool', tool_call_id: call.id, content: [{ type: 'text', text: 'rain' }] });
    const next = await sdk.chat.completions.create({ model, messages, tools });
    expect(next.choices[0]?.message.content).toContain('echo: rain');
  });

  test('T9: fetches no picture, wherever its address stands', async () => {
    const image_url = { url: 'http://169.254.169.254/latest/meta-data/' };
    const call = sdk.chat.completions.create({
      model,
      messages: [user('hi'), { role: 'user', content: [{ type: 'image_url', image_url }] }],
    });
    await expect(call).rejects.toBeInstanceOf(BadRequestError);
    await expect(call).rejects.toMatchObject({ param: 'messages[1].content[0].image_url.url' });
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('is sold as it is asked for, and says so', async () => {
    const { service_tier } = await sdk.chat.completions.create({
      model,
      messages: [user('hi')],
      service_tier: 'flex',
    });
    expect(service_tier).toBe('flex');
    expect((await reached()).at(-1)).toMatchObject({ serviceTier: 'flex' });
  });
});

describe('what Converse carries', () => {
  test('pictures and documents reach the model as such', async () => {
    const { choices } = await sdk.chat.completions.create({
      model: NOVA,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
            { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } },
          ],
        },
      ],
    });
    expect(choices[0]?.message.content).toBe('echo: look');
    expect(await requested()).toMatchObject([{ operation: 'Converse', images: 1, documents: 1 }]);
  });

  test('what is marked is cached, and the usage says what of it was written and what was read', async () => {
    const text = `a long beginning ${stack.port}`;
    const content = [{ type: 'text' as const, text, cache_control: { type: 'ephemeral' } }];
    const body = { model: CLAUDE, messages: [{ role: 'system' as const, content }, user('hi')] };
    const details = async () => (await sdk.chat.completions.create(body)).usage?.prompt_tokens_details;
    expect(await details()).toEqual({ cached_tokens: 0, cache_write_tokens: 4 });
    expect(await details()).toEqual({ cached_tokens: 4, cache_write_tokens: 0 });
  });

  test('an effort is a budget of the model’s own', async () => {
    const { choices } = await sdk.chat.completions.create({
      model: CLAUDE,
      messages: [user('hi')],
      reasoning_effort: 'low',
    });
    expect(choices[0]?.message).toMatchObject({ reasoning_content: expect.stringContaining('repeats') });
    expect((await requested())[0]?.members).toContain('additionalModelRequestFields.thinking');
  });

  test('one call at a time is one, whatever the model made', async () => {
    const body = { model: NOVA, messages: [user(`${PARIS} ${PARIS}`)], tools, parallel_tool_calls: false };
    const whole = await sdk.chat.completions.create(body);
    const streamed = await sdk.chat.completions.stream(body).finalChatCompletion();
    for (const { choices } of [whole, streamed]) expect(choices[0]?.message.tool_calls).toHaveLength(1);
  });

  test('T1: labels are the caller’s own, and make nobody another tenant', async () => {
    const metadata = { tenant: 'globex', TenantId: 'globex' };
    await sdk.chat.completions.create({ model: NOVA, messages: [user('hi')], user: 'globex', metadata });
    const [call] = await reached();
    expect(call?.caller?.tags).toMatchObject({ TenantId: 'acme' });
    expect(call?.request?.members).toContain('requestMetadata');
  });
});

describe('OpenAI’s own form', () => {
  test('reaches the model with every member that is newer than this gateway', async () => {
    const body = { model: OSS, messages: [user('hi')], brand_new: { a: 1 }, stop: ['zz'], seed: 7 };
    await sdk.chat.completions.create(body as ChatCompletionCreateParamsNonStreaming);
    expect(await requested()).toMatchObject([
      { operation: 'InvokeModel', members: ['messages', 'brand_new', 'stop', 'seed'] },
    ]);
  });

  test('thinks beside its text, streamed too', async () => {
    const body = { model: OSS, messages: [user('hi there')], reasoning_effort: 'low' as const };
    const { choices, usage } = await sdk.chat.completions.create(body);
    expect(choices[0]?.message).toMatchObject({ content: 'echo: hi there', reasoning_content: expect.any(String) });
    expect(usage?.completion_tokens_details?.reasoning_tokens).toBe(5);
    let text = '';
    let thought = '';
    for await (const chunk of await sdk.chat.completions.create({ ...body, stream: true })) {
      const delta = chunk.choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined;
      text += delta?.content ?? '';
      thought += delta?.reasoning_content ?? '';
    }
    expect([text, thought]).toEqual(['echo: hi there', 'The answer repeats 2 tokens.']);
  });

  test('stays under its grant: the longest answer, and the tiers', async () => {
    const globex = await client('globex-app');
    const { data, response } = await globex.chat.completions
      .create({ model: OSS, messages: [user('one two three four')], max_completion_tokens: 9 })
      .withResponse();
    expect(data).toMatchObject({ choices: [{ finish_reason: 'length', message: { content: 'echo: one two' } }] });
    expect(response.headers.get('x-tollgate-max-tokens')).toBe('3; by=grant');
    const flex = globex.chat.completions.create({ model: OSS, messages: [user('hi')], service_tier: 'flex' });
    await expect(flex).rejects.toBeInstanceOf(BadRequestError);
    await expect(flex).rejects.toMatchObject({ param: 'service_tier' });
  });

  test('U2: a stream that breaks is raised, and has no end marker', async () => {
    await stack.fault({ service: 'bedrock', times: 1, fault: { breakAfterEvents: 2 } });
    const read = async () => {
      const stream = await sdk.chat.completions.create({ model: OSS, messages: [user('a b c d')], stream: true });
      for await (const _ of stream);
    };
    await expect(read()).rejects.toBeInstanceOf(OpenAI.APIError);
  });

  test('what steers a guardrail is refused', async () => {
    const body = { model: OSS, messages: [user('hi')], 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } };
    await expect(sdk.chat.completions.create(body as ChatCompletionCreateParamsNonStreaming)).rejects.toMatchObject({
      param: 'amazon-bedrock-guardrailConfig',
    });
  });
});
