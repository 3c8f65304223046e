import type { Target } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import { isEndpoint, type Operation } from '../call.ts';
import { member } from './json.ts';

/**
 * What a schema has at a place. Only it says that something is no text: a caller may give any member any name, and write into
 * it what it likes. So whatever does not fit its place, and every member that the schema does not have, is text.
 */
export type Shape =
  /** Words for the model, or a form that is the caller's own. */
  | 'text'
  /** What no model reads: a number, a switch, or one of the schemas' own words. */
  | 'setting'
  /** What the gateway has written, or checked to be what it would write. */
  | 'ours'
  /** Base64, or a data URL of it, of a picture or another attachment. */
  | 'data'
  /** An object that says where something is; how much it is, is not known here. */
  | 'reference'
  /** Of models that are sold by the image: pictures may be anywhere in it. */
  | 'drawing'
  | readonly [itemsOf: Shape]
  /** What it is depends on what the schema lets stand there. */
  | ((value: unknown) => Shape)
  | { readonly [member: string]: Shape };

function settings(...names: string[]): Record<string, Shape> {
  return Object.fromEntries(names.map((name) => [name, 'setting']));
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
const CACHE_POINT: Shape = settings('type', 'ttl');
const source = (bytes: Shape): Shape => ({ bytes, text: 'text', content: [{ text: 'text' }], s3Location: 'reference' });
const seen: Shape = { format: 'setting', source: source('data') };
const document = (bytes: Shape): Shape => ({
  ...{ format: 'setting', name: 'text', context: 'text', citations: settings('enabled'), source: source(bytes) },
});
const MEDIA = {
  ...{ image: seen, video: seen, audio: seen },
  // Every other format is text, or text that is packed.
  document: (value: unknown) => (member(value, 'format') === 'pdf' ? PDF : FILE),
} as const;
const PDF = document('data');
const FILE = document('text');
const BLOCK: Shape = {
  ...{ ...MEDIA, text: 'text', cachePoint: CACHE_POINT },
  toolUse: { toolUseId: 'text', name: 'text', input: 'text', type: 'setting' },
  toolResult: {
    ...{ toolUseId: 'text', status: 'setting', type: 'setting' },
    content: [{ ...MEDIA, text: 'text', json: 'text' }],
  },
  guardContent: { image: seen, text: { text: 'text', qualifiers: ['setting'] } },
  reasoningContent: { reasoningText: { text: 'text', signature: 'text' }, redactedContent: 'text' },
};

/** Converse's, which is Amazon Nova's own as well. */
const CONVERSE: Shape = {
  messages: [{ role: 'setting', content: [BLOCK] }],
  system: [BLOCK],
  toolConfig: 'text',
  inferenceConfig: {
    ...settings('maxTokens', 'max_new_tokens', 'temperature', 'topP', 'topK'),
    stopSequences: ['text'],
  },
  serviceTier: settings('type'),
  performanceConfig: settings('latency'),
  guardrailConfig: {
    ...{ guardrailIdentifier: 'ours', guardrailVersion: 'ours' },
    ...settings('trace', 'streamProcessingMode'),
  },
  schemaVersion: 'setting',
};

const TEXT_CHAT: Shape = {
  ...{ prompt: 'text', inputText: 'text', message: 'text', system: [{ type: 'setting', text: 'text' }] },
  messages: [{ role: 'setting', content: [{ type: 'setting', text: 'text' }] }],
  textGenerationConfig: settings('maxTokenCount', 'temperature', 'topP'),
  ...settings('max_tokens', 'max_completion_tokens', 'max_tokens_to_sample', 'max_gen_len', 'n', 'seed'),
  ...settings('temperature', 'top_p', 'top_k', 'p', 'k', 'stream', 'anthropic_version'),
};

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html */
const CACHED = { cache_control: settings('type', 'ttl') } as const;
const anthropicSource = (data: Shape): Shape => ({
  ...{ type: 'setting', media_type: 'setting', data, content: [{ type: 'setting', text: 'text' }] },
});
const BASE64 = anthropicSource('data');
const PLAIN = anthropicSource('text');
const ATTACHED: Shape = {
  ...{ type: 'setting', text: 'text', title: 'text', context: 'text', citations: settings('enabled'), ...CACHED },
  source: (value) => (member(value, 'type') === 'base64' ? BASE64 : PLAIN),
};
const ANTHROPIC: Shape = {
  ...TEXT_CHAT,
  system: [ATTACHED],
  thinking: settings('type', 'budget_tokens'),
  messages: [
    {
      role: 'setting',
      content: [
        {
          ...ATTACHED,
          ...{ id: 'text', name: 'text', input: 'text', thinking: 'text', signature: 'text' },
          ...{ tool_use_id: 'text', is_error: 'setting', content: [ATTACHED] },
        },
      ],
    },
  ],
};

/** https://platform.openai.com/docs/api-reference/chat/create */
const PART: Shape = { type: 'setting', text: 'text', image_url: { url: 'data', detail: 'setting' } };
const OPENAI: Shape = { ...TEXT_CHAT, messages: [{ role: 'setting', content: [PART] }] };
const LLAMA: Shape = { ...TEXT_CHAT, images: ['data'] };

/**
 * Models that are shown pictures in a body of their vendor's own, the longest name first. In the body of a model that is not
 * here everything is text: one that reads none must not be sold any.
 */
const SHOWN: readonly [prefix: string, shape: Shape][] = [
  ['anthropic.claude-v', TEXT_CHAT],
  ['anthropic.claude-instant', TEXT_CHAT],
  ['anthropic.', ANTHROPIC],
  [
    'amazon.nova-2-multimodal-embeddings',
    {
      ...settings('schemaVersion', 'taskType'),
      singleEmbeddingParams: {
        ...MEDIA,
        ...settings('embeddingPurpose', 'embeddingDimension'),
        text: { value: 'text', truncationMode: 'setting' },
      },
    },
  ],
  ['amazon.nova-', CONVERSE],
  [
    'amazon.titan-embed-image',
    { inputText: 'text', inputImage: 'data', embeddingConfig: settings('outputEmbeddingLength') },
  ],
  ['amazon.titan-embed-', { inputText: 'text', ...settings('dimensions', 'normalize'), embeddingTypes: ['setting'] }],
  [
    'cohere.embed-',
    {
      ...{ texts: ['text'], images: ['data'], inputs: [{ content: [PART] }], embedding_types: ['setting'] },
      ...settings('input_type', 'truncate', 'output_dimension', 'max_tokens'),
    },
  ],
  ['google.gemma-3', OPENAI],
  ['meta.llama3-2-11b', LLAMA],
  ['meta.llama3-2-90b', LLAMA],
  ['meta.llama4', LLAMA],
  ['mistral.magistral', OPENAI],
  ['mistral.ministral-3', OPENAI],
  ['mistral.mistral-large-3', OPENAI],
  ['mistral.pixtral', OPENAI],
  ['moonshotai.kimi-k2.5', OPENAI],
  ['nvidia.nemotron-nano-12b-v2', OPENAI],
  ['qwen.qwen3-vl', OPENAI],
  ['twelvelabs.', { inputPrompt: 'text', inputText: 'text', mediaSource: { base64String: 'data' } }],
  ['writer.palmyra-vision', OPENAI],
];

/** The schema of a request's body; of an endpoint's, of one in OpenAI's form. */
export function schemaOf(operation: Operation, target: Target): Shape {
  if (operation === 'converse' || operation === 'converse-stream') return CONVERSE;
  if (isEndpoint(operation)) return OPENAI;
  const model = baseModelOf(target);
  if (taskOfName(model) === 'image') return 'drawing';
  return SHOWN.find(([prefix]) => model.startsWith(prefix))?.[1] ?? TEXT_CHAT;
}
