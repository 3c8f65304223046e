import { createHash } from 'node:crypto';
import { TollgateError } from '../contract/errors.ts';
import { guardrailOf } from '../contract/guardrails.ts';
import { TOKEN_TIME_MAX_SECONDS } from '../contract/limits/contract.ts';
import { SESSION_POLICY_MAX_CHARS } from '../contract/limits/policies.ts';
import {
  type Guardrails,
  PURPOSES,
  type Purpose,
  type Restrictions,
  type ServiceTier,
  type Target,
} from '../contract/model.ts';
import { parseModelArn } from './arn.ts';
import { type Condition, documentOf, type PermissionStatement, type PolicyDocument } from './document.ts';
import { type GuardrailArn, parseGuardrail } from './guardrail.ts';
import { APPLY_GUARDRAIL, CALLS } from './kinds/bedrock.ts';
import { bad, type ModelArn } from './kinds/kind.ts';
import { arnsOf, kindOf } from './kinds.ts';

/** What STS is given with every AssumeRole, so that the session can call one target and nothing else of the role's. */
export interface SessionPolicy {
  readonly document: PolicyDocument;
  /** Canonical JSON: the same target and actions, in any order and with repeats, give the same characters. */
  readonly text: string;
  /** SHA-256 of `text`, 64 hexadecimal digits: what caches are keyed by and what a log may show. */
  readonly hash: string;
}

/** What of a grant's restrictions IAM can hold up. It has no key for the tokens asked for, nor for a token's roles. */
export type SessionRestrictions = Pick<Restrictions, 'guardrail' | 'regions' | 'tiers' | 'expiresAt'>;

/** What of a call is done with one target, under the grant that it is done by. */
export interface Part {
  target: Target;
  actions: readonly Purpose[];
  restrictions?: SessionRestrictions;
}

/**
 * The one session policy for calling `target` with `actions`. Every ARN is parsed again here, wherever it came from.
 *
 * An action that this kind of target does not have (counting on SageMaker, or on anything but a foundation model) adds
 * nothing, nor does `guard` without a guardrail; if nothing is left the policy is refused, since STS reads a missing policy as "all that the role may".
 *
 * @param target of a registry entry; its ARNs may come in any order and repeat
 * @param actions at least one; in any order, may repeat
 * @param restrictions of the grant; an AllowedModel is one. The policy is that of no restrictions when there are none
 * @param beside what the same call also uses: each by its own grant, and nothing of one under the other's
 * @throws TollgateError `bad_arn` naming the member (reason as in arn.ts, or no-arns | kind | partition-differs |
 *   account-differs | region-differs | regionless-model; of a guardrail as in guardrail.ts, or guardrail-region),
 *   `bad_entry` (no-actions | unknown-action | action-not-available | outside-residency | no-guardrail-here |
 *   no-tiers-here | not-a-time), `policy_too_large`
 */
export function sessionPolicy(
  target: Target,
  actions: readonly Purpose[],
  restrictions: SessionRestrictions = {},
  beside: readonly Part[] = [],
): SessionPolicy {
  return sized(documentOf([{ target, actions, restrictions }, ...beside].flatMap(statementsOf)));
}

function statementsOf({ target, actions, restrictions = {} }: Part): readonly PermissionStatement[] {
  if (actions.length === 0) throw new TollgateError('bad_entry', { field: 'actions', reason: 'no-actions' });
  for (const action of actions)
    if (!PURPOSES.includes(action))
      throw new TollgateError('bad_entry', { field: 'actions', reason: 'unknown-action' });
  const wanted = new Set(PURPOSES.filter((action) => actions.includes(action)));
  const statements = kindOf(target).statements(target, wanted, parsed);
  const applies = actions.includes('guard') && restrictions.guardrail !== undefined;
  if (statements.length === 0 && !applies)
    throw new TollgateError('bad_entry', {
      field: 'actions',
      reason: 'action-not-available',
      message: 'This kind of model has none of the wanted actions.',
    });
  return restricted(statements, target, restrictions, applies);
}

/**
 * The document as STS takes it, in 2,048 characters. The SDK does not check them, and a policy cut to fit would be another policy, so
 * it is an error and never a truncation.
 *
 * @throws TollgateError `policy_too_large` whose detail holds `chars` and `max`
 */
export function sized(document: PolicyDocument): SessionPolicy {
  const text = JSON.stringify(document);
  const detail = { chars: text.length, max: SESSION_POLICY_MAX_CHARS };
  if (detail.chars > detail.max)
    throw new TollgateError('policy_too_large', {
      field: 'target',
      reason: 'session-policy-size',
      detail,
      message: `The session policy takes ${detail.chars} characters; STS allows ${detail.max}.`,
    });
  return {
    document,
    text,
    // Who asks only whether there is a policy, as for each grant of a tenant that is looked up, has none of its hash.
    get hash() {
      return createHash('sha256').update(text).digest('hex');
    },
  };
}

/**
 * The same statements under the grant's restrictions.
 *
 * Each Allow bears the guardrail's condition itself. AWS's own example adds a Deny of every other guardrail, against what
 * other policies of the caller may allow; a session policy is the upper bound of whatever they allow, so here the Deny
 * would refuse nothing more, and its length would keep profiles of many regions out of the limit.
 */
function restricted(
  statements: readonly PermissionStatement[],
  target: Target,
  { guardrail, regions, tiers, expiresAt }: SessionRestrictions,
  applies: boolean,
): readonly PermissionStatement[] {
  if (regions !== undefined) inside(regions, target);
  const tiered = tiers === undefined ? statements : calling(statements, ofTiers(tiers, target));
  const guarded = guardrail === undefined ? tiered : underGuardrail(tiered, guardrailAt(guardrail, target), applies);
  if (expiresAt === undefined) return guarded;
  if (!Number.isSafeInteger(expiresAt) || expiresAt <= 0 || expiresAt > TOKEN_TIME_MAX_SECONDS)
    throw unfit('expiresAt', 'not-a-time');
  const until = new Date(expiresAt * 1000).toISOString().replace('.000Z', 'Z');
  return guarded.map((statement) => under(statement, { DateLessThan: { 'aws:CurrentTime': until } }));
}

/**
 * Residency. Where a profile runs is AWS's choice among its regions, and a policy that names some of them makes calls
 * fail by chance: so a target that could run outside is refused as a whole, and what is left names no ARN outside.
 */
function inside(regions: readonly string[], target: Target): void {
  // A model without a region, of a profile that runs anywhere, is in no list.
  const where = [target.region, ...arnsOf(target).map((arn) => parseModelArn(arn).region)];
  if (!where.every((region) => regions.includes(region))) throw unfit('regions', 'outside-residency');
}

function guardrailAt(guardrail: Guardrails, target: Target): GuardrailArn {
  if (!kindOf(target).restrictedBy.includes('guardrail')) throw unfit('guardrail', 'no-guardrail-here');
  const arn = parseGuardrail(guardrailOf({ guardrail, target }) ?? { arn: '', version: '' });
  if (arn.region !== target.region) throw bad('guardrail.arn', 'guardrail-region');
  return arn;
}

// A call that names no tier is of the default one, and its request has no such key
// (https://docs.aws.amazon.com/bedrock/latest/userguide/security_iam_id-based-policy-examples-agent.html).
function ofTiers(tiers: readonly ServiceTier[], target: Target): Condition {
  if (!kindOf(target).restrictedBy.includes('tiers')) throw unfit('tiers', 'no-tiers-here');
  return { [tiers.includes('default') ? 'StringEqualsIfExists' : 'StringEquals']: { 'bedrock:ServiceTier': tiers } };
}

/** @param applies whether the guardrail is also applied without a model */
function underGuardrail(
  statements: readonly PermissionStatement[],
  guardrail: GuardrailArn,
  applies: boolean,
): PermissionStatement[] {
  const guarded = calling(statements, { StringEquals: { 'bedrock:GuardrailIdentifier': guardrail.identifier } });
  const applied = applies || statements.some(({ Action }) => Action.some(runsModel));
  return applied ? [...guarded, { Effect: 'Allow', Action: [APPLY_GUARDRAIL], Resource: [guardrail.text] }] : guarded;
}

/** What calls a model under the condition. The requests of all else never have the key, so that stays without. */
function calling(statements: readonly PermissionStatement[], condition: Condition): PermissionStatement[] {
  return statements.flatMap((statement): PermissionStatement[] => {
    const running = statement.Action.filter(runsModel);
    const others = statement.Action.filter((action) => !runsModel(action));
    return [
      ...(running.length === 0 ? [] : [under({ ...statement, Action: running }, condition)]),
      ...(others.length === 0 ? [] : [{ ...statement, Action: others }]),
    ];
  });
}

const RUNNING: readonly string[] = Object.values(CALLS);
const runsModel = (action: string): boolean => RUNNING.includes(action);

/** The statement under one condition more; conditions of one operator become one. */
function under({ Condition: own = {}, ...statement }: PermissionStatement, more: Condition): PermissionStatement {
  const merged = Object.entries(more).map(([operator, keys]) => [operator, { ...own[operator], ...keys }]);
  return { ...statement, Condition: { ...own, ...Object.fromEntries(merged) } };
}

function parsed(value: unknown, field: string, types: readonly string[]): ModelArn {
  if (value === undefined || value === '') throw bad(field, 'no-arns');
  const arn = parseModelArn(value, field);
  if (!types.includes(arn.resourceType)) throw bad(field, 'kind');
  return arn;
}

function unfit(field: string, reason: string): TollgateError {
  return new TollgateError('bad_entry', { field, reason });
}
