import { createHash } from 'node:crypto';
import { TollgateError } from '../contract/errors.ts';
import { TOKEN_TIME_MAX_SECONDS } from '../contract/limits.ts';
import {
  ACTIONS,
  type Action,
  arnsOf,
  type BedrockModelTarget,
  type BedrockProfileTarget,
  type Guardrail,
  type Restrictions,
  type SageMakerTarget,
  type ServiceTier,
  type Target,
} from '../contract/model.ts';
import { type ModelArn, PROFILE_TYPES, parseModelArn, type ResourceType, SINGLE_MODEL_TYPES } from './arn.ts';
import { type Condition, documentOf, type PermissionStatement, type PolicyDocument } from './document.ts';
import { type GuardrailArn, parseGuardrail } from './guardrail.ts';
import { assertFits } from './size.ts';

/** What STS is given with every AssumeRole, so that the session can call one target and nothing else of the role's. */
export interface SessionPolicy {
  readonly document: PolicyDocument;
  /** Canonical JSON: the same target and actions, in any order and with repeats, give the same characters. */
  readonly text: string;
  /** SHA-256 of `text`, 64 hexadecimal digits: what caches are keyed by and what a log may show. */
  readonly hash: string;
}

// Both Converse operations are authorised as these too; `bedrock:Converse` is not an action
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
const BEDROCK = { invoke: 'bedrock:InvokeModel', stream: 'bedrock:InvokeModelWithResponseStream' } as const;
const SAGEMAKER = { invoke: 'sagemaker:InvokeEndpoint', stream: 'sagemaker:InvokeEndpointWithResponseStream' } as const;
const COUNT_TOKENS = 'bedrock:CountTokens';
const APPLY_GUARDRAIL = 'bedrock:ApplyGuardrail';

/** What of a grant's restrictions IAM can hold up. It has no key for the tokens asked for, nor for a token's roles. */
export type SessionRestrictions = Pick<Restrictions, 'guardrail' | 'regions' | 'tiers' | 'expiresAt'>;

/**
 * The one session policy for calling `target` with `actions`. Every ARN is parsed again here, wherever it came from.
 *
 * An action that this kind of target does not have (counting on SageMaker, or on anything but a foundation model) adds
 * nothing; if nothing is left the policy is refused, since STS reads a missing policy as "all that the role may".
 *
 * @param target of a registry entry; its ARNs may come in any order and repeat
 * @param actions at least one; in any order, may repeat
 * @param restrictions of the grant; an AllowedModel is one. The policy is that of no restrictions when there are none
 * @throws TollgateError `bad_arn` naming the member (reason as in arn.ts, or no-arns | kind | partition-differs |
 *   account-differs | region-differs | regionless-model; of a guardrail as in guardrail.ts, or guardrail-region),
 *   `bad_entry` (no-actions | unknown-action | action-not-available | outside-residency | no-guardrail-here |
 *   no-tiers-here | not-a-time), `policy_too_large`
 */
export function sessionPolicy(
  target: Target,
  actions: readonly Action[],
  restrictions: SessionRestrictions = {},
): SessionPolicy {
  if (actions.length === 0) throw new TollgateError('bad_entry', { field: 'actions', reason: 'no-actions' });
  for (const action of actions)
    if (!ACTIONS.includes(action)) throw new TollgateError('bad_entry', { field: 'actions', reason: 'unknown-action' });
  const statements = statementsOf(target, new Set(actions));
  if (statements.length === 0)
    throw new TollgateError('bad_entry', {
      field: 'actions',
      reason: 'action-not-available',
      message: 'This kind of model has none of the wanted actions.',
    });
  const document = documentOf(restricted(statements, target, restrictions));
  const text = JSON.stringify(document);
  assertFits(text);
  return { document, text, hash: createHash('sha256').update(text).digest('hex') };
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
): readonly PermissionStatement[] {
  if (regions !== undefined) inside(regions, target);
  const tiered = tiers === undefined ? statements : calling(statements, ofTiers(tiers, target));
  const guarded = guardrail === undefined ? tiered : underGuardrail(tiered, guardrailOf(guardrail, target));
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

function guardrailOf(guardrail: Guardrail, target: Target): GuardrailArn {
  if (target.kind === 'sagemaker-endpoint') throw unfit('guardrail', 'no-guardrail-here');
  const arn = parseGuardrail(guardrail);
  if (arn.region !== target.region) throw bad('guardrail.arn', 'guardrail-region');
  return arn;
}

// A call that names no tier is of the default one, and its request has no such key
// (https://docs.aws.amazon.com/bedrock/latest/userguide/security_iam_id-based-policy-examples-agent.html).
function ofTiers(tiers: readonly ServiceTier[], { kind }: Target): Condition {
  if (kind === 'sagemaker-endpoint') throw unfit('tiers', 'no-tiers-here');
  return { [tiers.includes('default') ? 'StringEqualsIfExists' : 'StringEquals']: { 'bedrock:ServiceTier': tiers } };
}

function underGuardrail(statements: readonly PermissionStatement[], guardrail: GuardrailArn): PermissionStatement[] {
  const guarded = calling(statements, { StringEquals: { 'bedrock:GuardrailIdentifier': guardrail.identifier } });
  const applied = statements.some(({ Action }) => Action.some((action) => action !== COUNT_TOKENS));
  return applied ? [...guarded, { Effect: 'Allow', Action: [APPLY_GUARDRAIL], Resource: [guardrail.text] }] : guarded;
}

/** What calls a model under the condition. CountTokens runs none: its requests never have the key, so it stays without. */
function calling(statements: readonly PermissionStatement[], condition: Condition): PermissionStatement[] {
  return statements.flatMap((statement): PermissionStatement[] => {
    const counting = statement.Action.filter((action) => action === COUNT_TOKENS);
    const running = statement.Action.filter((action) => action !== COUNT_TOKENS);
    return [
      ...(running.length === 0 ? [] : [under({ ...statement, Action: running }, condition)]),
      ...(counting.length === 0 ? [] : [{ ...statement, Action: counting }]),
    ];
  });
}

/** The statement under one condition more; conditions of one operator become one. */
function under({ Condition: own = {}, ...statement }: PermissionStatement, more: Condition): PermissionStatement {
  const merged = Object.entries(more).map(([operator, keys]) => [operator, { ...own[operator], ...keys }]);
  return { ...statement, Condition: { ...own, ...Object.fromEntries(merged) } };
}

function statementsOf(target: Target, wanted: ReadonlySet<Action>): PermissionStatement[] {
  switch (target.kind) {
    case 'bedrock-model':
      return forModel(target, wanted);
    case 'bedrock-profile':
      return forProfile(target, wanted);
    case 'sagemaker-endpoint':
      return forEndpoint(target, wanted);
    default:
      // A target comes from outside the type checker's reach; an unknown kind must not become an empty policy.
      throw bad('target.kind', 'kind');
  }
}

function forModel(target: BedrockModelTarget, wanted: ReadonlySet<Action>): PermissionStatement[] {
  const model = parsed(target.arn, 'target.arn', SINGLE_MODEL_TYPES);
  inRegion(model, target);
  const actions = calls(BEDROCK, wanted);
  if (wanted.has('count') && model.resourceType === 'foundation-model') actions.push(COUNT_TOKENS);
  return allow(actions, [model]);
}

function forProfile(target: BedrockProfileTarget, wanted: ReadonlySet<Action>): PermissionStatement[] {
  const profile = parsed(target.arn, 'target.arn', PROFILE_TYPES);
  inRegion(profile, target);
  if (!Array.isArray(target.modelArns) || target.modelArns.length === 0) throw bad('target.modelArns', 'no-arns');
  const models = target.modelArns.map((text, index) => {
    const field = `target.modelArns[${index}]`;
    const model = parsed(text, field, ['foundation-model']);
    if (model.partition !== profile.partition) throw bad(field, 'partition-differs');
    // Only a profile that runs anywhere names its model without a region. What an application profile wraps is not in
    // its ARN, so it may be such a one.
    if (
      model.region === '' &&
      profile.resourceType === 'inference-profile' &&
      !profile.resourceId.startsWith('global.')
    )
      throw bad(field, 'regionless-model');
    return model;
  });
  const actions = calls(BEDROCK, wanted);
  return [
    ...allow(actions, [profile]),
    // The models through this profile only: called directly the key is absent, and StringEquals on an absent key fails.
    ...allow(actions, models, { StringEquals: { 'bedrock:InferenceProfileArn': profile.text } }),
    // CountTokens takes no profile, only the model it runs, in the region called. Such a call has no profile, so under
    // the condition above it could never succeed.
    ...(wanted.has('count')
      ? allow(
          [COUNT_TOKENS],
          models.filter(({ region }) => region === target.region),
        )
      : []),
  ];
}

function forEndpoint(target: SageMakerTarget, wanted: ReadonlySet<Action>): PermissionStatement[] {
  const endpoint = parsed(target.arn, 'target.arn', ['endpoint']);
  inRegion(endpoint, target);
  const arns = [endpoint];
  if (target.componentArn !== undefined) {
    const component = parsed(target.componentArn, 'target.componentArn', ['inference-component']);
    if (component.partition !== endpoint.partition) throw bad('target.componentArn', 'partition-differs');
    if (component.account !== endpoint.account) throw bad('target.componentArn', 'account-differs');
    if (component.region !== endpoint.region) throw bad('target.componentArn', 'region-differs');
    arns.push(component);
  }
  return allow(calls(SAGEMAKER, wanted), arns);
}

function calls(names: { invoke: string; stream: string }, wanted: ReadonlySet<Action>): string[] {
  const actions: string[] = [];
  if (wanted.has('invoke')) actions.push(names.invoke);
  if (wanted.has('stream')) actions.push(names.stream);
  return actions;
}

/** One statement, or none where there is nothing to allow: IAM rejects an empty list. */
function allow(
  actions: readonly string[],
  arns: readonly ModelArn[],
  condition?: PermissionStatement['Condition'],
): PermissionStatement[] {
  if (actions.length === 0 || arns.length === 0) return [];
  return [
    {
      Effect: 'Allow',
      Action: [...actions].sort(),
      Resource: [...new Set(arns.map(({ text }) => text))].sort(),
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  ];
}

function parsed(value: unknown, field: string, types: readonly ResourceType[]): ModelArn {
  if (value === undefined || value === '') throw bad(field, 'no-arns');
  const arn = parseModelArn(value, field);
  if (!types.includes(arn.resourceType)) throw bad(field, 'kind');
  return arn;
}

/** The call is signed for the target's region, so an ARN of another one would only ever be denied. */
function inRegion(arn: ModelArn, target: Target): void {
  if (arn.region !== target.region) throw bad('target.arn', 'region-differs');
}

function unfit(field: string, reason: string): TollgateError {
  return new TollgateError('bad_entry', { field, reason });
}

function bad(field: string, reason: string): TollgateError {
  return new TollgateError('bad_arn', { field, reason });
}
