import { TollgateError } from '../../contract/errors.ts';
import { guardrailsOf } from '../../contract/guardrails.ts';
import { type Json, parseJsonObject } from '../../contract/json.ts';
import type { AllowedModel, Guardrail } from '../../contract/model.ts';
import type { ProviderRequest } from '../call.ts';
import { shownName } from '../names.ts';
import { jsonOf, member } from '../usage/json.ts';
import { setMember } from './member.ts';
import { checkTrace, TRACE_HEADER } from './trace.ts';

/**
 * The guardrail that a grant demands, put on the call. It is always named by its ARN, because that is what the session
 * policy's condition compares.
 */

/** InvokeModel takes it in headers (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html). */
export const GUARDRAIL_HEADERS = {
  identifier: 'x-amzn-bedrock-guardrailidentifier',
  version: 'x-amzn-bedrock-guardrailversion',
} as const;

/** Converse takes it in its body. */
export const GUARDRAIL_MEMBER = 'guardrailConfig';

export function guardrailHeaders({ arn, version }: Guardrail): Record<string, string> {
  return { [GUARDRAIL_HEADERS.identifier]: arn, [GUARDRAIL_HEADERS.version]: version };
}

/** Of both APIs, which spell its values each in its own way (https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-streaming.html). */
const MODE = 'streamProcessingMode';
const SYNC = 'SYNCHRONOUS';
const ASYNC = 'ASYNCHRONOUS';

/**
 * The request under the guardrail, whose trace it asks for unless whoever may see it says otherwise.
 *
 * @param shown whether the caller may see it
 * @returns and whether the trace is the gateway's own wish
 * @throws TollgateError as `guardedBody`
 */
export function guarded(
  request: ProviderRequest,
  guardrail: Guardrail,
  shown: boolean,
): { request: ProviderRequest; watched: boolean } {
  const { operation, body, headers } = request;
  if (isConverse(request)) {
    const under = guardedBody(body, guardrail, shown, operation === 'converse-stream');
    return { request: { ...request, body: under.body }, watched: under.watched };
  }
  const watched = !shown || headers[TRACE_HEADER] === undefined;
  const told = { ...headers, ...guardrailHeaders(guardrail), ...(watched ? { [TRACE_HEADER]: 'ENABLED' } : {}) };
  const isAsync = operation === 'invoke-with-response-stream' && guardrail.mode === 'async';
  const steered = isAsync && member(jsonOf(body), STEERING_MEMBER) === undefined;
  const steering = steered ? setMember(body, [STEERING_MEMBER, MODE], ASYNC) : body;
  return { request: { ...request, body: steering, headers: told }, watched };
}

/** What is under a guardrail already, under this one instead. */
export function named(request: ProviderRequest, { arn, version }: Guardrail): ProviderRequest {
  if (!isConverse(request))
    return { ...request, headers: { ...request.headers, ...guardrailHeaders({ arn, version }) } };
  return { ...request, body: namedBody(request.body, { arn, version }) };
}

function namedBody(body: Uint8Array, { arn, version }: Guardrail): Uint8Array {
  const identified = setMember(body, [GUARDRAIL_MEMBER, 'guardrailIdentifier'], arn);
  return setMember(identified, [GUARDRAIL_MEMBER, 'guardrailVersion'], version);
}

function isConverse({ operation }: ProviderRequest): boolean {
  return operation === 'converse' || operation === 'converse-stream';
}

/** How a stream is judged; undefined: as AWS does it by itself, before it is shown. */
export function modeOf({ operation, body }: ProviderRequest, { mode }: Guardrail): Guardrail['mode'] {
  if (mode === undefined) return undefined;
  const said =
    operation === 'converse-stream'
      ? member(member(jsonOf(body), GUARDRAIL_MEMBER), MODE)
      : operation === 'invoke-with-response-stream' && member(member(jsonOf(body), STEERING_MEMBER), MODE);
  return said === mode || said === ASYNC ? mode : undefined;
}

/**
 * The body of Converse or ConverseStream, likewise. Who writes the member itself says the mode itself.
 *
 * @throws TollgateError `invalid_request` for content that asks to be the only one that is evaluated
 */
function guardedBody(
  body: Uint8Array,
  { arn, version, mode }: Guardrail,
  shown: boolean,
  streams: boolean,
): { body: Uint8Array; watched: boolean } {
  const members = parseJsonObject(body);
  // With such blocks Bedrock evaluates them and nothing else
  // (https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html), and IAM cannot see it.
  if (hasGuardContent(members.messages) || hasGuardContent(members.system)) throw refused('guardContent');
  // They are put into the model's own body.
  const { additionalModelRequestFields: fields } = members;
  if (fields !== null && typeof fields === 'object' && !Array.isArray(fields)) checkUnsteered(fields);
  const config = members[GUARDRAIL_MEMBER] as { trace?: Json } | undefined;
  const trace = 'enabled';
  if (config === undefined) {
    const own = {
      guardrailIdentifier: arn,
      guardrailVersion: version,
      trace,
      ...(streams && mode && { [MODE]: mode }),
    };
    return { body: setMember(body, [GUARDRAIL_MEMBER], own), watched: true };
  }
  const under = namedBody(body, { arn, version });
  const watched = !shown || config.trace === undefined;
  return { body: watched ? setMember(under, [GUARDRAIL_MEMBER, 'trace'], trace) : under, watched };
}

function hasGuardContent(list: Json | undefined): boolean {
  if (!Array.isArray(list)) return false;
  return list.some((item) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return false;
    return Object.hasOwn(item, 'guardContent') || hasGuardContent(item.content);
  });
}

/**
 * That a guardrail which the caller names is the one of its grant, or of one of the model's regions, by ARN or id. Any other would be
 * another resource.
 *
 * @throws TollgateError `invalid_request` naming `field`
 */
export function checkGuardrail(
  given: { identifier: Json | undefined; version: Json | undefined },
  demanded: AllowedModel['guardrail'],
  field: string,
): Guardrail {
  const { identifier, version } = given;
  const found = guardrailsOf(demanded).find(
    ({ arn, ...one }) =>
      version === one.version && (identifier === arn || identifier === arn.slice(arn.lastIndexOf('/') + 1)),
  );
  if (found === undefined) throw refused(field);
  return found;
}

/** The same of Converse's member, of which the caller may also choose what changes no evaluation. */
export function checkGuardrailMember(config: Json | undefined, model: Pick<AllowedModel, 'guardrail' | 'trace'>): void {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) throw refused(GUARDRAIL_MEMBER);
  const { guardrailIdentifier: identifier, guardrailVersion: version, trace, streamProcessingMode, ...rest } = config;
  const { mode } = checkGuardrail({ identifier, version }, model.guardrail, GUARDRAIL_MEMBER);
  checkTrace(trace, model, `${GUARDRAIL_MEMBER}.trace`);
  // `async` shows text before it has been evaluated: a caller may be stricter than its grant, and not laxer.
  if (streamProcessingMode !== undefined && streamProcessingMode !== 'sync' && streamProcessingMode !== mode)
    throw refused(`${GUARDRAIL_MEMBER}.streamProcessingMode`);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refused(`${GUARDRAIL_MEMBER}.${shownName(unknown)}`);
}

/** InvokeModel's: it would choose which part of the text a guardrail sees, or show text before it was seen. */
const STEERING_MEMBER = 'amazon-bedrock-guardrailConfig';

/**
 * That a model's own body does not steer guardrails.
 *
 * @param demanded of a stream that may say how strictly it is judged: more so than its grant has it, and not less
 * @throws TollgateError `invalid_request` naming the member
 */
export function checkUnsteered(members: { readonly [name: string]: Json }, demanded?: AllowedModel['guardrail']): void {
  const [guardrail] = guardrailsOf(demanded);
  const said = JSON.stringify(members[STEERING_MEMBER]);
  const may = guardrail && [SYNC, ...(guardrail.mode === 'async' ? [ASYNC] : [])];
  if (may?.some((mode) => said === JSON.stringify({ [MODE]: mode }))) return;
  if (Object.hasOwn(members, STEERING_MEMBER))
    throw new TollgateError('invalid_request', {
      field: STEERING_MEMBER,
      reason: 'member-not-granted',
      message: `The member ${STEERING_MEMBER} is not granted here.`,
    });
}

function refused(field: string): TollgateError {
  return new TollgateError('invalid_request', {
    field,
    reason: 'member-not-granted',
    message: `${field} is not granted here.`,
  });
}
