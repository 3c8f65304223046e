import { IMAGES_MAX } from '../../../contract/limits/invoke.ts';
import { type Fields, ignored, refused, translated } from '../fields.ts';

/** What OpenAI's models of several generations call how well a picture is made. */
export const QUALITIES = ['auto', 'low', 'medium', 'standard', 'high', 'hd'] as const;
export type Quality = (typeof QUALITIES)[number];

/** https://platform.openai.com/docs/api-reference/images/create */
export const IMAGES: Fields = {
  model: translated('A registry id, or the id or ARN that AWS has for it.', { type: 'string', minLength: 1 }),
  prompt: translated('To `textToImageParams.text` or `prompt`; how long it may be depends on the model.', {
    type: 'string',
    minLength: 1,
  }),
  n: translated('Pictures to make, one unless given. Beyond what the model makes in a call, several calls make them.', {
    type: 'integer',
    minimum: 1,
    maximum: IMAGES_MAX,
  }),
  size: translated(
    "`WIDTHxHEIGHT` in pixels, or auto: the model's own. Stability AI's models take the ratio of the two, and the size is theirs.",
    { type: 'string' },
  ),
  quality: translated(
    'high and hd are premium, all others standard. Models of Stability AI have one quality: auto or standard.',
    { type: 'string', enum: QUALITIES },
  ),
  response_format: translated(
    'b64_json, also where it is not said: nothing is kept here that an address could lead to.',
    {
      type: 'string',
      enum: ['b64_json'],
    },
  ),
  output_format: translated('png, also where it is not said; models of Stability AI make jpeg, too.', {
    type: 'string',
    enum: ['png', 'jpeg'],
  }),
  seed: translated(
    'Not of OpenAI: the same seed and prompt make the same picture. Further calls for more pictures have the next seeds. Without it ' +
      'each request has a seed of its own.',
    { type: 'integer', minimum: 0 },
  ),
  negative_prompt: translated('Not of OpenAI: what is not to be in the picture.', { type: 'string', minLength: 1 }),
  user: ignored('it names who asks, for records of OpenAI'),
  background: refused('No model here makes pictures without a background.', ['auto', 'opaque']),
  moderation: refused("Each model has its own filter; a grant's guardrail stands over it.", ['auto']),
  output_compression: refused('No model here has it.', [100]),
  style: refused('Say it in the prompt.'),
  stream: refused('A picture comes whole.', [false]),
  partial_images: refused('A picture comes whole.', [0]),
};
