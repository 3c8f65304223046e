import { TollgateError } from '../../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../../contract/json.ts';
import type { Action, AllowedModel } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { kindOf, nativeIdOf } from '../../../policies/kinds.ts';
import { decideModel } from '../../../registry/decide.ts';
import { refusalOf } from '../../../registry/refusal.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { withMembers } from '../../grants/member.ts';
import { checkTraced, sessionOf, textOf, turn } from './agent.ts';
import { checkClosed, INLINE_AGENT } from './closed.ts';
import { callResource, ownId } from './resource.ts';

/**
 * `POST /agents/{sessionId}`: a turn of a session with an agent that the call itself describes. Which one is granted is said by its
 * name; the model that it runs is granted by itself, too.
 *
 * @throws TollgateError
 */
export async function invokeInlineAgent(exchange: Exchange, session: string): Promise<Given> {
  const { caller, nowSeconds } = exchange;
  const body = await jsonBytes(exchange.request);
  const asked = parseJsonObject(body);
  const { agentName, foundationModel, enableTrace, streamingConfigurations } = asked;
  if (typeof agentName !== 'string')
    throw new TollgateError('invalid_request', {
      field: 'agentName',
      reason: 'missing',
      message: 'Inline agents are called by name here: agentName must be that of one that was granted.',
    });
  const sessionId = ownId(caller.tenant, 'session', session, 'sessionId');
  checkClosed(asked, INLINE_AGENT);
  const wanted = textOf(foundationModel, 'foundationModel');
  const action = streams(streamingConfigurations) ? 'stream' : 'invoke';
  const told = turn(body, enableTrace);
  const { models } = await exchange.entries(caller);
  const answer = await callResource(exchange, {
    ...{ kind: 'bedrock-inline-agent', operation: 'invoke-inline-agent', wanted: agentName, action },
    field: 'agentName',
    ...told,
    body: (agent) =>
      withMembers(body, {
        enableTrace: true,
        agentName: nativeIdOf(agent.target),
        foundationModel: modelOf(agent, wanted, action, models, nowSeconds),
      }),
    native: () => `/agents/${sessionId}`,
    check: (model) => checkTraced(enableTrace, model),
  });
  return sessionOf(answer, exchange, { session, ours: told.ours });
}

function streams(configured: Json | undefined): boolean {
  return configured instanceof Object && !Array.isArray(configured) && configured.streamFinalResponse === true;
}

/** What a grant of a model may demand that nothing holds where an agent calls it. */
const UNHELD = ['guardrail', 'maxTokens', 'tiers'] as const;

/**
 * @returns what AWS calls the model that the agent runs
 * @throws TollgateError where it is not granted as a model, or is another one than the agent's
 */
function modelOf(
  { target }: AllowedModel,
  wanted: string,
  action: Action,
  models: readonly AllowedModel[],
  nowSeconds: number,
): string {
  const decision = decideModel(models, wanted, action, nowSeconds);
  if (decision.outcome === 'refused') throw refusalOf(decision);
  const found = targetsOf(decision.model).find((one) => kindOf(one).calledOn(one) === target.arn);
  if (found === undefined) throw bad('another-model', 'must be the model that this agent is granted to run');
  const unheld = UNHELD.find((name) => decision.model[name] !== undefined);
  if (unheld !== undefined)
    throw bad('demands', `is granted under a demand (${unheld}) that calls of an agent are not held to`);
  return nativeIdOf(found);
}

function bad(reason: string, why: string): TollgateError {
  return new TollgateError('invalid_request', {
    field: 'foundationModel',
    reason,
    message: `foundationModel ${why}.`,
  });
}
