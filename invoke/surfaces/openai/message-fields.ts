import { TOOL_NAME_MAX_CHARS } from '../../../contract/limits/surfaces.ts';
import { type Field, type Fields, ignored, refused, type Schema, translated } from '../fields.ts';

/** What becomes of each member of a message, and of its parts. */

type Forms = NonNullable<Schema['by']>['of'];

/** https://openrouter.ai/docs and Anthropic's clients write the first, OpenAI's the second. */
export const CACHED: Fields = {
  cache_control: translated('A `cachePoint` behind it.', {
    type: 'object',
    fields: {
      type: translated('', { type: 'string', enum: ['ephemeral'] }),
      ttl: translated('How long it is kept.', { type: 'string', enum: ['5m', '1h'] }),
    },
    required: ['type'],
  }),
  prompt_cache_breakpoint: translated('A `cachePoint` behind it.', {
    type: 'object',
    fields: {
      mode: translated('', { type: 'string', enum: ['explicit'] }),
      ttl: translated('At least so long: Bedrock keeps it for an hour.', { type: 'string', enum: ['30m'] }),
    },
    required: ['mode'],
  }),
};

const TEXT = { fields: { text: translated('A text block.', { type: 'string' }), ...CACHED }, required: ['text'] };

const IMAGE = {
  fields: {
    image_url: translated('An image block.', {
      type: 'object',
      fields: {
        url: translated('A data URL: an address is refused, nothing is ever fetched.', { type: 'string' }),
        detail: ignored('models on Bedrock see pictures as they are.', { type: 'string' }),
      },
      required: ['url'],
    }),
    ...CACHED,
  },
  required: ['image_url'],
};

const FILE = {
  fields: {
    file: translated('A document block: PDF, Office, CSV, HTML, Markdown, or text.', {
      type: 'object',
      fields: {
        file_data: translated('A data URL, or base64 of a file whose name says what it is.', { type: 'string' }),
        filename: translated("The document's name, of which characters that Bedrock does not take become spaces.", {
          type: 'string',
        }),
        file_id: refused('No files are kept here: send file_data.'),
      },
      required: ['file_data'],
    }),
    ...CACHED,
  },
  required: ['file'],
};

const AUDIO = { refused: 'No model on Converse listens.' };

/** A text, or a list of parts. */
function content(note: string, of: Forms): Field {
  return translated(note, { type: ['string', 'array'], items: { type: 'object', by: { member: 'type', of } } });
}

const SYSTEM = {
  fields: {
    content: content('Before the conversation, in its order; what is blank is left out.', { text: TEXT }),
    name: refused('Converse has no names of speakers: write it into the text.'),
  },
};

export const NAME = translated('', { type: 'string', minLength: 1, maxLength: TOOL_NAME_MAX_CHARS });

export const CUSTOM = { refused: 'Tools of text without a schema are not on Converse: use type function.' };

const CALLS: Field = translated('`toolUse` blocks.', {
  type: 'array',
  items: {
    type: 'object',
    by: {
      member: 'type',
      of: {
        function: {
          fields: {
            id: translated('', { type: 'string', minLength: 1 }),
            function: translated('', {
              type: 'object',
              fields: { name: NAME, arguments: translated('A JSON object in a text.', { type: 'string' }) },
              required: ['name'],
            }),
            index: ignored('it numbers the pieces of a stream.'),
          },
          required: ['id', 'function'],
        },
        custom: CUSTOM,
      },
    },
  },
});

export const MESSAGES: Forms = {
  system: SYSTEM,
  developer: SYSTEM,
  user: {
    fields: {
      content: content('Blocks.', { text: TEXT, image_url: IMAGE, file: FILE, input_audio: AUDIO }),
      name: refused('Converse has no names of speakers: write it into the text.'),
    },
    required: ['content'],
  },
  assistant: {
    fields: {
      content: content('Blocks; absent where it only called tools.', {
        text: TEXT,
        refusal: { fields: { refusal: translated('A text block.', { type: 'string' }) }, required: ['refusal'] },
      }),
      refusal: translated('A text block.', { type: 'string' }),
      tool_calls: CALLS,
      reasoning_content: ignored('models take back only what is signed, which is in reasoning_details.'),
      reasoning_details: translated('`reasoningContent` blocks, as the answer gave them.', {
        type: 'array',
        items: {
          type: 'object',
          by: {
            member: 'type',
            of: {
              'reasoning.text': {
                fields: {
                  text: translated('', { type: 'string' }),
                  signature: translated('Without it the block is left out: models do not take it back.', {
                    type: 'string',
                  }),
                  index: ignored('it numbers the pieces of a stream.'),
                },
                required: ['text'],
              },
              'reasoning.encrypted': {
                fields: { data: translated('', { type: 'string' }), index: ignored('likewise.') },
                required: ['data'],
              },
            },
          },
        },
      }),
      name: ignored('Converse has no names of speakers, and this one is the model.', { type: 'string' }),
      annotations: ignored('they say where a text came from, and are none of it.', { type: 'array' }),
      audio: refused('No model on Converse speaks.'),
      function_call: refused('Use tool_calls.'),
    },
  },
  tool: {
    fields: {
      tool_call_id: translated('', { type: 'string', minLength: 1 }),
      content: content('A `toolResult` block; those of neighbours are one message.', {
        text: TEXT,
        image_url: IMAGE,
        file: FILE,
      }),
      name: ignored('the call that it answers names it.', { type: 'string' }),
    },
    required: ['tool_call_id'],
  },
  function: { refused: 'Use role tool.' },
};
