import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANTHROPIC, CONVERSE, FEATURES, type FeatureName, OPENAI, RESPONSES, type Said } from './compatibility.ts';
import { grantModels, ofBedrock } from './granted.ts';
import { Stack } from './stack.ts';

/**
 * docs/compatibility.md, made by asking: each cell is a call of the vendor's own SDK to the running gateway. It fails where the
 * page says something else, and `npx vitest run test/flow/compatibility.test.ts -u` writes the page anew.
 */

interface Model {
  name: string;
  id: string;
  /** Of those that the demo has not. */
  modelId?: string;
}

const CONVERSING: readonly Model[] = [
  { name: 'Claude', id: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { name: 'Nova', id: 'nova-lite' },
  { name: 'Llama', id: 'llama', modelId: 'meta.llama3-1-8b-instruct-v1:0' },
  { name: 'gpt-oss', id: 'gpt-oss', modelId: 'openai.gpt-oss-20b-1:0' },
  { name: 'SageMaker (LMI)', id: 'mixtral-8x7b' },
];
const EMBEDDING: readonly Model[] = [
  { name: 'Titan text', id: 'titan-embed-v2' },
  { name: 'Titan multimodal', id: 'titan-embed-image', modelId: 'amazon.titan-embed-image-v1' },
  { name: 'Cohere', id: 'cohere-embed', modelId: 'cohere.embed-v4:0' },
  { name: 'Nova', id: 'nova-embed', modelId: 'amazon.nova-2-multimodal-embeddings-v1:0' },
];
const PAINTING: readonly Model[] = [
  { name: 'Nova Canvas', id: 'nova-canvas', modelId: 'amazon.nova-canvas-v1:0' },
  { name: 'Titan', id: 'titan-image', modelId: 'amazon.titan-image-generator-v2:0' },
  { name: 'Stability AI', id: 'stable-image', modelId: 'stability.stable-image-core-v1:1' },
];
const ORDERING: readonly Model[] = [
  { name: 'Cohere', id: 'cohere-rerank', modelId: 'cohere.rerank-v3-5:0' },
  { name: 'Amazon', id: 'amazon-rerank', modelId: 'amazon.rerank-v1:0' },
];

let stack: Stack;
let openai: OpenAI;
let anthropic: Anthropic;
let bedrock: BedrockRuntimeClient;
let sagemaker: SageMakerRuntimeClient;

beforeAll(async () => {
  stack = await Stack.start();
  const added = [...CONVERSING, ...EMBEDDING, ...PAINTING, ...ORDERING];
  await grantModels(
    stack,
    added.flatMap(({ id, modelId }) => (modelId === undefined ? [] : [ofBedrock([id, modelId])])),
  );
  const token = await stack.token('acme-app');
  const { gateway } = stack;
  openai = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: token, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: gateway, authToken: token, apiKey: null, maxRetries: 0 });
  const aws = { endpoint: gateway, region: 'us-east-1', maxAttempts: 1 };
  bedrock = new BedrockRuntimeClient({ ...aws, token: { token }, authSchemePreference: ['httpBearerAuth'] });
  sagemaker = new SageMakerRuntimeClient({
    ...aws,
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
    signer: {
      sign: async (request) =>
        Object.assign(request, { headers: { ...request.headers, authorization: `Bearer ${token}` } }),
    },
  });
});

afterAll(async () => {
  bedrock.destroy();
  sagemaker.destroy();
  await stack.remove();
});

// biome-ignore lint/suspicious/noExplicitAny: requests are data here, and what came of them is looked at and not trusted.
type Json = any;

const COUNT = 'token count';
const isStreamed = (feature: FeatureName): boolean => feature.endsWith('streamed');

const OPENAI_SAYS = ({ choices, usage }: Json): Said => ({
  text: choices[0].message.content ?? '',
  tools: (choices[0].message.tool_calls ?? []).map((one: Json) => one.function.name),
  reasoning: choices[0].message.reasoning_content ?? '',
  usage: {
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
  },
});

const RESPONSES_SAY = ({ output, usage }: Json): Said => {
  const textsOf = (type: string, member: string): string =>
    output
      .filter((item: Json) => item.type === type)
      .flatMap((item: Json) => item[member] ?? [])
      .map((part: Json) => part.text ?? '')
      .join('');
  return {
    text: textsOf('message', 'content'),
    tools: output.flatMap((item: Json) => (item.type === 'function_call' ? [item.name] : [])),
    reasoning: textsOf('reasoning', 'content') + textsOf('reasoning', 'summary'),
    usage: {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_tokens_details?.cached_tokens ?? 0,
    },
  };
};

const ANTHROPIC_SAYS = ({ content, usage }: Json): Said => ({
  text: content.map((one: Json) => one.text ?? '').join(''),
  tools: content.flatMap((one: Json) => (one.type === 'tool_use' ? [one.name] : [])),
  reasoning: content.map((one: Json) => one.thinking ?? '').join(''),
  usage: { input: usage.input_tokens, output: usage.output_tokens, cached: usage.cache_read_input_tokens ?? 0 },
});

const CONVERSE_SAYS = ({ output, usage }: Json): Said => ({
  text: output.message.content.map((one: Json) => one.text ?? '').join(''),
  tools: output.message.content.flatMap((one: Json) => one.toolUse?.name ?? []),
  reasoning: output.message.content.map((one: Json) => one.reasoningContent?.reasoningText?.text ?? '').join(''),
  usage: { input: usage.inputTokens, output: usage.outputTokens, cached: usage.cacheReadInputTokens ?? 0 },
});

const NOTHING: Said = { text: '', tools: [], reasoning: '', usage: { input: 0, output: 0, cached: 0 } };

/** Chunks of OpenAI's streams as one answer. */
async function chunksOf(chunks: AsyncIterable<Json>): Promise<Said> {
  const message = { content: '', tool_calls: [] as Json[] };
  let usage: Json = {};
  for await (const chunk of chunks) {
    const delta = chunk.choices[0]?.delta ?? {};
    message.content += delta.content ?? '';
    for (const call of delta.tool_calls ?? []) if (call.function?.name) message.tool_calls.push(call);
    usage = chunk.usage ?? usage;
  }
  return OPENAI_SAYS({ choices: [{ message }], usage });
}

async function* sse(bytes: AsyncIterable<Uint8Array | undefined>): AsyncGenerator<Json> {
  let text = '';
  for await (const piece of bytes) text += Buffer.from(piece ?? []).toString();
  for (const [, data = ''] of text.matchAll(/^data: ?(\{.*)$/gm)) yield JSON.parse(data);
}

/** How each family's own body is written and read, for the clients that pass it on. */
const OWN: Record<
  string,
  { asks: typeof OPENAI; body(ask: Json): object; says(answer: Json): Said; delta(event: Json): string }
> = {
  Claude: {
    asks: ANTHROPIC,
    body: (ask) => ({ anthropic_version: 'bedrock-2023-05-31', ...ask }),
    says: ANTHROPIC_SAYS,
    delta: (event) => event.delta?.text ?? '',
  },
  Nova: {
    asks: CONVERSE,
    body: (ask) => ask,
    says: CONVERSE_SAYS,
    delta: (event) => event.contentBlockDelta?.delta.text ?? '',
  },
  Llama: {
    asks: { text: { prompt: 'hello' }, streamed: { prompt: 'hello' }, usage: { prompt: 'hello' } },
    body: (ask) => ask,
    says: (answer) => ({
      ...NOTHING,
      text: answer.generation,
      usage: { input: answer.prompt_token_count, output: answer.generation_token_count, cached: 0 },
    }),
    delta: (event) => event.generation ?? '',
  },
  'gpt-oss': {
    asks: OPENAI,
    body: (ask) => ask,
    says: OPENAI_SAYS,
    delta: (event) => event.choices?.[0]?.delta.content ?? '',
  },
};

/** What InvokeModel shows of the gateway; the rest of a body is the model's to understand. */
const PASSED: ReadonlySet<FeatureName> = new Set(['text', 'streamed', 'usage', 'system', 'tools', 'tool results']);

interface Client {
  name: string;
  /** Whether there is such a thing. */
  has(model: Model, feature: FeatureName): boolean;
  ask(model: Model, feature: FeatureName): Promise<Said>;
}

const CLIENTS: readonly Client[] = [
  {
    name: 'OpenAI, chat completions',
    has: (_, feature) => feature in OPENAI,
    ask({ id }, feature) {
      const body = { model: id, ...OPENAI[feature] } as Json;
      if (isStreamed(feature)) return openai.chat.completions.create({ ...body, stream: true }).then(chunksOf as Json);
      return openai.chat.completions.create(body).then(OPENAI_SAYS);
    },
  },
  {
    name: 'OpenAI, responses',
    has: (_, feature) => feature in RESPONSES,
    ask({ id }, feature) {
      const body = { model: id, ...RESPONSES[feature] } as Json;
      if (!isStreamed(feature)) return openai.responses.create(body).then(RESPONSES_SAY);
      return openai.responses.create({ ...body, stream: true }).then(async (events: Json) => {
        let last: Json;
        for await (const { response } of events) last = response ?? last;
        return RESPONSES_SAY(last);
      });
    },
  },
  {
    name: 'Anthropic, messages',
    has: () => true,
    ask({ id }, feature) {
      const body = { model: id, ...ANTHROPIC[feature] } as Json;
      if (feature === COUNT)
        return anthropic.messages.countTokens(body).then(({ input_tokens }) => counted(input_tokens));
      if (isStreamed(feature)) return anthropic.messages.stream(body).finalMessage().then(ANTHROPIC_SAYS);
      return anthropic.messages.create(body).then(ANTHROPIC_SAYS);
    },
  },
  {
    name: 'AWS SDK, Converse',
    has: ({ name }) => name in OWN,
    ask({ id }, feature) {
      const body = { modelId: id, ...CONVERSE[feature] } as ConverseCommandInput;
      if (feature === COUNT) {
        const input = { converse: CONVERSE[feature] as Json };
        return bedrock
          .send(new CountTokensCommand({ modelId: id, input }))
          .then(({ inputTokens = 0 }) => counted(inputTokens));
      }
      if (!isStreamed(feature)) return bedrock.send(new ConverseCommand(body)).then(CONVERSE_SAYS);
      return bedrock.send(new ConverseStreamCommand(body)).then(async ({ stream = [] }) => {
        const content: Json[] = [];
        let usage: Json = {};
        for await (const event of stream as AsyncIterable<Json>) {
          content.push(event.contentBlockStart?.start ?? event.contentBlockDelta?.delta ?? {});
          usage = event.metadata?.usage ?? usage;
        }
        return CONVERSE_SAYS({ output: { message: { content } }, usage });
      });
    },
  },
  {
    name: 'AWS SDK, InvokeModel',
    has: ({ name }, feature) => PASSED.has(feature) && feature in (OWN[name]?.asks ?? {}),
    async ask({ id, name }, feature) {
      const own = OWN[name];
      if (own === undefined) return NOTHING;
      const ask = own.asks[feature];
      const input = { modelId: id, body: JSON.stringify(own.body(ask)) };
      if (!isStreamed(feature))
        return bedrock
          .send(new InvokeModelCommand(input))
          .then(({ body }) => own.says(JSON.parse(body.transformToString())));
      return bedrock.send(new InvokeModelWithResponseStreamCommand(input)).then(async ({ body = [] }) => {
        let text = '';
        for await (const { chunk } of body as AsyncIterable<Json>)
          text += own.delta(JSON.parse(Buffer.from(chunk.bytes).toString()));
        return { ...NOTHING, text };
      });
    },
  },
  {
    name: 'AWS SDK, SageMaker Runtime',
    has: ({ name }, feature) => PASSED.has(feature) && name.startsWith('SageMaker'),
    ask({ id }, feature) {
      const ask = OPENAI[feature];
      const input = { EndpointName: id, ContentType: 'application/json' };
      if (!isStreamed(feature))
        return sagemaker
          .send(new InvokeEndpointCommand({ ...input, Body: JSON.stringify(ask) }))
          .then(({ Body }) => OPENAI_SAYS(JSON.parse(Body?.transformToString() ?? '')));
      const Body = JSON.stringify({ ...ask, stream: true });
      return sagemaker.send(new InvokeEndpointWithResponseStreamCommand({ ...input, Body })).then(async (answer) => {
        async function* bytes() {
          for await (const { PayloadPart } of answer.Body ?? []) yield PayloadPart?.Bytes;
        }
        return chunksOf(sse(bytes()));
      });
    },
  },
];

const counted = (input: number): Said => ({ ...NOTHING, usage: { input, output: 0, cached: 0 } });

/** What OpenAI's client makes that is no text. */
const MADE: readonly { name: string; models: readonly Model[]; ask(model: string): Promise<boolean> }[] = [
  {
    name: 'embeddings: a text',
    models: EMBEDDING,
    ask: async (model) => (await openai.embeddings.create({ model, input: 'hello' })).data.length === 1,
  },
  {
    name: 'embeddings: a list',
    models: EMBEDDING,
    ask: async (model) => (await openai.embeddings.create({ model, input: ['a', 'b', 'c'] })).data.length === 3,
  },
  {
    name: 'embeddings: `dimensions`',
    models: EMBEDDING,
    ask: async (model) =>
      (await openai.embeddings.create({ model, input: 'hello', dimensions: 256 })).data[0]?.embedding.length === 256,
  },
  {
    name: 'embeddings: usage',
    models: EMBEDDING,
    ask: async (model) => (await openai.embeddings.create({ model, input: 'two words' })).usage.prompt_tokens > 0,
  },
  {
    name: 'embeddings: tokens',
    models: EMBEDDING,
    ask: async (model) => (await openai.embeddings.create({ model, input: [1, 2, 3] })).data.length === 1,
  },
  {
    name: 'images: one',
    models: PAINTING,
    ask: async (model) =>
      typeof (await openai.images.generate({ model, prompt: 'sky' })).data?.[0]?.b64_json === 'string',
  },
  {
    name: 'images: `n` of 2',
    models: PAINTING,
    ask: async (model) => (await openai.images.generate({ model, prompt: 'sky', n: 2 })).data?.length === 2,
  },
  {
    name: 'images: `size`',
    models: PAINTING,
    ask: async (model) =>
      (await openai.images.generate({ model, prompt: 'sky', size: '1024x1024' })).data?.length === 1,
  },
  {
    name: '`/v1/rerank`',
    models: ORDERING,
    async ask(model) {
      const body = { model, query: 'sky', documents: ['sea', 'sky'], top_n: 1 };
      return ((await openai.post('/rerank', { body })) as Json).results.length === 1;
    },
  },
];

/** Calls at once: all of them would be a burst that no warm gateway has to take. */
const AT_ONCE = 6;
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await act();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

/** `yes`, what it was refused with, or what it was instead. */
async function outcome(ask: () => Promise<boolean>): Promise<string> {
  try {
    return (await inTurn(ask)) ? 'yes' : 'no';
  } catch (thrown) {
    const error = thrown as { status?: number; $metadata?: { httpStatusCode?: number } };
    const status = error.status ?? error.$metadata?.httpStatusCode;
    return status === undefined ? 'no' : String(status);
  }
}

const NONE = '–';

async function table(
  models: readonly Model[],
  rows: readonly [string, (model: Model) => Promise<string>][],
): Promise<string> {
  const written = await Promise.all(rows.map(async ([name, cell]) => [name, ...(await Promise.all(models.map(cell)))]));
  const shown = written.filter((cells) => cells.slice(1).some((cell) => cell !== NONE));
  const head = [
    ['', ...models.map(({ name }) => name)],
    ['---', ...models.map(() => '---')],
  ];
  return [...head, ...shown].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

test('docs/compatibility.md says what each client gets of each kind of model', async () => {
  const conversing = CLIENTS.map(async ({ name, has, ask }) => {
    const rows = FEATURES.map((feature): [string, (model: Model) => Promise<string>] => [
      feature.name,
      async (model) => {
        if (!has(model, feature.name)) return NONE;
        return outcome(async () => {
          if ('twice' in feature) await ask(model, feature.name);
          return feature.holds(await ask(model, feature.name));
        });
      },
    ]);
    return `## ${name}\n\n${await table(CONVERSING, rows)}\n`;
  });
  const made = [EMBEDDING, PAINTING, ORDERING].map((models) =>
    table(
      models,
      MADE.filter((one) => one.models === models).map(({ name, ask }) => [name, ({ id }) => outcome(() => ask(id))]),
    ),
  );
  const page = [
    `# What each client gets of each kind of model

Made by \`test/flow/compatibility.test.ts\`, which asks the gateway on this machine for each of these with the vendor's own SDK, and
fails where the answers are others: \`npx vitest run test/flow/compatibility.test.ts -u\` writes them down.

*yes*: it reached the model in a form of its own, and the answer shows it. *no*: accepted, and the answer does not show it; prompts
are read anew by what keeps none. *A number*: refused with this status and a sentence that says why. *–*: the client has no such
thing, or it passes by the gateway unread. The models are stand-ins that keep to the vendors' forms: which of a family see pictures,
read PDFs or call tools is the model's own to say.
`,
    ...(await Promise.all(conversing)),
    '## Embeddings and images by OpenAI’s SDK, and documents in order\n',
    `${(await Promise.all(made)).join('\n\n')}\n`,
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/compatibility.md');
});
