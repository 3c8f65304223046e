import { TollgateError } from '../../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { baseModelOf, kindOf } from '../../../policies/kinds.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { shownName } from '../../names.ts';
import { members, parse, unreadable } from '../converse.ts';
import { checkFields, invalid, type Members, unsupported } from '../fields.ts';
import { inParts } from '../parts.ts';
import { RERANK } from './fields.ts';

/** A request, checked. */
interface Asked {
  model: string;
  query: string;
  /** As they came, and what of each is read. */
  documents: readonly Json[];
  texts: readonly string[];
  top: number;
  shown: boolean;
  most: number | undefined;
}

/** `POST /v1/rerank`, in which the version is part of the answer. @throws TollgateError */
export function rerankV1(exchange: Exchange): Promise<Given> {
  return rerank(exchange, '1');
}

/** `POST /v2/rerank`. @throws TollgateError */
export function rerankV2(exchange: Exchange): Promise<Given> {
  return rerank(exchange, '2');
}

/** Cohere's format over Cohere Rerank and Amazon Rerank. */
async function rerank(exchange: Exchange, version: string): Promise<Given> {
  const asked = parseRequest(parseJsonObject(await jsonBytes(exchange.request)));
  const { headers, parts } = await inParts(exchange, {
    surface: 'openai',
    wanted: asked.model,
    bodies: (model) => [bodyFor(model, asked)],
    read: ({ body, tokens }) => ({ results: resultsIn(parse(body), asked), searches: tokens.searches ?? 0 }),
  });
  const [{ results, searches } = { results: [], searches: 0 }] = parts;
  const meta = { api_version: { version }, billed_units: { search_units: searches } };
  return json({ id: exchange.requestId, results, meta }, headers);
}

/** @throws TollgateError `invalid_request` naming the member at fault */
function parseRequest(body: Members): Asked {
  checkFields(RERANK, body, ['model', 'query', 'documents']);
  const documents = body.documents as readonly Json[];
  const fields = (body.rank_fields as readonly string[] | null | undefined) ?? ['text'];
  return {
    model: body.model as string,
    query: body.query as string,
    documents,
    texts: documents.map((document, index) => textOf(document, fields, `documents[${index}]`)),
    top: Math.min((body.top_n as number | null | undefined) ?? documents.length, documents.length),
    shown: body.return_documents === true,
    most: (body.max_tokens_per_doc as number | null | undefined) ?? undefined,
  };
}

/** @throws TollgateError `invalid_request` when an object has none of the members that are its text */
function textOf(document: Json, fields: readonly string[], at: string): string {
  if (typeof document === 'string') return document;
  const found = document as Members;
  const texts = fields.flatMap((name) => {
    const value = Object.hasOwn(found, name) ? found[name] : undefined;
    if (value === undefined || value === null) return [];
    if (typeof value !== 'string') throw invalid(`${at}.${shownName(name)}`, 'must be a string');
    return [value];
  });
  if (texts.length === 0) throw invalid(`${at}.${shownName(fields[0] ?? 'text')}`, 'must be given');
  return texts.join('\n');
}

/** @throws TollgateError `invalid_request` for a model that orders no documents, or not so */
function bodyFor({ target, container }: AllowedModel, { query, texts, top, most }: Asked): object {
  if (container === 'tei') {
    if (most !== undefined) throw unsupported('max_tokens_per_doc', 'The container has no such member.');
    return { query, texts };
  }
  const base = baseModelOf(target);
  const body = { query, documents: texts, top_n: top };
  if (base.startsWith('cohere.rerank-')) return { ...body, api_version: 2, max_tokens_per_doc: most };
  if (!base.startsWith('amazon.rerank-'))
    throw new TollgateError('invalid_request', {
      field: 'model',
      reason: 'wrong-surface',
      message: `This model is ${kindOf(target).name} that orders no documents here; GET /v1/models says where each can be called.`,
    });
  if (most !== undefined) throw unsupported('max_tokens_per_doc', 'Amazon Rerank has no such member.');
  return body;
}

/** @throws TollgateError `upstream_failed` when the answer is about other documents than those that were given */
function resultsIn(answer: unknown, { documents, top, shown }: Asked): object[] {
  // A container's is the list itself, of all.
  const results = Array.isArray(answer) ? answer.slice(0, top) : members(answer).results;
  if (!Array.isArray(results) || results.length > top) throw unreadable();
  return results.map((result) => {
    const { index, score, relevance_score = score } = members(result);
    const document = documents[index as number];
    if (document === undefined || typeof relevance_score !== 'number') throw unreadable();
    const told = typeof document === 'string' ? { text: document } : document;
    return { index, relevance_score, ...(shown ? { document: told } : {}) };
  });
}
