import { BUDGET_HEADERS, type Documented, json, OPENAI_ERROR, tooMany } from '../document-parts.ts';
import type { Fields } from '../fields.ts';
import { objectSchema } from '../fields-document.ts';
import { RERANK } from './fields.ts';

const ERROR = {
  ...OPENAI_ERROR,
  description: 'Refused or failed; `message`, where Cohere has it, is the same as in `error`.',
};

const rerank = (operationId: string) => ({
  operationId,
  summary: 'Documents in the order of their relevance to a query, in the format of Cohere.',
  description:
    'Over Cohere Rerank and Amazon Rerank. `meta.billed_units.search_units` is what is on the bill: one for each 100 documents; a ' +
    'document of more than 512 tokens, the query among them, is several.',
  requestBody: { required: true, content: json(objectSchema(RERANK, ['model', 'query', 'documents'])) },
  responses: {
    '200': {
      description: 'The best first.',
      headers: BUDGET_HEADERS,
      content: json({
        type: 'object',
        required: ['id', 'results', 'meta'],
        properties: {
          id: { type: 'string' },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['index', 'relevance_score'],
              properties: {
                index: { type: 'integer' },
                relevance_score: { type: 'number' },
                document: { type: 'object' },
              },
            },
          },
          meta: { type: 'object' },
        },
      }),
    },
    '429': tooMany(ERROR),
    default: ERROR,
  },
});

export const documented: Documented = {
  'POST /v1/rerank': rerank('rerankV1'),
  'POST /v2/rerank': rerank('rerank'),
};

export const tables: Readonly<Record<string, Fields>> = { 'POST /v2/rerank, and /v1/rerank': RERANK };
