import { TOKENS_MAX } from '../../../contract/limits/invoke.ts';
import { type Fields, ignored, passed, refused, translated } from '../fields.ts';

/**
 * The API of AWS's "Guidance for a Multi-Tenant Generative AI Gateway with Cost and Usage Tracking"
 * (https://github.com/aws-solutions-library-samples/guidance-for-a-multi-tenant-generative-ai-gateway-with-cost-and-usage-tracking-on-aws,
 * lambdas/invoke_model). Its queries and headers may also be members of the body.
 */

export const TYPES = ['text', 'embeddings', 'embeddings-image', 'image'] as const;
export type Type = (typeof TYPES)[number];

const INPUTS =
  'A prompt; with `messages_api` messages; of `embeddings` a text or several; of `embeddings-image` a picture in base64.';
const KWARGS = 'By `type`, below.';
const text = { type: 'string', minLength: 1 } as const;
const flag = { type: ['boolean', 'string'] } as const;

export const REQUEST: Fields = {
  model_id: translated('Query. A registry id, or the id or ARN that AWS has for it.', text),
  model_arn: translated('Query. The same, instead of `model_id`.', text),
  requestId: translated('Query. Of an earlier call with `streaming`: asks for its answer, and is not counted.', text),
  type: translated('Header. `text` unless given.', { type: 'string', enum: TYPES }),
  messages_api: translated('Header. Whether the input is messages; a list of them is, without it.', flag),
  streaming: translated('Header. Answers with a `request_id`, under which the answer is asked for later.', flag),
  team_id: ignored('Header. The tenant is the one of the token'),
  inputs: translated(INPUTS),
  prompt: translated('The same as `inputs`.'),
  messages: translated('The same as `inputs`.'),
  parameters: translated(KWARGS, { type: 'object' }),
  model_kwargs: translated('The same as `parameters`.', { type: 'object' }),
  tool_config: passed('To `toolConfig` of Converse.', { type: 'object' }),
  additional_model_fields: passed('To `additionalModelRequestFields` of Converse.', { type: 'object' }),
  textToImageParams: passed('Of `image`, for models of Amazon.', { type: 'object' }),
  text_prompts: translated(
    'Of `image`, for models of Stability AI: those with a weight below 0 are what is not to be seen.',
    {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        fields: { text: translated('', text), weight: translated('', { type: 'number' }) },
        required: ['text'],
      },
    },
  ),
};

const MAX = translated('To `maxTokens`.', { type: 'integer', minimum: 1, maximum: TOKENS_MAX });
const TOP_P = translated('To `topP`.', { type: 'number', minimum: 0, maximum: 1 });
const STOP = translated('To `stopSequences`.', { type: 'array', items: text });
const OWN = passed('To `additionalModelRequestFields`, by the same name.', { type: 'integer', minimum: 0 });

/** Of `text`: Converse's names, and those of the vendors' own bodies. */
export const TEXT_PARAMETERS: Fields = {
  system: translated('To `system`.', { type: 'string' }),
  ...{
    maxTokens: MAX,
    max_tokens: MAX,
    max_tokens_to_sample: MAX,
    maxTokenCount: MAX,
    max_gen_len: MAX,
    max_new_tokens: MAX,
  },
  temperature: translated('To `temperature`.', { type: 'number', minimum: 0, maximum: 1 }),
  ...{ topP: TOP_P, top_p: TOP_P },
  ...{ stopSequences: STOP, stop_sequences: STOP, stop: STOP },
  ...{ top_k: OWN, topK: OWN },
  return_full_text: refused('The prompt is not repeated in an answer.', [false]),
};

const NUMBER = passed('To the model.', { type: 'integer', minimum: 1 });

/** Of `embeddings` and `embeddings-image`: the models' own. */
export const EMBEDDING_PARAMETERS: Fields = {
  dimensions: NUMBER,
  output_dimension: NUMBER,
  normalize: passed('To the model.', { type: 'boolean' }),
  embeddingConfig: passed('To the model.', { type: 'object' }),
  input_type: passed('To the model; search_document unless given.', text),
  truncate: passed('To the model.', text),
};

const SDXL = 'It was for Stable Diffusion XL, which is no more.';

/** Of `image`: the models' own. */
export const IMAGE_PARAMETERS: Fields = {
  taskType: passed('To models of Amazon.', { type: 'string', enum: ['TEXT_IMAGE'] }),
  imageGenerationConfig: passed('To models of Amazon.', { type: 'object' }),
  aspect_ratio: passed('To models of Stability AI.', text),
  output_format: passed('To models of Stability AI.', text),
  negative_prompt: passed('To models of Stability AI.', text),
  seed: passed('To models of Stability AI.', { type: 'integer', minimum: 0 }),
  style_preset: refused(SDXL),
  cfg_scale: refused(SDXL),
  steps: refused(SDXL),
  height: refused(SDXL),
  width: refused(SDXL),
};

export const PARAMETERS: Readonly<Record<Type, Fields>> = {
  text: TEXT_PARAMETERS,
  embeddings: EMBEDDING_PARAMETERS,
  'embeddings-image': EMBEDDING_PARAMETERS,
  image: IMAGE_PARAMETERS,
};
