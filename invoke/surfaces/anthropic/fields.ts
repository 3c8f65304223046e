import { type Field, type Fields, type Form, ignored, passed, refused, type Schema, translated } from '../fields.ts';

/**
 * What becomes of a message request (https://platform.claude.com/docs/en/api/messages) for a model that is spoken to in Converse.
 * Claude takes its own form, and then nothing of this holds: the body goes to it as it came, but for what `own.ts` says.
 */

const NOT_FETCHED = "An address is never fetched here: send the data itself, with source.type 'base64'.";
const NO_FILES = "No files are kept here: send the data itself, with source.type 'base64'.";
const AT_ANTHROPIC = 'it is run at Anthropic, and nothing here does that; offer a tool of your own (type custom).';

const TEXT_TYPE: Schema = { type: 'string' };

const CACHE_CONTROL: Field = translated('A cache point, where the model has them; it changes no answer.', {
  type: 'object',
  required: ['type'],
  fields: {
    type: translated('It is the only one.', { enum: ['ephemeral'] }),
    ttl: translated('As it is, where the model has a choice.', { enum: ['5m', '1h'] }),
    scope: ignored("Bedrock's caches are the account's.", TEXT_TYPE),
  },
});
const CITATIONS: Field = translated("Converse's `citations`.", {
  type: ['object', 'array'],
  fields: { enabled: translated('As it is.', { type: 'boolean' }) },
});

const TEXT: Form = {
  required: ['text'],
  fields: {
    text: translated('A text block; one that is blank is left out.', TEXT_TYPE),
    cache_control: CACHE_CONTROL,
    citations: ignored('What an answer cited is not read again.'),
  },
};
const BASE64: Schema = { type: 'string', minLength: 1 };
const ADDRESSES: Readonly<Record<string, Form>> = { url: { refused: NOT_FETCHED }, file: { refused: NO_FILES } };

const IMAGE: Form = {
  required: ['source'],
  fields: {
    source: translated("Converse's image.", {
      type: 'object',
      by: {
        member: 'type',
        of: {
          base64: {
            required: ['media_type', 'data'],
            fields: {
              media_type: translated('Its format.', { enum: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] }),
              data: passed('Its bytes.', BASE64),
            },
          },
          ...ADDRESSES,
        },
      },
    }),
    cache_control: CACHE_CONTROL,
    transformations: refused('Converse has nothing like it; send the picture as it is to be seen.'),
  },
};

const DOCUMENT: Form = {
  required: ['source'],
  fields: {
    source: translated("Converse's document.", {
      type: 'object',
      by: {
        member: 'type',
        of: {
          base64: {
            required: ['media_type', 'data'],
            fields: {
              media_type: translated('Its format.', { enum: ['application/pdf'] }),
              data: passed('Its bytes.', BASE64),
            },
          },
          text: {
            required: ['data'],
            fields: {
              media_type: translated('Its format.', { enum: ['text/plain'] }),
              data: translated('Its bytes.', BASE64),
            },
          },
          content: {
            required: ['content'],
            fields: {
              content: translated('The parts of its source.', {
                type: ['string', 'array'],
                items: { type: 'object', by: { member: 'type', of: { text: TEXT } } },
              }),
            },
          },
          ...ADDRESSES,
        },
      },
    }),
    title: translated('Its name, of the characters that Converse takes in one.', TEXT_TYPE),
    context: translated('As it is.', TEXT_TYPE),
    citations: CITATIONS,
    cache_control: CACHE_CONTROL,
  },
};

const SEARCH_RESULT: Form = {
  required: ['source', 'title', 'content'],
  fields: {
    source: translated("Converse's searchResult.", TEXT_TYPE),
    title: translated('As it is.', TEXT_TYPE),
    content: translated('As it is.', {
      type: 'array',
      items: { type: 'object', by: { member: 'type', of: { text: TEXT } } },
    }),
    citations: CITATIONS,
    cache_control: CACHE_CONTROL,
  },
};

const OF_A_TOOLSET = 'Converse has no tools of its own kinds; offer them one by one (type custom).';

const RESULT_FORMS = { text: TEXT, image: IMAGE, document: DOCUMENT, search_result: SEARCH_RESULT };
const BLOCKS: Readonly<Record<string, Form>> = {
  ...RESULT_FORMS,
  tool_use: {
    required: ['id', 'name', 'input'],
    fields: {
      id: translated("Converse's toolUseId.", TEXT_TYPE),
      name: translated('As it is.', TEXT_TYPE),
      input: translated('As it is.', { type: 'object' }),
      cache_control: CACHE_CONTROL,
      caller: ignored('Every call here is the model\'s own ("direct").', { type: 'object' }),
      toolset_name: refused(OF_A_TOOLSET),
    },
  },
  tool_result: {
    required: ['tool_use_id'],
    fields: {
      tool_use_id: translated("Converse's toolUseId.", TEXT_TYPE),
      content: translated("Converse's toolResult.", {
        type: ['string', 'array'],
        items: { type: 'object', by: { member: 'type', of: RESULT_FORMS, others: AT_ANTHROPIC } },
      }),
      is_error: translated("Converse's `status`.", { type: 'boolean' }),
      cache_control: CACHE_CONTROL,
      toolset_name: refused(OF_A_TOOLSET),
    },
  },
  thinking: {
    required: ['thinking'],
    fields: {
      thinking: translated(
        'Reasoning, for a model that signs its own; others do not take any back, and it is left out.',
        TEXT_TYPE,
      ),
      signature: translated('As it is.', TEXT_TYPE),
    },
  },
  redacted_thinking: {
    required: ['data'],
    fields: { data: translated('Likewise.', BASE64) },
  },
};

const MESSAGES_SCHEMA: Schema = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'object',
    required: ['role', 'content'],
    fields: {
      role: translated('As it is; a system message goes before the conversation.', {
        enum: ['user', 'assistant', 'system'],
      }),
      content: translated('Its blocks; neighbours of one role become one message.', {
        type: ['string', 'array'],
        items: { type: 'object', by: { member: 'type', of: BLOCKS, others: AT_ANTHROPIC } },
      }),
    },
  },
};

const TOOL: Form = {
  required: ['name', 'input_schema'],
  fields: {
    name: translated("Converse's toolSpec.", { type: 'string', minLength: 1 }),
    description: translated('As it is.', TEXT_TYPE),
    input_schema: translated('As it is.', { type: 'object' }),
    strict: translated('As it is, where the model has structured output.', { type: 'boolean' }),
    cache_control: CACHE_CONTROL,
    input_examples: refused('Converse has no place for examples; put them into the description.', [[]]),
    defer_loading: refused('Converse shows a model all of its tools.', [false]),
    allowed_callers: refused('Tools are called by the model alone.', [['direct'], []]),
    eager_input_streaming: ignored('How finely input is streamed changes none of it.', { type: 'boolean' }),
  },
};

const PARALLEL: Field = translated(
  'For Claude, among its own fields; refused for other models, which have nothing like it.',
  {
    type: 'boolean',
  },
);

const FORMAT: Field = translated(
  "The model's own structured output (`outputConfig.textFormat`), which wants objects closed; where it has none, the input of a tool that it must call.",
  {
    type: 'object',
    by: {
      member: 'type',
      of: { json_schema: { required: ['schema'], fields: { schema: translated('As it is.', { type: 'object' }) } } },
    },
  },
);

const DISPLAY: Field = translated('For Claude, as it is; other models show what they show.', {
  enum: ['summarized', 'omitted'],
});

/** What a conversation is made of: all of it is counted. */
const CONVERSATION: Fields = {
  model: translated('The model that is called.', { type: 'string', minLength: 1 }),
  messages: translated("Converse's messages.", MESSAGES_SCHEMA),
  system: translated("Converse's `system`.", {
    type: ['string', 'array'],
    items: { type: 'object', by: { member: 'type', of: { text: TEXT } } },
  }),
  tools: translated("Converse's `toolConfig`.", {
    type: 'array',
    items: { type: 'object', by: { member: 'type', absent: 'custom', of: { custom: TOOL }, others: AT_ANTHROPIC } },
  }),
  tool_choice: translated(
    "Converse's toolChoice. With none no tool is offered, and calls and results of earlier turns are text.",
    {
      type: 'object',
      by: {
        member: 'type',
        of: {
          auto: { fields: { disable_parallel_tool_use: PARALLEL } },
          any: { fields: { disable_parallel_tool_use: PARALLEL } },
          tool: {
            required: ['name'],
            fields: { name: translated('As it is.', TEXT_TYPE), disable_parallel_tool_use: PARALLEL },
          },
          none: { fields: {} },
        },
      },
    },
  ),
  thinking: translated(
    'By the means that the model has; a model that has none is not asked, and one that must is refused.',
    {
      type: 'object',
      by: {
        member: 'type',
        of: {
          enabled: {
            required: ['budget_tokens'],
            fields: {
              budget_tokens: translated('For Claude as it is, for others the effort that is nearest to it.', {
                type: 'integer',
                minimum: 1,
              }),
              display: DISPLAY,
            },
          },
          adaptive: { fields: { display: DISPLAY } },
          between_tools: { fields: { display: DISPLAY } },
          disabled: { fields: {} },
        },
      },
    },
  ),
  output_config: translated('See its members.', {
    type: 'object',
    fields: {
      effort: translated('By the means that the model has; a model that has none answers as ever.', {
        enum: ['low', 'medium', 'high', 'xhigh', 'max'],
      }),
      format: FORMAT,
    },
  }),
  output_format: { ...FORMAT, note: 'The older name of `output_config.format`.' },
  cache_control: { ...CACHE_CONTROL, note: 'A cache point behind the last message, where the model has them.' },
  context_management: ignored(
    'It clears what a long conversation no longer needs; Converse reads all of it, as long as it fits.',
    { type: 'object' },
  ),
  speed: refused('Converse has one speed.', ['standard']),
  anthropic_beta: ignored('What it turns on has members of its own.', { type: 'array', items: TEXT_TYPE }),
  anthropic_version: ignored('Bodies have one form here.', TEXT_TYPE),
  mcp_servers: refused(`Servers of tools are called by the caller: mcp_servers is run at Anthropic.`, [[]]),
  user_profile_id: ignored('Whose call it is says the token.', TEXT_TYPE),
  workspace_id: ignored('Whose call it is says the token.', TEXT_TYPE),
};

export const MESSAGE_FIELDS: Fields = {
  ...CONVERSATION,
  max_tokens: translated("Converse's maxTokens.", { type: 'integer', minimum: 1 }),
  stream: translated('Events, or an answer in one piece.', { type: 'boolean' }),
  temperature: translated('As it is.', { type: 'number', minimum: 0, maximum: 1 }),
  top_p: translated("Converse's topP.", { type: 'number', minimum: 0, maximum: 1 }),
  top_k: translated("Among the model's own fields; refused for one that has none.", { type: 'integer', minimum: 0 }),
  stop_sequences: translated("Converse's stopSequences.", { type: 'array', items: { type: 'string', minLength: 1 } }),
  metadata: translated("Converse's requestMetadata.", {
    type: 'object',
    fields: {
      user_id: translated(
        'Of the characters that Converse takes, 256 of them; it says nothing of the tenant.',
        TEXT_TYPE,
      ),
    },
  }),
  service_tier: translated("auto and standard_only are Bedrock's default; its own names are taken as well.", {
    enum: ['auto', 'standard_only', 'default', 'flex', 'priority', 'reserved'],
  }),
  container: refused('Containers are run at Anthropic.'),
  inference_geo: refused("Where a model runs is its entry's to say."),
  diagnostics: ignored('It asks why caches were missed, and changes no answer.', { type: 'object' }),
};

export const COUNT_FIELDS: Fields = CONVERSATION;

export const MESSAGE_REQUIRED = ['model', 'max_tokens', 'messages'] as const;
export const COUNT_REQUIRED = ['model', 'messages'] as const;
