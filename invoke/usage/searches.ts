import { ESTIMATE_BYTES_PER_TOKEN, SEARCH_DOCUMENT_TOKENS, SEARCH_DOCUMENTS } from '../../contract/limits/invoke.ts';
import type { Target } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import type { ProviderRequest } from '../call.ts';
import { isObject, jsonOf, written } from './json.ts';

/** Of a request to have documents ordered, in searches as they are sold. No answer says how many they were. */
export interface Searches {
  /** If none of the documents is a long one. */
  least: number;
  /** If each byte were a token. */
  most: number;
  likely: number;
}

/** Members that say how the documents are to be ordered, and are none themselves. */
const SETTINGS = new Set(['query', 'top_n', 'api_version', 'max_tokens_per_doc', 'return_documents']);

/** @returns undefined for a model that orders nothing */
export function searchesAsked({ operation, body }: ProviderRequest, target: Target): Searches | undefined {
  if (operation !== 'invoke' && operation !== 'invoke-with-response-stream') return undefined;
  if (taskOfName(baseModelOf(target)) !== 'rerank') return undefined;
  const root = jsonOf(body);
  return searchesFor(isObject(root) ? root.query : undefined, documentsIn(root));
}

/** @param query any value, and so are the documents */
export function searchesFor(query: unknown, given: readonly unknown[]): Searches {
  const documents = given.map((document) => bytesOf(query) + bytesOf(document));
  const searches = (bytesPerToken: number): number => {
    const parts = documents.map((bytes) => Math.max(1, Math.ceil(bytes / bytesPerToken / SEARCH_DOCUMENT_TOKENS)));
    const sum = parts.reduce((all, some) => all + some, 0);
    return Math.max(1, Math.ceil(sum / SEARCH_DOCUMENTS));
  };
  return {
    least: Math.max(1, Math.ceil(documents.length / SEARCH_DOCUMENTS)),
    most: searches(1),
    likely: searches(ESTIMATE_BYTES_PER_TOKEN),
  };
}

/** What is in a member that nothing is known of may be a document, too. */
function documentsIn(root: unknown): unknown[] {
  if (!isObject(root)) return [root];
  return Object.entries(root).flatMap(([name, value]) => {
    if (name === 'documents' && Array.isArray(value)) return value;
    return SETTINGS.has(name) ? [] : [value];
  });
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : (written(value) ?? ''));
}
