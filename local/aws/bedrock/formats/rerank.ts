import { countTokens } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { countAt, isObject, type JsonObject, onlyMembers, textOf } from '../../read.ts';
import type { FoundationModel } from '../catalog.ts';

const DOCUMENTS_MAX = 1_000;
/** How searches are sold: documents in one, and tokens of a document with the query. */
const SEARCH_DOCUMENTS = 100;
const DOCUMENT_TOKENS = 512;

/**
 * Cohere Rerank and Amazon Rerank: the best documents first. A document is as relevant as the share of the query's words that are
 * in it. Nothing in the answer says what it cost.
 *
 * @throws AwsError ValidationException
 */
export function ranked({ id }: Pick<FoundationModel, 'id'>, body: JsonObject): { answer: object; searches: number } {
  const isCohere = id.startsWith('cohere.');
  onlyMembers(body, ['query', 'documents', 'top_n', ...(isCohere ? ['api_version', 'max_tokens_per_doc'] : [])]);
  if (isCohere && body.api_version !== 2) throw invalid('api_version must be 2');
  const query = textOf(body.query, 'query');
  const { documents } = body;
  if (query === '') throw invalid('query must not be empty');
  if (!Array.isArray(documents) || documents.length === 0 || documents.length > DOCUMENTS_MAX)
    throw invalid(`documents must be a list of 1 to ${DOCUMENTS_MAX}`);
  const texts = documents.map((document, index) =>
    isObject(document) ? JSON.stringify(document) : textOf(document, `documents[${index}]`),
  );
  const most = countAt(body.top_n, 'top_n') ?? texts.length;
  if (most > texts.length) throw invalid(`top_n must be at most ${texts.length}`);
  const words = wordsOf(query);
  const results = texts
    .map((text, index) => ({ index, relevance_score: share(words, wordsOf(text)) }))
    .sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index)
    .slice(0, most);
  const asked = countTokens(query);
  const parts = texts.map((text) => Math.max(1, Math.ceil((asked + countTokens(text)) / DOCUMENT_TOKENS)));
  const searches = Math.ceil(parts.reduce((sum, part) => sum + part, 0) / SEARCH_DOCUMENTS);
  return { answer: { results }, searches };
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

function share(wanted: ReadonlySet<string>, found: ReadonlySet<string>): number {
  if (wanted.size === 0) return 0;
  return [...wanted].filter((word) => found.has(word)).length / wanted.size;
}
