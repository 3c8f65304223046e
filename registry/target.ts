import * as v from 'valibot';
import { isTollgateError } from '../contract/errors.ts';
import { MODEL_ARNS_MAX } from '../contract/limits/registry.ts';
import { ACTIONS, TARGETS, type Target, type TargetMember } from '../contract/model.ts';
import { parseModelArn } from '../policies/arn.ts';
import { kindOf } from '../policies/kinds.ts';
import { sessionPolicy } from '../policies/session.ts';
import { badEntry } from './fields.ts';

const text = v.pipe(v.string('not-text'), v.minLength(1, 'empty'), v.maxLength(2048, 'too-long'));
const texts = v.pipe(v.array(text, 'not-a-list'), v.minLength(1, 'empty'), v.maxLength(MODEL_ARNS_MAX, 'too-many'));
const MEMBERS = {
  text,
  'text?': v.exactOptional(text),
  texts,
  'texts?': v.exactOptional(texts),
} as const satisfies Record<TargetMember, unknown>;

/** One form for each kind, of the members that the contract lists. */
export const targetSchema = v.variant(
  'kind',
  Object.entries(TARGETS).map(([kind, members]) =>
    v.strictObject({
      kind: v.literal(kind),
      ...Object.fromEntries(Object.entries(members).map(([name, member]) => [name, MEMBERS[member]])),
    }),
  ),
  'unknown-kind',
) as unknown as v.GenericSchema<unknown, Target>;

/**
 * That a target can be called: its session policy can be built and fits, and its parts agree. The ARNs end up in that
 * policy and the id in the path of the call, so if the two named different models IAM would refuse every call, or would
 * allow one that the entry's reader did not expect.
 *
 * @throws TollgateError `bad_entry` naming the member below `target`; `policy_too_large`
 */
export function checkTarget(target: Target): void {
  buildable(target);
  const fault = kindOf(target).fault(target, parseModelArn);
  if (fault !== undefined) throw badEntry(fault.field, fault.reason);
}

/** With every action, so that no later grant can be the one that does not fit. */
function buildable(target: Target): void {
  try {
    sessionPolicy(target, ACTIONS);
  } catch (error) {
    if (isTollgateError(error, 'bad_arn')) throw badEntry(error.field ?? 'target', error.reason ?? 'bad-arn', error);
    throw error;
  }
}
