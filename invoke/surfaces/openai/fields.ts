import { METADATA_MAX } from '../../../contract/limits/surfaces.ts';
import { type Field, type Fields, ignored, refused, translated } from '../fields.ts';
import { EFFORTS } from '../means.ts';
import { CACHED, CUSTOM, MESSAGES, NAME } from './message-fields.ts';

/** What becomes of each member of a chat completion request (https://platform.openai.com/docs/api-reference/chat/create). */

/** OpenAI's own limit; Bedrock's is 2,500. */
const STOP_MAX = 4;

const FUNCTION_NAMED: Field = translated('', { type: 'object', fields: { name: NAME }, required: ['name'] });

const TOOLS: Field = translated('`toolConfig.tools`.', {
  type: 'array',
  items: {
    type: 'object',
    by: {
      member: 'type',
      of: {
        function: {
          fields: {
            function: translated('A `toolSpec`.', {
              type: 'object',
              fields: {
                name: NAME,
                description: translated('', { type: 'string' }),
                parameters: translated('`inputSchema.json`; absent: an object without members.', { type: 'object' }),
                strict: translated(
                  'Where the model has structured output; others follow the schema as well as they do without it.',
                  { type: 'boolean' },
                ),
              },
              required: ['name'],
            }),
            ...CACHED,
          },
          required: ['function'],
        },
        custom: CUSTOM,
      },
    },
  },
});

const CHOICE: Field = translated(
  '`toolConfig.toolChoice`: required is `any`. With none no tool is offered, and calls and results of earlier turns are text.',
  {
    type: ['string', 'object'],
    enum: ['auto', 'none', 'required'],
    by: {
      member: 'type',
      of: {
        function: { fields: { function: FUNCTION_NAMED }, required: ['function'] },
        allowed_tools: {
          fields: {
            allowed_tools: translated('No others are offered.', {
              type: 'object',
              fields: {
                mode: translated('', { type: 'string', enum: ['auto', 'required'] }),
                tools: translated('', {
                  type: 'array',
                  minItems: 1,
                  items: {
                    type: 'object',
                    by: {
                      member: 'type',
                      of: { function: { fields: { function: FUNCTION_NAMED }, required: ['function'] } },
                    },
                  },
                }),
              },
              required: ['mode', 'tools'],
            }),
          },
          required: ['allowed_tools'],
        },
        custom: CUSTOM,
      },
    },
  },
);

const FORMAT: Field = translated('How the answer is written.', {
  type: 'object',
  by: {
    member: 'type',
    of: {
      text: { fields: {} },
      json_object: { fields: {} },
      json_schema: {
        fields: {
          json_schema: translated(
            "The model's own structured output (`outputConfig.textFormat`), which wants objects closed; where it has none, and " +
              'for json_object, the input of a tool that it must call.',
            {
              type: 'object',
              fields: {
                name: NAME,
                description: translated('', { type: 'string' }),
                schema: translated('', { type: 'object' }),
                strict: ignored('the schema always holds.', { type: 'boolean' }),
              },
              required: ['name'],
            },
          ),
        },
        required: ['json_schema'],
      },
    },
  },
});

export const REQUIRED = ['model', 'messages'] as const;

const LABEL = 'which is for invocation logs: what Bedrock does not take is `_` in it, and it is cut at 256 characters.';

export const CHAT_FIELDS: Fields = {
  model: translated("A registry id, an alias, the target's own id, or an ARN that the entry lists.", {
    type: 'string',
    minLength: 1,
  }),
  messages: translated('Turns; neighbours of one role become one, blanks are left out.', {
    type: 'array',
    minItems: 1,
    items: { type: 'object', by: { member: 'role', of: MESSAGES } },
  }),
  stream: translated('The answer as server-sent events.', { type: 'boolean' }),
  stream_options: translated('With stream alone.', {
    type: 'object',
    fields: {
      include_usage: translated('A last chunk that has the usage, and no choices.', { type: 'boolean' }),
      include_obfuscation: ignored('it only pads the chunks.', { type: 'boolean' }),
    },
  }),
  max_completion_tokens: translated('`inferenceConfig.maxTokens`, thoughts included.', { type: 'integer', minimum: 1 }),
  max_tokens: translated('Its older name.', { type: 'integer', minimum: 1 }),
  temperature: translated(
    "`inferenceConfig.temperature`, which ends at 1: to scale OpenAI's 2 would ask for something else.",
    {
      type: 'number',
      minimum: 0,
      maximum: 1,
    },
  ),
  top_p: translated('`inferenceConfig.topP`.', { type: 'number', minimum: 0, maximum: 1 }),
  stop: translated('`inferenceConfig.stopSequences`.', {
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    maxItems: STOP_MAX,
    items: { type: 'string', minLength: 1 },
  }),
  tools: TOOLS,
  tool_choice: CHOICE,
  parallel_tool_calls: translated(
    'With false the answer has the first call alone; others that the model made are left out.',
    {
      type: 'boolean',
    },
  ),
  response_format: FORMAT,
  reasoning_effort: translated(
    "By the model's own means: a budget of tokens, or an effort; `GET /v1/models` has which. Refused where it has none. Claude 4.5 " +
      'and older do not go on to reason after a call that comes back without its reasoning_details.',
    { type: 'string', enum: EFFORTS },
  ),
  service_tier: translated("Bedrock's; auto and default name none, fast is priority.", {
    type: 'string',
    enum: ['auto', 'default', 'flex', 'priority', 'fast'],
  }),
  metadata: translated(`\`requestMetadata\`, ${LABEL}`, {
    type: 'object',
    maxProperties: METADATA_MAX,
    values: { type: 'string' },
  }),
  safety_identifier: translated('`requestMetadata.safety_identifier`, likewise.', { type: 'string' }),
  user: translated('`requestMetadata.user`, likewise.', { type: 'string' }),
  prompt_cache_key: translated(
    'Of a model in several regions: calls of one key go to the same one. What is cached is said by cache points.',
    {
      type: 'string',
    },
  ),
  prompt_cache_options: ignored('no cache point is set but those of the request.', { type: 'object' }),
  prompt_cache_retention: ignored('a cache point says how long it is kept.', { type: 'string' }),
  seed: ignored('it promises nothing at OpenAI either, and no model on Converse takes one.', { type: 'integer' }),
  prediction: ignored('it only makes an answer faster.', { type: 'object' }),
  store: ignored('nothing is stored.', { type: 'boolean' }),
  verbosity: refused('Say in the text how long the answer is to be.', ['medium']),
  n: refused('Ask several times.', [1]),
  logprobs: refused('No model on Converse tells them.', [false]),
  top_logprobs: refused('No model on Converse tells them.', [0]),
  logit_bias: refused('No model on Converse takes one.', [{}]),
  frequency_penalty: refused('No model on Converse takes one.', [0]),
  presence_penalty: refused('No model on Converse takes one.', [0]),
  modalities: refused('Answers are text.', [['text']]),
  audio: refused('Answers are text.'),
  functions: refused('Use tools.', [[]]),
  function_call: refused('Use tool_choice.', ['none', 'auto']),
  moderation: refused('A guardrail is put over every call by the grant.'),
  web_search_options: refused('Nothing is fetched: give a tool that does.'),
};
