import { BUDGET_HEADERS, type Documented, json, OPENAI_ERROR, tooMany } from '../document-parts.ts';
import type { Fields } from '../fields.ts';
import { objectSchema } from '../fields-document.ts';
import { EMBEDDINGS } from './fields.ts';

const count = { type: 'integer' };

export const documented: Documented = {
  'POST /v1/embeddings': {
    operationId: 'createEmbedding',
    summary: 'Vectors of texts, in the format of OpenAI.',
    description:
      'Over Titan Text and Multimodal, Cohere Embed 3 and 4, and Nova Multimodal Embeddings. Cohere takes 96 texts in a call, the ' +
      'others one: a longer list is as many calls, each budgeted and on the bill by itself; if one fails, the whole does. ' +
      "usage is the model's own count.",
    requestBody: { required: true, content: json(objectSchema(EMBEDDINGS, ['model', 'input'])) },
    responses: {
      '200': {
        description: 'The vectors, in the order of the texts.',
        headers: BUDGET_HEADERS,
        content: json({
          type: 'object',
          required: ['object', 'data', 'model', 'usage'],
          properties: {
            object: { const: 'list' },
            data: {
              type: 'array',
              items: {
                type: 'object',
                required: ['object', 'index', 'embedding'],
                properties: {
                  object: { const: 'embedding' },
                  index: count,
                  embedding: { oneOf: [{ type: 'array', items: { type: 'number' } }, { type: 'string' }] },
                },
              },
            },
            model: { type: 'string' },
            usage: {
              type: 'object',
              required: ['prompt_tokens', 'total_tokens'],
              properties: { prompt_tokens: count, total_tokens: count },
            },
          },
        }),
      },
      '429': tooMany(OPENAI_ERROR),
      default: OPENAI_ERROR,
    },
  },
};

export const tables: Readonly<Record<string, Fields>> = { 'POST /v1/embeddings': EMBEDDINGS };
