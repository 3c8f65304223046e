import { TollgateError } from '../../contract/errors.ts';
import { type Json, parseJsonObject } from '../../contract/json.ts';
import type { AllowedModel, Guardrail } from '../../contract/model.ts';
import { shownName } from '../names.ts';
import { setMember } from './member.ts';
import { checkTrace } from './trace.ts';

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

/**
 * The body of Converse or ConverseStream under the guardrail, whose trace it asks for unless whoever may see it says otherwise.
 *
 * @returns and whether the trace is the gateway's own wish
 * @throws TollgateError `invalid_request` for content that asks to be the only one that is evaluated
 */
export function guardedBody(
  body: Uint8Array,
  { arn, version }: Guardrail,
  shown: boolean,
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
    const own = { guardrailIdentifier: arn, guardrailVersion: version, trace };
    return { body: setMember(body, [GUARDRAIL_MEMBER], own), watched: true };
  }
  const named = setMember(body, [GUARDRAIL_MEMBER, 'guardrailIdentifier'], arn);
  const watched = !shown || config.trace === undefined;
  return { body: watched ? setMember(named, [GUARDRAIL_MEMBER, 'trace'], trace) : named, watched };
}

function hasGuardContent(list: Json | undefined): boolean {
  if (!Array.isArray(list)) return false;
  return list.some((item) => {
    if (item === null || typeof item !== 'object' || Array.isArray(item)) return false;
    return Object.hasOwn(item, 'guardContent') || hasGuardContent(item.content);
  });
}

/**
 * That a guardrail which the caller names is the one of its grant, by ARN or id. Any other would be another resource.
 *
 * @throws TollgateError `invalid_request` naming `field`
 */
export function checkGuardrail(
  given: { identifier: Json | undefined; version: Json | undefined },
  demanded: Guardrail | undefined,
  field: string,
): void {
  const { identifier, version } = given;
  if (demanded === undefined || version !== demanded.version) throw refused(field);
  if (identifier !== demanded.arn && identifier !== demanded.arn.slice(demanded.arn.lastIndexOf('/') + 1))
    throw refused(field);
}

/** The same of Converse's member, of which the caller may also choose what changes no evaluation. */
export function checkGuardrailMember(config: Json | undefined, model: Pick<AllowedModel, 'guardrail' | 'trace'>): void {
  if (config === null || typeof config !== 'object' || Array.isArray(config)) throw refused(GUARDRAIL_MEMBER);
  const { guardrailIdentifier: identifier, guardrailVersion: version, trace, streamProcessingMode, ...rest } = config;
  checkGuardrail({ identifier, version }, model.guardrail, GUARDRAIL_MEMBER);
  checkTrace(trace, model, `${GUARDRAIL_MEMBER}.trace`);
  // `async` shows text before it has been evaluated.
  if (streamProcessingMode !== undefined && streamProcessingMode !== 'sync')
    throw refused(`${GUARDRAIL_MEMBER}.streamProcessingMode`);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refused(`${GUARDRAIL_MEMBER}.${shownName(unknown)}`);
}

/** InvokeModel's: it would choose which part of the text a guardrail sees, or show text before it was seen. */
const STEERING_MEMBER = 'amazon-bedrock-guardrailConfig';

/** That a model's own body does not steer guardrails. @throws TollgateError `invalid_request` naming the member */
export function checkUnsteered(members: { readonly [name: string]: Json }): void {
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
