import { TollgateError } from '../../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../../contract/json.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { memberOf } from '../../grants/generate.ts';
import { setMember } from '../../grants/member.ts';
import { searchesFor } from '../../usage/searches.ts';
import { searched } from '../../usage/usage.ts';
import { checkOthers, checkRanks, RANKER, refused, textAt } from './others.ts';
import { callResource } from './resource.ts';

const AT = ['rerankingConfiguration', ...RANKER];

/**
 * `POST /rerank`: documents in the order in which they answer a question. The caller's own bytes, but for the model's name, and the
 * token of a next page, which is the tenant's own.
 *
 * @throws TollgateError
 */
export async function rerank(exchange: Exchange): Promise<Given> {
  const { tenant } = exchange.caller;
  let body = await jsonBytes(exchange.request);
  const members = parseJsonObject(body);
  const model = textAt(members, AT);
  const field = model.path.join('.');
  checkOthers(members, new Set([field]));
  const asked = searchesFor(
    textsIn(members.queries, 'textQuery')[0] ?? '',
    textsIn(members.sources, 'inlineDocumentSource'),
  );
  const { nextToken } = members;
  const ids = await exchange.sessionIds();
  if (nextToken !== undefined) body = setMember(body, ['nextToken'], await ids.own(tenant, nextToken, 'nextToken'));
  const answer = await callResource(exchange, {
    operation: 'rerank',
    wanted: model.name,
    action: 'rerank',
    body,
    native: () => '/rerank',
    uses: searched(asked),
    prepared(ranker) {
      checkRanks(ranker, field);
      return ({ arn }) => setMember(body, model.path, arn);
    },
  });
  if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
  const { status } = answer;
  const next = parseJsonObject(answer.body, 'answer').nextToken;
  return {
    status,
    headers: { ...answer.headers, ...lifecycleHeaders(answer.model, exchange.nowSeconds) },
    body: typeof next === 'string' ? setMember(answer.body, ['nextToken'], await ids.told(tenant, next)) : answer.body,
  };
}

/** What of each is read. @throws TollgateError `invalid_request` for what is no list of objects */
function textsIn(list: Json | undefined, member: 'textQuery' | 'inlineDocumentSource'): unknown[] {
  const field = member === 'textQuery' ? 'queries' : 'sources';
  if (!Array.isArray(list)) throw refused(field, 'not-a-list', `${field} must be a list.`);
  return list.map((one) => {
    if (one === null || typeof one !== 'object' || Array.isArray(one))
      throw refused(field, 'not-an-object', `${field} must be a list of objects.`);
    return member === 'textQuery' ? memberOf(one, [member, 'text']) : documentIn(one);
  });
}

/** A text, or a document of JSON, whose names are read, too. */
function documentIn(source: { readonly [name: string]: Json }): unknown {
  const document = memberOf(source, ['inlineDocumentSource']);
  return memberOf(source, ['inlineDocumentSource', 'textDocument', 'text']) ?? document;
}
