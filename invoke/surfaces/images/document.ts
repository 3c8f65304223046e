import { BUDGET_HEADERS, type Documented, json, OPENAI_ERROR, tooMany } from '../document-parts.ts';
import type { Fields } from '../fields.ts';
import { objectSchema } from '../fields-document.ts';
import { IMAGES } from './fields.ts';

export const documented: Documented = {
  'POST /v1/images/generations': {
    operationId: 'createImage',
    summary: 'Pictures of a text, in the format of OpenAI.',
    description:
      'Over Nova Canvas, Titan Image Generator, and Stable Image Core, Stable Image Ultra and Stable Diffusion 3. Those of Amazon make five ' +
      'pictures in a call, the others one. Pictures come in base64. Where the filter of a model leaves some out, there are fewer than ' +
      'were asked for; where it leaves out all, the answer is 400.',
    requestBody: { required: true, content: json(objectSchema(IMAGES, ['model', 'prompt'])) },
    responses: {
      '200': {
        description: 'The pictures.',
        headers: BUDGET_HEADERS,
        content: json({
          type: 'object',
          required: ['created', 'data'],
          properties: {
            created: { type: 'integer', description: 'Seconds since 1970.' },
            output_format: { type: 'string' },
            data: {
              type: 'array',
              items: { type: 'object', required: ['b64_json'], properties: { b64_json: { type: 'string' } } },
            },
          },
        }),
      },
      '429': tooMany(OPENAI_ERROR),
      default: OPENAI_ERROR,
    },
  },
};

export const tables: Readonly<Record<string, Fields>> = { 'POST /v1/images/generations': IMAGES };
