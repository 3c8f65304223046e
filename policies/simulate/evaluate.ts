import { conditionHolds } from './condition.ts';
import { matches, matchesArn, matchesFilled } from './match.ts';
import { type Access, listOf, type Policy, type RequestContext, type Statement } from './types.ts';

/**
 * IAM's decision, written from its documentation and sharing no code with `policies/`, which writes the policies: a
 * mistake in how we read IAM would otherwise be made on both sides and cancel out
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
 */
export interface Verdict {
  readonly allowed: boolean;
  /** Why, e.g. `allowed by the role policy and the session policy`, `no session policy statement allows it`. */
  readonly reason: string;
}

export interface Identity {
  /** Policies of the role; an access that none of them allows is denied. */
  readonly rolePolicies: readonly Policy[];
  /** What AssumeRole was given. Null: none was, and the role's policies alone decide. */
  readonly sessionPolicy: Policy | null;
  /** The role's permissions boundary; absent: it has none. */
  readonly boundary?: Policy | undefined;
}

type Effect = 'allow' | 'deny' | 'silent';

/** Explicit deny first; otherwise the role must allow, and so must its boundary and the session policy if there is one. */
export function evaluate({ rolePolicies, sessionPolicy, boundary }: Identity, access: Access): Verdict {
  const role = effectOf(rolePolicies, access);
  const session = sessionPolicy === null ? undefined : effectOf([sessionPolicy], access);
  if (role === 'deny') return denied('the role policy explicitly denies it');
  const bound = boundary === undefined ? undefined : effectOf([boundary], access);
  if (bound !== undefined && bound !== 'allow') return denied('the permissions boundary does not allow it');
  if (session === 'deny') return denied('the session policy explicitly denies it');
  if (role === 'silent') return denied('no role policy statement allows it');
  if (session === 'silent') return denied('no session policy statement allows it');
  return {
    allowed: true,
    reason: session === undefined ? 'allowed by the role policy' : 'allowed by the role policy and the session policy',
  };
}

/**
 * Whether a role's trust policy lets a principal do one of the three STS actions on it.
 *
 * @param caller the ARN of the caller's role (`arn:aws:iam::...:role/x`), and its session's (`arn:aws:sts::...`)
 */
export function evaluateTrust(trust: Policy, caller: readonly string[], access: Omit<Access, 'resource'>): Verdict {
  let allowed = false;
  for (const statement of statementsOf(trust)) {
    if (!namesPrincipal(statement, caller) || !actionMatches(statement, access.action)) continue;
    if (!conditionHolds(statement.Condition, access.context)) continue;
    if (statement.Effect === 'Deny') return denied('the trust policy explicitly denies it');
    allowed = true;
  }
  return allowed ? { allowed, reason: 'allowed by the trust policy' } : denied('no trust policy statement allows it');
}

function denied(reason: string): Verdict {
  return { allowed: false, reason };
}

function effectOf(policies: readonly Policy[], access: Access): Effect {
  let effect: Effect = 'silent';
  for (const statement of policies.flatMap((policy) => [...statementsOf(policy)])) {
    if (!actionMatches(statement, access.action)) continue;
    if (!resourceMatches(statement, access.resource, access.context)) continue;
    if (!conditionHolds(statement.Condition, access.context)) continue;
    if (statement.Effect === 'Deny') return 'deny';
    effect = 'allow';
  }
  return effect;
}

function statementsOf({ Statement: statements }: Policy): readonly Statement[] {
  return 'Effect' in statements ? [statements] : statements;
}

function namesPrincipal({ Principal: principal }: Statement, caller: readonly string[]): boolean {
  if (principal === undefined) return false;
  if (principal === '*') return true;
  return listOf(principal.AWS ?? []).some((wanted) => wanted === '*' || caller.some((arn) => isNamed(wanted, arn)));
}

/** A principal is an ARN to the letter (no wildcard), or an account: its root ARN, or its number. */
function isNamed(wanted: string, arn: string): boolean {
  const account = arn.split(':')[4] ?? '';
  return wanted === arn || wanted === account || (/:root$/.test(wanted) && wanted.split(':')[4] === account);
}

function actionMatches({ Action, NotAction }: Statement, action: string): boolean {
  const wanted = action.toLowerCase();
  const any = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matches(pattern.toLowerCase(), wanted));
  if (NotAction !== undefined) return !any(listOf(NotAction));
  return Action !== undefined && any(listOf(Action));
}

function resourceMatches({ Resource, NotResource }: Statement, resource: string, context: RequestContext): boolean {
  const found = (patterns: readonly string[]): (boolean | null)[] =>
    patterns.map((pattern) => {
      if (pattern === '*') return true;
      return pattern.startsWith('arn:')
        ? matchesArn(pattern, resource, context)
        : matchesFilled(pattern, resource, context);
    });
  // A variable without a value makes no statement match, least of all one that allows everything else.
  if (NotResource !== undefined) return found(listOf(NotResource)).every((matched) => matched === false);
  return Resource !== undefined && found(listOf(Resource)).some((matched) => matched === true);
}
