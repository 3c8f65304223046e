import { TollgateError } from '../../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../../contract/json.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { segment } from '../../providers/runtime.ts';
import { callResource } from './resource.ts';

/** Members by which a query would call something else of the account, under the grant of the knowledge base alone. */
const OTHERS = new Set(['guardrailConfiguration', 'rerankingConfiguration', 'implicitFilterConfiguration']);

/**
 * `POST /knowledgebases/{knowledgeBaseId}/retrieve`: passages for a question, by meaning, by words, or by both
 * (`overrideSearchType: HYBRID`). Bytes in, bytes out.
 *
 * @param wanted a registry id, or the knowledge base's own id
 * @throws TollgateError
 */
export async function retrieve(exchange: Exchange, wanted: string): Promise<Given> {
  const body = await jsonBytes(exchange.request);
  checkOthers(parseJsonObject(body), '');
  const answer = await callResource(exchange, {
    kind: 'bedrock-knowledge-base',
    operation: 'retrieve',
    wanted,
    body,
    native: (target) => `/knowledgebases/${segment(nativeIdOf(target))}/retrieve`,
  });
  if (answer.kind !== 'whole') throw new TollgateError('internal', { reason: 'not-whole' });
  const { model, status, headers } = answer;
  return { status, headers: { ...headers, ...lifecycleHeaders(model, exchange.nowSeconds) }, body: answer.body };
}

/** @throws TollgateError `invalid_request` naming the member, e.g. `retrievalConfiguration.vectorSearchConfiguration.rerankingConfiguration` */
function checkOthers(value: Json | undefined, path: string): void {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (OTHERS.has(name))
      throw new TollgateError('invalid_request', {
        field: at,
        reason: 'another-resource',
        message: `${at} names another resource than the knowledge base, which this grant does not hold: call that by its own path.`,
      });
    // A filter's keys are the caller's own words.
    if (name !== 'filter') checkOthers(inner, at);
  }
}
