import { TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { generating, memberAt, memberOf } from '../../grants/generate.ts';
import { setMember } from '../../grants/member.ts';
import { ANSWERED } from '../../usage/usage.ts';
import { streamed } from './frames.ts';
import { checkAnswers, checkOthers, checkRanks, rankerIn, ranking, refused, textAt } from './others.ts';
import { callResource } from './resource.ts';

const ROOT = 'retrieveAndGenerateConfiguration';
const AT = [ROOT, 'knowledgeBaseConfiguration'];

/** Of the stream's answer; of the other one it is in the body. */
const SESSION_HEADER = 'x-amzn-bedrock-knowledge-base-session-id';

/** `POST /retrieveAndGenerate`: an answer by a model from a knowledge base, both granted. @throws TollgateError */
export function retrieveAndGenerate(exchange: Exchange): Promise<Given> {
  return generate(exchange, 'retrieve-and-generate');
}

/** `POST /retrieveAndGenerateStream` @throws TollgateError */
export function retrieveAndGenerateStream(exchange: Exchange): Promise<Given> {
  return generate(exchange, 'retrieve-and-generate-stream');
}

/**
 * The caller's own bytes, but for the names of the knowledge base and of the models, which are Bedrock's own, what their grants
 * demand, and the session, whose id is the tenant's own.
 */
async function generate(
  exchange: Exchange,
  operation: 'retrieve-and-generate' | 'retrieve-and-generate-stream',
): Promise<Given> {
  const { tenant } = exchange.caller;
  let body = await jsonBytes(exchange.request);
  const members = parseJsonObject(body);
  if (memberOf(members, [ROOT, 'type']) === 'EXTERNAL_SOURCES')
    throw refused(
      `${ROOT}.type`,
      'not-served',
      'Answers from documents that the call itself names are not served here: give them to the model by POST /model/{id}/converse.',
    );
  const base = textAt(members, [...AT, 'knowledgeBaseId']);
  const model = textAt(members, [...AT, 'modelArn']);
  const ranker = rankerIn(members, [...AT, 'retrievalConfiguration']);
  const guardrail = [...AT, 'generationConfiguration', 'guardrailConfiguration'].join('.');
  const known = [guardrail, ...[model, ranker].flatMap((named) => (named === undefined ? [] : [named.path.join('.')]))];
  checkOthers(members, new Set(known));
  // What a member of the other type holds would be read by nobody who checks it.
  memberAt(members, AT);
  const ids = await exchange.sessionIds();
  if (members.sessionId !== undefined)
    body = setMember(body, ['sessionId'], await ids.own(tenant, members.sessionId, 'sessionId'));

  let changes: Record<string, string> = {};
  const isStream = operation === 'retrieve-and-generate-stream';
  const answer = await callResource(exchange, {
    kind: 'bedrock-knowledge-base',
    operation,
    field: base.path.join('.'),
    wanted: base.name,
    action: 'generate',
    beside: [{ model: model.name, actions: isStream ? ['generate', 'stream'] : ['generate'] }, ...ranking(ranker)],
    body,
    native: () => (isStream ? '/retrieveAndGenerateStream' : '/retrieveAndGenerate'),
    uses: ANSWERED,
    prepared(_, [answering, ordering]) {
      if (answering === undefined) throw new TollgateError('internal', { reason: 'no-model' });
      checkAnswers(answering, model.path.join('.'));
      if (ordering !== undefined && ranker !== undefined) checkRanks(ordering, ranker.path.join('.'));
      generating(body, AT, answering);
      return (target, [its = answering.target, orders]) => {
        const under = generating(body, AT, { ...answering, target: its });
        changes = under.changes;
        let named = setMember(setMember(under.body, base.path, nativeIdOf(target)), model.path, its.arn);
        if (orders !== undefined && ranker !== undefined) named = setMember(named, ranker.path, orders.arn);
        return named;
      };
    },
  });
  if (answer.kind === 'whole') {
    const { status, model: base } = answer;
    const headers = { ...answer.headers, ...lifecycleHeaders(base, exchange.nowSeconds), ...changes };
    const { sessionId } = parseJsonObject(answer.body, 'answer');
    const told = typeof sessionId === 'string' ? await ids.told(tenant, sessionId) : undefined;
    return { status, headers, body: told === undefined ? answer.body : setMember(answer.body, ['sessionId'], told) };
  }
  const session = answer.headers[SESSION_HEADER];
  const own = session === undefined ? {} : { [SESSION_HEADER]: await ids.told(tenant, session) };
  return streamed(answer, exchange, { ...changes, ...own });
}
