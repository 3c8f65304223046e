import { RERANKED_DOCUMENTS_MAX } from '../../../contract/limits/invoke.ts';
import { type Fields, ignored, refused, translated } from '../fields.ts';

/** https://docs.cohere.com/reference/rerank, and of version 1 what version 2 has no more. */
export const RERANK: Fields = {
  model: translated('A registry id, or the id or ARN that AWS has for it.', { type: 'string', minLength: 1 }),
  query: translated('To `query`.', { type: 'string', minLength: 1 }),
  documents: translated(
    'Texts, or objects, of which the members in `rank_fields` are the text, one behind the other, or else `text`.',
    { type: 'array', minItems: 1, maxItems: RERANKED_DOCUMENTS_MAX, items: { type: ['string', 'object'] } },
  ),
  top_n: translated('How many of the best to answer with; all unless given.', { type: 'integer', minimum: 1 }),
  return_documents: translated('Whether the answer repeats the documents.', { type: 'boolean' }),
  rank_fields: translated('Members of documents that are objects.', {
    type: 'array',
    minItems: 1,
    items: { type: 'string', minLength: 1 },
  }),
  max_tokens_per_doc: translated(
    'To the same of Cohere, which cuts longer documents. Amazon has no such member: 400.',
    {
      type: 'integer',
      minimum: 1,
    },
  ),
  max_chunks_per_doc: refused('max_tokens_per_doc says how much of a document counts.'),
  priority: ignored('it orders a queue of Cohere, which these calls do not stand in'),
};
