import type Anthropic from '@anthropic-ai/sdk';
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import {
  InvokeEndpointAsyncCommand,
  InvokeEndpointCommand,
  InvokeEndpointWithResponseStreamCommand,
  type SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import type OpenAI from 'openai';
import { ANTHROPIC, CONVERSE, type FeatureName, GUIDANCE, OPENAI, RESPONSES, type Said } from './compatibility.ts';
import {
  ANTHROPIC_SAYS,
  CONVERSE_SAYS,
  chunksOf,
  counted,
  GUIDANCE_SAYS,
  type Json,
  NOTHING,
  OPENAI_SAYS,
  OWN,
  RESPONSES_SAY,
  sse,
} from './compatibility-said.ts';

/** How each client asks the gateway for what is asked of all. */

export interface Model {
  name: string;
  id: string;
  /** Of those that the demo has not. */
  modelId?: string;
}

export const CONVERSING: readonly Model[] = [
  { name: 'Claude', id: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { name: 'Nova', id: 'nova-lite' },
  { name: 'Llama', id: 'llama', modelId: 'meta.llama3-1-8b-instruct-v1:0' },
  { name: 'gpt-oss', id: 'gpt-oss', modelId: 'openai.gpt-oss-20b-1:0' },
  { name: 'SageMaker (LMI)', id: 'mixtral-8x7b' },
];
export const EMBEDDING: readonly Model[] = [
  { name: 'Titan text', id: 'titan-embed-v2' },
  { name: 'Titan multimodal', id: 'titan-embed-image', modelId: 'amazon.titan-embed-image-v1' },
  { name: 'Cohere', id: 'cohere-embed', modelId: 'cohere.embed-v4:0' },
  { name: 'Nova', id: 'nova-embed', modelId: 'amazon.nova-2-multimodal-embeddings-v1:0' },
];
export const PAINTING: readonly Model[] = [
  { name: 'Nova Canvas', id: 'nova-canvas', modelId: 'amazon.nova-canvas-v1:0' },
  { name: 'Titan', id: 'titan-image', modelId: 'amazon.titan-image-generator-v2:0' },
  { name: 'Stability AI', id: 'stable-image', modelId: 'stability.stable-image-core-v1:1' },
];
export const ORDERING: readonly Model[] = [
  { name: 'Cohere', id: 'cohere-rerank', modelId: 'cohere.rerank-v3-5:0' },
  { name: 'Amazon', id: 'amazon-rerank', modelId: 'amazon.rerank-v1:0' },
];

export const LATER: readonly Model[] = [{ name: 'SageMaker (LMI)', id: 'later' }];

export interface Sdks {
  openai: OpenAI;
  anthropic: Anthropic;
  bedrock: BedrockRuntimeClient;
  sagemaker: SageMakerRuntimeClient;
  /** For what has no SDK: the answer's JSON; throws an error with its `status` where that is none of success. */
  http(path: string, body: object): Promise<Json>;
}

const COUNT = 'token count';
const isStreamed = (feature: FeatureName): boolean => feature.endsWith('streamed');

/** What InvokeModel shows of the gateway; the rest of a body is the model's to understand. */
const PASSED: ReadonlySet<FeatureName> = new Set(['text', 'streamed', 'usage', 'system', 'tools', 'tool results']);

interface Client {
  name: string;
  /** Whether there is such a thing. */
  has(model: Model, feature: FeatureName): boolean;
  ask(model: Model, feature: FeatureName): Promise<Said>;
}

/** Everyone whose conversations are on the page, with the vendor's own SDK where there is one. */
export function clientsOf({ openai, anthropic, bedrock, sagemaker, http }: Sdks): readonly Client[] {
  return [
    {
      name: 'OpenAI, chat completions',
      has: (_, feature) => feature in OPENAI,
      ask({ id }, feature) {
        const body = { model: id, ...OPENAI[feature] } as Json;
        if (isStreamed(feature))
          return openai.chat.completions.create({ ...body, stream: true }).then(chunksOf as Json);
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
    {
      name: "AWS's guidance",
      has: (_, feature) => feature in GUIDANCE && feature !== 'tools, streamed',
      async ask({ id }, feature) {
        const answer = await http(`/invoke_model?${new URLSearchParams({ model_id: id })}`, GUIDANCE[feature] ?? {});
        return GUIDANCE_SAYS(answer);
      },
    },
  ];
}

/** What OpenAI's client makes that is no text. */
export function madeBy({ openai, sagemaker }: Pick<Sdks, 'openai' | 'sagemaker'>): readonly {
  name: string;
  models: readonly Model[];
  ask(model: string): Promise<boolean>;
}[] {
  const { origin } = new URL(openai.baseURL);
  return [
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
    ...['v1', 'v2'].map((version) => ({
      name: `\`/${version}/rerank\``,
      models: ORDERING,
      async ask(model: string) {
        const body = { model, query: 'sky', documents: ['sea', 'sky'], top_n: 1 };
        return ((await openai.post(`${origin}/${version}/rerank`, { body })) as Json).results.length === 1;
      },
    })),
    ...[{ InputLocation: 's3://inputs/acme/one.json' }, { Body: Buffer.from('{"inputs":"sky"}') }].map((input) => ({
      name: `AWS SDK, InvokeEndpointAsync: \`${Object.keys(input)}\``,
      models: LATER,
      async ask(EndpointName: string) {
        const asked = new InvokeEndpointAsyncCommand({ EndpointName, ContentType: 'application/json', ...input });
        return (await sagemaker.send(asked)).OutputLocation?.includes('/acme/') ?? false;
      },
    })),
    {
      name: 'AWS SDK, InvokeEndpoint',
      models: LATER,
      ask: async (EndpointName) =>
        (await sagemaker.send(new InvokeEndpointCommand({ EndpointName, Body: '{"inputs":"sky"}' }))).Body.length > 0,
    },
    {
      name: 'OpenAI SDK, chat',
      models: LATER,
      async ask(model) {
        const messages = [{ role: 'user' as const, content: 'sky' }];
        return (await openai.chat.completions.create({ model, messages })).choices.length > 0;
      },
    },
  ];
}
