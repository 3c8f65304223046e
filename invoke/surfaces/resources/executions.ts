import { isTollgateError, TollgateError } from '../../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../../contract/json.ts';
import { EXECUTION_MAX_CHARS } from '../../../contract/limits/contract.ts';
import type { AllowedModel, Target } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { ownId } from '../../../policies/name.ts';
import { jsonBytes } from '../../edge/body.ts';
import type { Exchange, Given } from '../../exchange.ts';
import { setMember } from '../../grants/member.ts';
import { retold } from '../../providers/sentence.ts';
import { aliased } from './agent.ts';
import { pathOf } from './flow.ts';
import { neededIn, queryOf } from './query.ts';
import { type Asked, askResource } from './resource.ts';

/**
 * Executions of flows, which go on for hours (https://docs.aws.amazon.com/bedrock/latest/userguide/flows-create-async.html). A tenant
 * names its own, and where an answer of Bedrock's has the ARN of one, here is that name: it is as good in a call.
 */

const NAME = new RegExp(`^[0-9A-Za-z-]{1,${EXECUTION_MAX_CHARS}}$`);

/**
 * `POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}/executions`
 *
 * @param flow as for InvokeFlow
 * @throws TollgateError
 */
export async function startExecution(exchange: Exchange, flow: string, alias: string): Promise<Given> {
  const body = await jsonBytes(exchange.request);
  // Who names none is told the request's id, which is nobody else's.
  const { flowExecutionName: name = exchange.requestId.slice(0, EXECUTION_MAX_CHARS) } = parseJsonObject(body);
  const execution = named(name, 'flowExecutionName');
  return ask(
    exchange,
    {
      ...{ kind: 'bedrock-flow', operation: 'start-flow-execution', wanted: aliased(flow, alias, '/alias/') },
      body: setMember(body, ['flowExecutionName'], ownId(exchange.caller.tenant, 'execution', execution)),
      native: (target) => `${pathOf(target)}/executions`,
      check: checkPlaced,
    },
    () => JSON.stringify({ executionArn: execution }),
  );
}

/** `GET .../executions/{executionIdentifier}` @throws TollgateError */
export function getExecution(exchange: Exchange, flow: string, alias: string, execution: string): Promise<Given> {
  const asked = askedOf('get-flow-execution', flow, alias, execution);
  return ask(exchange, { ...asked, method: 'GET' }, (body) => told(body, execution));
}

/** `POST .../executions/{executionIdentifier}/stop` @throws TollgateError */
export function stopExecution(exchange: Exchange, flow: string, alias: string, execution: string): Promise<Given> {
  const asked = askedOf('stop-flow-execution', flow, alias, execution, '/stop');
  return ask(exchange, asked, (body) => told(body, execution));
}

/**
 * `GET .../executions/{executionIdentifier}/events`: what went into the flow and came out of it. What its nodes did is a trace.
 *
 * @throws TollgateError
 */
export function listEvents(exchange: Exchange, flow: string, alias: string, execution: string): Promise<Given> {
  const { query } = exchange.request;
  const type = neededIn(query, 'eventType');
  const asked = askedOf('list-flow-execution-events', flow, alias, execution, '/events');
  return ask(
    exchange,
    {
      ...asked,
      method: 'GET',
      query: queryOf(query, ['eventType', 'maxResults', 'nextToken']),
      check(model) {
        checkPlaced(model);
        if (type !== 'Flow') checkTraced(model, 'eventType', 'ask for those of the Flow');
      },
    },
    (body, { trace }) => (trace === true ? body : outside(body)),
  );
}

/** `GET .../executions/{executionIdentifier}/flowsnapshot`: the flow itself, with its prompts and roles. @throws TollgateError */
export function getSnapshot(exchange: Exchange, flow: string, alias: string, execution: string): Promise<Given> {
  const asked = askedOf('get-execution-flow-snapshot', flow, alias, execution, '/flowsnapshot');
  return ask(exchange, {
    ...asked,
    method: 'GET',
    check(model) {
      checkPlaced(model);
      checkTraced(model, 'flowsnapshot', 'its events are at /events');
    },
  });
}

/** A name that is taken, and one that nobody took, are the caller's to know of: it chose them. */
const ask: typeof askResource = (...asked) =>
  askResource(...asked).catch((error: unknown) => {
    const status = isTollgateError(error, 'upstream_failed') ? error.detail?.status : undefined;
    if (status === 404) throw new TollgateError('not_found', { message: 'This flow has no such execution.' });
    if (status === 409) throw new TollgateError('conflict', { message: 'This flow has an execution of this name.' });
    throw error;
  });

function askedOf(operation: Asked['operation'], flow: string, alias: string, execution: string, end = ''): Asked {
  return {
    ...{ kind: 'bedrock-flow', operation, wanted: aliased(flow, alias, '/alias/') },
    execution: named(execution, 'executionIdentifier'),
    // The pipeline has made the target that of the execution.
    native: (target: Target) =>
      `${pathOf(target)}/executions/${target.arn.slice(target.arn.lastIndexOf('/') + 1)}${end}`,
    check: checkPlaced,
  };
}

function named(name: Json, field: string): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new TollgateError('invalid_request', {
    field,
    reason: 'not-an-id',
    message: `${field} must be 1 to ${EXECUTION_MAX_CHARS} of letters, digits and "-".`,
  });
}

/** An execution is in the one place where it was started, and which of several that was nobody remembers. */
function checkPlaced(model: AllowedModel): void {
  if (targetsOf(model).length === 1) return;
  throw new TollgateError('invalid_request', {
    field: 'flowIdentifier',
    reason: 'several-places',
    message: 'This flow is called in several places, and its executions are not served here: give each an entry.',
  });
}

function checkTraced({ trace }: AllowedModel, field: string, instead: string): void {
  if (trace === true) return;
  throw new TollgateError('invalid_request', {
    field,
    reason: 'trace-not-granted',
    message: `Traces are not granted here: ${instead}.`,
  });
}

/** Names in the place of ARNs, and of what went wrong only the words that are known to be harmless. */
function told(body: Uint8Array, execution: string): string {
  const { executionArn: _, errors, ...rest } = parseJsonObject(body);
  const shown = Object.entries(rest).map(([name, value]) => [
    name,
    typeof value === 'string' ? lastPart(value) : value,
  ]);
  return JSON.stringify({
    executionArn: execution,
    ...Object.fromEntries(shown),
    ...(Array.isArray(errors) ? { errors: errors.map((error) => harmless(error, 'message')) } : {}),
  });
}

/** Events of the flow, and no other, whatever was asked for. */
function outside(body: Uint8Array): string {
  const { flowExecutionEvents: all, nextToken } = parseJsonObject(body);
  const events = (Array.isArray(all) ? all : []).flatMap((event): Json[] => {
    const { flowInputEvent, flowOutputEvent, flowFailureEvent } = event as { [member: string]: Json };
    if (flowInputEvent !== undefined) return [{ flowInputEvent }];
    if (flowOutputEvent !== undefined) return [{ flowOutputEvent }];
    return flowFailureEvent === undefined ? [] : [{ flowFailureEvent: harmless(flowFailureEvent, 'errorMessage') }];
  });
  return JSON.stringify({ flowExecutionEvents: events, ...(nextToken === undefined ? {} : { nextToken }) });
}

function harmless(error: Json, member: string): Json {
  if (error === null || typeof error !== 'object' || Array.isArray(error)) return error;
  const said = error[member];
  return { ...error, [member]: (typeof said === 'string' && retold(said)) || 'The flow failed.' };
}

function lastPart(text: string): string {
  return text.startsWith('arn:') ? text.slice(text.lastIndexOf('/') + 1) : text;
}
