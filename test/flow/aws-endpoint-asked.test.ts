import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, ModelsEndpoint, NOVA, SONNET, say } from './models-endpoint.ts';
import { nameOf } from './outcome.ts';

/** What a request may ask of a model beside an answer: a tool's call, JSON of a schema, reasoning; in every format. */

let endpoint: ModelsEndpoint;
let client: BedrockRuntimeClient;

beforeAll(async () => {
  endpoint = await ModelsEndpoint.start();
  client = endpoint.overHttp1;
});

afterAll(() => endpoint.close());

const GPT = 'openai.gpt-oss-20b-1:0';
const schema = { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } } };
const fits = (text: string) => ({ city: `echo: ${text}`, days: 1 });

/** One body in each format that has these things, with its text. */
const bodies = {
  anthropic: (more: object) => ({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'to Bern' }],
    ...more,
  }),
  openai: (more: object) => ({ messages: [{ role: 'user', content: 'to Bern' }], ...more }),
};

/** As a client that knows the format reads it. */
type Parsed = ReturnType<typeof JSON.parse>;

async function invoke(modelId: string, body: object): Promise<Parsed> {
  const answer = await client.send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) }));
  return JSON.parse(Buffer.from(answer.body).toString());
}

async function invokeStream(modelId: string, body: object): Promise<Parsed[]> {
  const answer = await client.send(new InvokeModelWithResponseStreamCommand({ modelId, body: JSON.stringify(body) }));
  return (await collect(answer.body)).map(({ chunk }) => JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()));
}

async function converse(more: Partial<ConverseCommandInput>) {
  const input = say('to Bern', more);
  const { output, usage, stopReason } = await client.send(new ConverseCommand(input));
  const { stream } = await client.send(new ConverseStreamCommand(input));
  const events = await collect(stream);
  return { content: output?.message?.content ?? [], usage, stopReason, events };
}

describe('a tool that must be called', () => {
  const toolSpecs = ['clock', 'weather'].map((name) => ({ toolSpec: { name, inputSchema: { json: schema } } }));

  test.each([
    [{ any: {} }, 'clock'],
    [{ tool: { name: 'weather' } }, 'weather'],
  ])('by Converse for %j', async (toolChoice, name) => {
    const { content, stopReason, usage, events } = await converse({ toolConfig: { tools: toolSpecs, toolChoice } });
    expect(content).toEqual([{ toolUse: expect.objectContaining({ name, input: fits('to Bern') }) }]);
    expect(stopReason).toBe('tool_use');
    expect(usage?.outputTokens).toBe(4);
    const parts = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? '').join('');
    expect(JSON.parse(parts)).toEqual(fits('to Bern'));
    expect(events.at(-1)?.metadata?.usage).toMatchObject({ outputTokens: 4 });
  });

  test("by Anthropic's format, and none where none may", async () => {
    const tools = ['clock', 'weather'].map((name) => ({ name, input_schema: schema }));
    const ask = (tool_choice: object) => invoke(SONNET, bodies.anthropic({ tools, tool_choice }));
    expect(await ask({ type: 'any' })).toMatchObject({ content: [{ name: 'clock', input: fits('to Bern') }] });
    expect(await ask({ type: 'tool', name: 'weather' })).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'weather', input: fits('to Bern') }],
    });
    expect(await ask({ type: 'none' })).toMatchObject({ content: [{ type: 'text', text: 'echo: to Bern' }] });
    const chunks = await invokeStream(SONNET, bodies.anthropic({ tools, tool_choice: { type: 'any' } }));
    expect(chunks.map(({ delta }) => delta?.partial_json ?? '').join('')).toBe(JSON.stringify(fits('to Bern')));
  });

  test("by OpenAI's format, after its result too", async () => {
    const tools = ['clock', 'weather'].map((name) => ({ type: 'function', function: { name, parameters: schema } }));
    const ask = async (more: object) =>
      (await invoke(GPT, bodies.openai({ tools, ...more }))).choices[0].message.tool_calls?.map(
        (call: { function: { name: string; arguments: string } }) => [
          call.function.name,
          JSON.parse(call.function.arguments),
        ],
      );
    expect(await ask({ tool_choice: 'required' })).toEqual([['clock', fits('to Bern')]]);
    const weather = { type: 'function', function: { name: 'weather' } };
    expect(await ask({ tool_choice: weather })).toEqual([['weather', fits('to Bern')]]);
    expect(await ask({ tool_choice: 'auto' })).toBeUndefined();
    const messages = [
      { role: 'user', content: 'to Bern' },
      { role: 'tool', tool_call_id: 't', content: 'rain' },
    ];
    expect(await ask({ messages, tool_choice: weather })).toEqual([['weather', fits('rain')]]);
    expect(await ask({ messages })).toBeUndefined();
  });

  test('is refused when it was not given', async () => {
    const choosing = say('x', { toolConfig: { tools: toolSpecs, toolChoice: { tool: { name: 'other' } } } });
    expect(await nameOf(client.send(new ConverseCommand(choosing)))).toBe('ValidationException');
    const body = bodies.anthropic({ tool_choice: { type: 'any' } });
    expect(await nameOf(invoke(SONNET, body))).toBe('ValidationException');
  });
});

describe('JSON that fits a schema', () => {
  const json = JSON.stringify(fits('to Bern'));

  test('is the text of Converse, whole and streamed', async () => {
    const jsonSchema = { name: 'trip', schema: JSON.stringify(schema) };
    const more = { outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } } };
    const { content, usage, events } = await converse(more as Partial<ConverseCommandInput>);
    expect(content).toEqual([{ text: json }]);
    expect(usage?.outputTokens).toBe(3);
    expect(events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '').join('')).toBe(json);
  });

  test.each([
    ['output_config', { output_config: { format: { type: 'json_schema', schema } } }],
    ['output_format', { output_format: { type: 'json_schema', schema } }],
  ])("is the text of Anthropic's format by %s", async (_, more) => {
    expect(await invoke(SONNET, bodies.anthropic(more))).toMatchObject({ content: [{ text: json }] });
    const chunks = await invokeStream(SONNET, bodies.anthropic(more));
    expect(chunks.map(({ delta }) => delta?.text ?? '').join('')).toBe(json);
  });

  test("is the content of OpenAI's format, and any object where no schema is given", async () => {
    const content = async (response_format: object) =>
      (await invoke(GPT, bodies.openai({ response_format }))).choices[0].message.content;
    expect(await content({ type: 'json_schema', json_schema: { name: 'trip', strict: true, schema } })).toBe(json);
    expect(await content({ type: 'json_object' })).toBe('{"text":"echo: to Bern"}');
    expect(await content({ type: 'text' })).toBe('echo: to Bern');
  });
});

describe('reasoning on request', () => {
  test.each([
    { thinking: { type: 'enabled', budget_tokens: 1024 } },
    { reasoning_config: { type: 'enabled', budget_tokens: 1024 } },
    { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } },
  ])('begins the answer of Converse for %j, and is counted', async (additionalModelRequestFields) => {
    const { content, usage, events } = await converse({ modelId: SONNET, additionalModelRequestFields });
    const [thought, text] = content;
    expect(thought?.reasoningContent?.reasoningText?.signature).toMatch(/^[\w-]{20,}$/);
    expect(text).toEqual({ text: 'echo: to Bern' });
    expect(usage).toMatchObject({ inputTokens: 2, outputTokens: 3 + 5, totalTokens: 10 });
    const deltas = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.reasoningContent);
    expect(deltas.map((delta) => delta?.text ?? '').join('')).toBe(thought?.reasoningContent?.reasoningText?.text);
    expect(deltas.find((delta) => delta?.signature)?.signature).toBe(
      thought?.reasoningContent?.reasoningText?.signature,
    );
    expect(endpoint.lastCall()?.usage).toMatchObject({ outputTokens: 8 });
  });

  test("begins the answer of Anthropic's format, and does not where it is disabled", async () => {
    const body = (type: string) => bodies.anthropic({ max_tokens: 1_100, thinking: { type, budget_tokens: 1024 } });
    expect(await invoke(SONNET, body('enabled'))).toMatchObject({
      content: [{ type: 'thinking', signature: expect.stringMatching(/./) }, { type: 'text' }],
      usage: { output_tokens: 8 },
    });
    expect(await invoke(SONNET, body('disabled'))).toMatchObject({ content: [{ type: 'text' }] });
    const chunks = await invokeStream(SONNET, body('enabled'));
    expect(chunks.some(({ delta }) => delta?.type === 'signature_delta')).toBe(true);
  });

  test("stands in the text of OpenAI's format, and is told apart", async () => {
    const { choices, usage } = await invoke(GPT, bodies.openai({ reasoning_effort: 'low' }));
    expect(choices[0].message.content).toMatch(/^<reasoning>.+<\/reasoning>echo: to Bern$/);
    expect(usage).toMatchObject({ completion_tokens: 8, completion_tokens_details: { reasoning_tokens: 5 } });
  });
});

describe('the calls list', () => {
  test('has a digest of what reached the model, and none of its words', async () => {
    const bytes = Buffer.from('secret');
    await converse({
      system: [{ text: 'secret' }],
      messages: [
        {
          role: 'user',
          content: [
            { text: 'secret' },
            { image: { format: 'png', source: { bytes } } },
            {
              toolResult: { toolUseId: 't', content: [{ document: { name: 'n', format: 'pdf', source: { bytes } } }] },
            },
          ],
        },
      ],
      toolConfig: { tools: [{ toolSpec: { name: 'clock', inputSchema: { json: {} } } }], toolChoice: { any: {} } },
      inferenceConfig: { maxTokens: 9 },
      requestMetadata: { secret: 'secret' },
    });
    const request = endpoint.lastCall()?.request;
    expect(request).toEqual({
      operation: 'ConverseStream',
      members: expect.arrayContaining(['messages', 'inferenceConfig', 'inferenceConfig.maxTokens', 'toolConfig.tools']),
      tools: ['clock'],
      toolChoice: { any: {} },
      images: 1,
      documents: 1,
    });
    expect(JSON.stringify(request)).not.toContain('secret');
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
    const tools = [{ name: 'weather', input_schema: schema }];
    const messages = [{ role: 'user', content: [image, { type: 'text', text: 'secret' }] }];
    await invoke(SONNET, bodies.anthropic({ messages, tools, tool_choice: { type: 'auto' } }));
    expect(endpoint.lastCall()?.request).toMatchObject({
      operation: 'InvokeModel',
      tools: ['weather'],
      toolChoice: { type: 'auto' },
      images: 1,
      documents: 0,
    });
  });

  test('has none of a call that was refused before it, or of no model', async () => {
    await nameOf(client.send(new InvokeModelCommand({ modelId: NOVA, body: 'no JSON' })));
    expect(endpoint.lastCall()?.request).toBeNull();
  });
});
