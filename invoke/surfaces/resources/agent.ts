import { TollgateError } from '../../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../../contract/json.ts';
import type { AllowedModel, Target } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { decideModel } from '../../../registry/decide.ts';
import type { Answer } from '../../call.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { setMember } from '../../grants/member.ts';
import { segment } from '../../providers/runtime.ts';
import { TRACE, traces, turned } from '../../usage/traces.ts';
import { anotherResource, checkClosed, SESSION_STATE } from './closed.ts';
import { streamed } from './frames.ts';
import { type Asked, callResource, ownId } from './resource.ts';

/**
 * `POST /agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text`
 *
 * @param agent the agent's own id with its alias beside it; or a registry id, and then the alias is `-`
 * @throws TollgateError
 */
export async function invokeAgent(exchange: Exchange, agent: string, alias: string, session: string): Promise<Given> {
  const { tenant } = exchange.caller;
  let body = await jsonBytes(exchange.request);
  const { memoryId, enableTrace, sessionState } = parseJsonObject(body);
  checkClosed(sessionState, SESSION_STATE, 'sessionState');
  await checkKnowledgeBases(sessionState, exchange);
  const sessionId = ownId(tenant, 'session', session, 'sessionId');
  const told = turn(body, enableTrace);
  if (told.ours !== undefined) body = setMember(body, ['enableTrace'], true);
  if (memoryId !== undefined)
    body = setMember(body, ['memoryId'], ownId(tenant, 'memory', textOf(memoryId, 'memoryId'), 'memoryId'));
  const answer = await callResource(exchange, {
    kind: 'bedrock-agent',
    operation: 'invoke-agent',
    wanted: aliased(agent, alias),
    body,
    ...told,
    native: (target) => `${pathOf(target)}/sessions/${sessionId}/text`,
    check: (model) => checkTraced(enableTrace, model),
  });
  return sessionOf(answer, exchange, { session, memory: memoryId, ours: told.ours });
}

/** What tokens an agent's models used is told in its trace alone: if its caller asks for none it is ours, and it is told so. */
export function turn(body: Uint8Array, asked: Json | undefined): Turn {
  return { tells: traces, uses: turned(body), ...(asked === true ? {} : { ours: TRACE }) };
}

type Turn = Pick<Asked, 'tells' | 'uses' | 'ours'>;

/** The agent's trace is asked for, and its caller did not. */
const WATCHED = { 'x-tollgate-agent-trace': 'enabled; by=gateway' };

/** A turn's answer, under the caller's own names for its session and memory. */
export function sessionOf(
  answer: Answer,
  exchange: Exchange,
  { session, memory, ours }: { session: string; memory?: Json | undefined; ours: Turn['ours'] },
): Given {
  return streamed(answer, exchange, {
    'x-amzn-bedrock-agent-content-type': 'application/json',
    'x-amz-bedrock-agent-session-id': session,
    ...(ours === undefined ? {} : WATCHED),
    ...(typeof memory === 'string' ? { 'x-amz-bedrock-agent-memory-id': memory } : {}),
  });
}

/** Which of an agent's knowledge bases are asked differently: each is granted by itself, too. */
async function checkKnowledgeBases(state: Json | undefined, exchange: Exchange): Promise<void> {
  const { knowledgeBaseConfigurations: given = [] } = (state ?? {}) as { [member: string]: Json };
  const asked = [given].flat() as (Json & { knowledgeBaseId?: Json })[];
  if (asked.length === 0) return;
  const { models } = await exchange.entries(exchange.caller);
  for (const [index, one] of asked.entries()) {
    const id = one?.knowledgeBaseId;
    const decision = typeof id === 'string' && decideModel(models, id, 'invoke', exchange.nowSeconds);
    const isOwn = ({ kind, arn }: Target): boolean => kind === 'bedrock-knowledge-base' && arn.endsWith(`/${id}`);
    if (!(decision && decision.outcome === 'allowed' && targetsOf(decision.model).some(isOwn)))
      throw anotherResource(`sessionState.knowledgeBaseConfigurations[${index}].knowledgeBaseId`);
  }
}

/** What a caller names: by two ids of AWS's what is one thing, or by a registry id, which needs no alias. */
export function aliased(id: string, alias: string, between = '/'): string {
  return alias === '-' ? id : `${id}${between}${alias}`;
}

/** `/agents/{id}/agentAliases/{alias}` */
export function pathOf({ arn }: Target): string {
  const [, agent = '', alias = ''] = arn.split('/');
  return `/agents/${segment(agent)}/agentAliases/${segment(alias)}`;
}

/** A trace shows prompts, roles and ARNs of the account. */
export function checkTraced(asked: unknown, { trace }: AllowedModel): void {
  if (trace === true || asked === undefined || asked === false) return;
  throw new TollgateError('invalid_request', {
    field: 'enableTrace',
    reason: 'trace-not-granted',
    message: 'Traces are not granted here: leave enableTrace out, or set it to false.',
  });
}

export function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  throw new TollgateError('invalid_request', { field, reason: 'not-text', message: `${field} must be text.` });
}
