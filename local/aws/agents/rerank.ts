import { foundationModel } from '../bedrock/catalog.ts';
import { ranked } from '../bedrock/formats/rerank.ts';
import { invalid } from '../error.ts';
import { isObject, type JsonObject, listAt, parseBody, textOf } from '../read.ts';
import type { AwsRequest, Plan, Reply } from '../service.ts';
import { at, type Models } from './models.ts';

const PATH = /^\/rerank\/?$/;

/** Rerank: authorised in the caller's name for itself and for the model; the order is the model's own, and nothing says what it cost. */
export function createRerank(models: Models): (request: AwsRequest, account: string) => Plan | undefined {
  return (request, account) => {
    if (!PATH.test(request.path) || request.method !== 'POST') return undefined;
    const body = parseBody(request.body);
    const asked = at(body, ['rerankingConfiguration', 'bedrockRerankingConfiguration']);
    const arn = textOf(at(asked, ['modelConfiguration', 'modelArn']), 'modelArn');
    if (!/^arn:aws:bedrock:[a-z0-9-]+::foundation-model\//.test(arn)) throw invalid('modelArn is no model’s.');
    const { needs } = models.answering(arn, 'bedrock:InvokeModel', request.region, account);
    return {
      operation: 'Rerank',
      model: arn,
      needs: [{ action: 'bedrock:Rerank', resource: '*', context: {} }, ...needs],
      serve: () => ordered(body, arn.slice(arn.indexOf('/') + 1), isObject(asked) ? asked.numberOfResults : undefined),
    };
  };
}

/** Results in one page; the token of the next one says where it begins. */
const PAGE = 100;

function ordered({ queries, sources, nextToken }: JsonObject, id: string, most: unknown): Reply {
  if (foundationModel(id) === undefined) throw invalid('The provided model identifier is invalid.');
  const [query] = listAt(queries, 'queries').map((one) => textOf(at(one, ['textQuery', 'text']), 'queries'));
  const documents = listAt(sources, 'sources').map((source) => {
    const { type, textDocument, jsonDocument } = (at(source, ['inlineDocumentSource']) ?? {}) as JsonObject;
    return type === 'JSON' ? jsonDocument : textOf(at(textDocument, ['text']), 'sources');
  });
  const own = { query, documents, ...(most === undefined ? {} : { top_n: most }) };
  const { answer, searches } = ranked({ id }, id.startsWith('cohere.') ? { ...own, api_version: 2 } : own);
  const { results } = answer as { results: { index: number; relevance_score: number }[] };
  const from = nextToken === undefined ? 0 : Number(textOf(nextToken, 'nextToken').replace('page-', ''));
  const page = results.slice(from, from + PAGE).map(({ index, relevance_score }) => ({
    index,
    relevanceScore: relevance_score,
  }));
  const next = results.length > from + PAGE ? { nextToken: `page-${from + PAGE}` } : {};
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ results: page, ...next }),
    usage: {
      inputTokens: 0,
      outputTokens: 0,
      totalTokens: 0,
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 0,
      searches,
    },
  };
}
