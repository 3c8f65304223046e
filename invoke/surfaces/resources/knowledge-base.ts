import { TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { setMember } from '../../grants/member.ts';
import { segment } from '../../providers/runtime.ts';
import { checkOthers, checkRanks, rankerIn, ranking } from './others.ts';
import { callResource } from './resource.ts';

/**
 * `POST /knowledgebases/{knowledgeBaseId}/retrieve`: passages for a question, by meaning, by words, or by both
 * (`overrideSearchType: HYBRID`), and put in order by a model that was granted, too. Bytes in, bytes out, but for that model's name.
 *
 * @param wanted a registry id, or the knowledge base's own id
 * @throws TollgateError
 */
export async function retrieve(exchange: Exchange, wanted: string): Promise<Given> {
  const body = await jsonBytes(exchange.request);
  const members = parseJsonObject(body);
  const ranker = rankerIn(members, ['retrievalConfiguration']);
  checkOthers(members, new Set(ranker && [ranker.path.join('.')]));
  const answer = await callResource(exchange, {
    kind: 'bedrock-knowledge-base',
    operation: 'retrieve',
    wanted,
    beside: ranking(ranker),
    body,
    native: (target) => `/knowledgebases/${segment(nativeIdOf(target))}/retrieve`,
    prepared(_, [ordering]) {
      if (ordering === undefined || ranker === undefined) return () => body;
      checkRanks(ordering, ranker.path.join('.'));
      return (_, [orders]) => (orders === undefined ? body : setMember(body, ranker.path, orders.arn));
    },
  });
  if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
  const { model, status, headers } = answer;
  return { status, headers: { ...headers, ...lifecycleHeaders(model, exchange.nowSeconds) }, body: answer.body };
}
