import { TOOL_NAME_MAX_CHARS } from '../../../contract/limits/surfaces.ts';
import { type Fields, ignored, refused, type Schema, translated } from '../fields.ts';
import { CACHED } from '../openai/message-fields.ts';

/** What becomes of each member of an item that is sent (https://platform.openai.com/docs/api-reference/responses/create). */

type Forms = NonNullable<Schema['by']>['of'];

const NOT_KEPT = 'No files are kept here: send it as data.';

const TEXT = { fields: { text: translated('A text block.', { type: 'string' }), ...CACHED }, required: ['text'] };

const MEDIA: Forms = {
  input_text: TEXT,
  input_image: {
    fields: {
      image_url: translated('An image block, of a data URL: an address is refused, nothing is ever fetched.', {
        type: 'string',
      }),
      detail: ignored('models on Bedrock see pictures as they are.', { type: 'string' }),
      file_id: refused(NOT_KEPT),
      ...CACHED,
    },
    required: ['image_url'],
  },
  input_file: {
    fields: {
      file_data: translated('A document block: PDF, Office, CSV, HTML, Markdown, or text; a data URL, or base64.', {
        type: 'string',
      }),
      filename: translated("The document's name, of which characters that Bedrock does not take become spaces.", {
        type: 'string',
      }),
      detail: ignored('models on Bedrock see documents as they are.', { type: 'string' }),
      file_id: refused(NOT_KEPT),
      file_url: refused('Addresses are never fetched: send file_data.'),
      ...CACHED,
    },
    required: ['file_data'],
  },
};

/** Other clients write it for both. */
const PLAIN = { text: TEXT };

const SAID: Forms = {
  output_text: {
    fields: {
      text: translated('A text block.', { type: 'string' }),
      annotations: ignored('they say where a text came from, and are none of it.', { type: 'array' }),
      logprobs: ignored('they say how the text came to be.', { type: 'array' }),
      parsed: ignored('an SDK puts it there; the text has it.'),
    },
    required: ['text'],
  },
  refusal: { fields: { refusal: translated('A text block.', { type: 'string' }) }, required: ['refusal'] },
};

/** Of items that this surface itself writes, or SDKs keep beside them. */
const OF_ITSELF: Fields = {
  id: ignored('nothing is looked up by it.', { type: 'string' }),
  status: ignored('an item is taken as it is.', { type: 'string' }),
};

const CALL_ID = translated('', { type: 'string', minLength: 1 });

const THOUGHT = (word: string): Schema => ({
  type: 'array',
  items: {
    type: 'object',
    by: {
      member: 'type',
      of: { [word]: { fields: { text: translated('', { type: 'string' }) }, required: ['text'] } },
    },
  },
});

export const ITEMS: Schema = {
  type: 'object',
  by: {
    member: 'type',
    absent: 'message',
    others: 'it is of a tool that OpenAI runs, and nothing is run here.',
    of: {
      message: {
        fields: {
          role: translated('system and developer go before the conversation, in their order.', {
            type: 'string',
            enum: ['user', 'assistant', 'system', 'developer'],
          }),
          content: translated('Blocks.', {
            type: ['string', 'array'],
            items: { type: 'object', by: { member: 'type', of: { ...MEDIA, ...SAID, ...PLAIN } } },
          }),
          phase: ignored('the model sees what was said.', { type: 'string' }),
          ...OF_ITSELF,
        },
        required: ['role', 'content'],
      },
      function_call: {
        fields: {
          call_id: CALL_ID,
          name: translated('', { type: 'string', minLength: 1, maxLength: TOOL_NAME_MAX_CHARS }),
          arguments: translated('A `toolUse` block, of a JSON object in a text.', { type: 'string' }),
          parsed_arguments: ignored('an SDK puts it there; arguments has it.'),
          ...OF_ITSELF,
        },
        required: ['call_id', 'name'],
      },
      function_call_output: {
        fields: {
          call_id: CALL_ID,
          output: translated('A `toolResult` block; those of neighbours are one turn.', {
            type: ['string', 'array'],
            items: { type: 'object', by: { member: 'type', of: { ...MEDIA, ...PLAIN } } },
          }),
          name: ignored('the call that it answers names it.', { type: 'string' }),
          ...OF_ITSELF,
        },
        required: ['call_id', 'output'],
      },
      reasoning: {
        fields: {
          encrypted_content: translated('A `reasoningContent` block; without it a thought is not taken back.', {
            type: 'string',
          }),
          summary: ignored('encrypted_content has the thought.', THOUGHT('summary_text')),
          content: ignored('likewise.', THOUGHT('reasoning_text')),
          ...OF_ITSELF,
        },
      },
      item_reference: {
        refused:
          'Nothing is kept from one request to the next: send the items themselves, as SDKs do when they are told `store: false`.',
      },
    },
  },
};
