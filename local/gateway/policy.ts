import { matches } from '../../policies/simulate/match.ts';

/**
 * API Gateway's reading of the policy that an authorizer returned: an explicit Deny wins, then an Allow, and everything
 * not allowed is denied
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html). Lenient in form (one
 * or many) and strict in doubt: what cannot be read allows nothing and denies everything.
 */

export type PolicyDecision = 'allow' | 'deny';

const ACTION = 'execute-api:Invoke';

/**
 * @param document the answer's `policyDocument`, not yet trusted
 * @param methodArn of the request at hand, which for a cached answer is not the one that was asked about
 */
export function decidePolicy(document: unknown, methodArn: string): PolicyDecision {
  let allowed = false;
  for (const statement of list(member(document, 'Statement'))) {
    const effect = member(statement, 'Effect');
    const actions = list(member(statement, 'Action'));
    const resources = list(member(statement, 'Resource'));
    // Conditions, NotAction and the like: no authorizer of ours writes them, and ignoring one would widen an Allow.
    if (!understood(statement)) return 'deny';
    if (!actions.some((action) => fits(action, ACTION, true))) continue;
    if (!resources.some((resource) => fits(resource, methodArn, false))) continue;
    if (effect !== 'Allow') return 'deny';
    allowed = true;
  }
  return allowed ? 'allow' : 'deny';
}

function understood(statement: unknown): boolean {
  return (
    typeof statement === 'object' &&
    statement !== null &&
    Object.keys(statement).every((key) => ['Sid', 'Effect', 'Action', 'Resource'].includes(key))
  );
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}

function list(value: unknown): unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function fits(pattern: unknown, text: string, ignoreCase: boolean): boolean {
  if (typeof pattern !== 'string') return false;
  return ignoreCase ? matches(pattern.toLowerCase(), text.toLowerCase()) : matches(pattern, text);
}
