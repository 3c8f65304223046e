import { METADATA_MAX } from '../../../contract/limits/surfaces.ts';
import { type Field, type Fields, ignored, refused, type Schema, translated } from '../fields.ts';
import { EFFORTS } from '../means.ts';
import { CHAT_FIELDS } from '../openai/fields.ts';
import { CUSTOM, NAME } from '../openai/message-fields.ts';
import { ITEMS } from './item-fields.ts';

/** What becomes of each member of a request for a response (https://platform.openai.com/docs/api-reference/responses/create). */

const BUILT_IN = 'it is a tool that OpenAI runs, and nothing is run here: give a function that does the same.';

const TOOLS: Field = translated('`toolConfig.tools`.', {
  type: 'array',
  items: {
    type: 'object',
    by: {
      member: 'type',
      others: BUILT_IN,
      of: {
        function: {
          fields: {
            name: NAME,
            description: translated('', { type: 'string' }),
            parameters: translated('`inputSchema.json`; absent: an object without members.', { type: 'object' }),
            strict: translated('Where the model has structured output; absent: false.', { type: 'boolean' }),
          },
          required: ['name'],
        },
        custom: CUSTOM,
      },
    },
  },
});

const FUNCTION_NAMED: NonNullable<Schema['by']>['of'] = { function: { fields: { name: NAME }, required: ['name'] } };

const CHOICE: Field = translated(
  '`toolConfig.toolChoice`: required is `any`. With none no tool is offered, and calls and results of earlier turns are text.',
  {
    type: ['string', 'object'],
    enum: ['auto', 'none', 'required'],
    by: {
      member: 'type',
      others: BUILT_IN,
      of: {
        ...FUNCTION_NAMED,
        allowed_tools: {
          fields: {
            mode: translated('', { type: 'string', enum: ['auto', 'required'] }),
            tools: translated('No others are offered.', {
              type: 'array',
              minItems: 1,
              items: { type: 'object', by: { member: 'type', of: FUNCTION_NAMED, others: BUILT_IN } },
            }),
          },
          required: ['mode', 'tools'],
        },
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
          name: NAME,
          description: translated('', { type: 'string' }),
          schema: translated(
            "By the model's own structured output (`outputConfig.textFormat`), which wants objects closed; where it has none, and " +
              'for json_object, the answer is the input of a tool that it must call.',
            { type: 'object' },
          ),
          strict: ignored('the schema always holds.', { type: 'boolean' }),
        },
        required: ['name', 'schema'],
      },
    },
  },
});

/** Of what is not in any answer here, but for the first, which every answer has that was signed. */
const INCLUDABLE = [
  'reasoning.encrypted_content',
  'code_interpreter_call.outputs',
  'computer_call_output.output.image_url',
  'file_search_call.results',
  'message.input_image.image_url',
  'web_search_call.action.sources',
  'web_search_call.results',
];

/** What both of OpenAI's formats call alike. */
function asInChat(...names: string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, CHAT_FIELDS[name] as Field]));
}

export const REQUIRED = ['model', 'input'] as const;

export const RESPONSE_FIELDS: Fields = {
  ...asInChat('model', 'stream'),
  input: translated('A text, or items; neighbours of one role become one turn, blanks are left out.', {
    type: ['string', 'array'],
    minLength: 1,
    minItems: 1,
    items: ITEMS,
  }),
  instructions: translated('`system`, before all else.', { type: 'string' }),
  stream_options: ignored('obfuscation only pads the events.', {
    type: 'object',
    fields: { include_obfuscation: ignored('likewise.', { type: 'boolean' }) },
  }),
  background: translated('The answer is kept, and read by its id; see docs/responses.md.', { type: 'boolean' }),
  store: translated('The answer is kept where the stage keeps responses; its own store says whether it is.', {
    type: 'boolean',
  }),
  previous_response_id: translated('The turns of an answer that is kept, before those of input.', { type: 'string' }),
  max_output_tokens: translated('`inferenceConfig.maxTokens`, thoughts included.', { type: 'integer', minimum: 1 }),
  ...asInChat('temperature', 'top_p'),
  tools: TOOLS,
  tool_choice: CHOICE,
  ...asInChat('parallel_tool_calls'),
  max_tool_calls: ignored('it counts calls of tools that OpenAI runs.', { type: 'integer' }),
  text: translated('How the answer is written.', {
    type: 'object',
    fields: { format: FORMAT, verbosity: refused('Say in the text how long the answer is to be.', ['medium']) },
  }),
  reasoning: translated('How much the model thinks, and how its thoughts are shown.', {
    type: 'object',
    fields: {
      effort: translated(
        "By the model's own means: a budget of tokens, or an effort. Refused where it has none. Claude 4.5 and older do not go on " +
          'to reason after a call that comes back without its reasoning item.',
        { type: 'string', enum: EFFORTS },
      ),
      summary: translated('The thoughts are the summary; absent: they are content.', {
        type: 'string',
        enum: ['auto', 'concise', 'detailed'],
      }),
      generate_summary: ignored('it is the older name of summary.', { type: 'string' }),
    },
  }),
  include: translated(
    'What is asked for is there; encrypted_content proves a thought, and is always there if signed.',
    {
      type: 'array',
      items: { type: 'string', enum: INCLUDABLE },
    },
  ),
  ...asInChat('service_tier'),
  metadata: translated('`requestMetadata`, as in a chat completion; the answer repeats it.', {
    type: 'object',
    maxProperties: METADATA_MAX,
    values: { type: 'string' },
  }),
  ...asInChat('safety_identifier', 'user', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'),
  truncation: refused('Nothing is left out of what is sent: leave out what is too much.', ['disabled']),
  top_logprobs: refused('No model on Converse tells them.', [0]),
  conversation: refused('No conversations are kept here: send the items of earlier turns.'),
  prompt: refused('No prompts are kept here: send instructions and input.'),
  context_management: refused('Send the items that are to be read.'),
  moderation: refused('A guardrail is put over every call by the grant.'),
};
