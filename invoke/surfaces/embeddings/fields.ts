import { EMBEDDED_TEXTS_MAX } from '../../../contract/limits/invoke.ts';
import { type Fields, ignored, translated } from '../fields.ts';

/** What a text is embedded for, as Cohere names it; other models have names of their own for the same. */
export const INPUT_TYPES = ['search_document', 'search_query', 'classification', 'clustering'] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** https://platform.openai.com/docs/api-reference/embeddings/create */
export const EMBEDDINGS: Fields = {
  model: translated('A registry id, or the id or ARN that AWS has for it.', { type: 'string', minLength: 1 }),
  input: translated(
    'A text or a list of texts. A text may be of blanks, but not empty. Lists of tokens are refused: their numbers are those of ' +
      "OpenAI's own models.",
    {
      type: ['string', 'array'],
      minLength: 1,
      minItems: 1,
      maxItems: EMBEDDED_TEXTS_MAX,
      items: { type: 'string', minLength: 1 },
    },
  ),
  encoding_format: translated(
    'Floats as numbers, or as base64 of 32-bit floats, little-endian, which is what OpenAI SDKs ask for by themselves.',
    { type: 'string', enum: ['float', 'base64'] },
  ),
  dimensions: translated("The vectors' length; which there are depends on the model, and a refusal names them.", {
    type: 'integer',
    minimum: 1,
  }),
  input_type: translated(
    'What the texts are embedded for: to `input_type` of Cohere (search_document unless given) and `embeddingPurpose` of Nova. ' +
      'Titan makes no difference.',
    { type: 'string', enum: INPUT_TYPES },
  ),
  user: ignored('it names who asks, for records of OpenAI'),
};
