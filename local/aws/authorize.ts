import { evaluate, type Verdict } from '../../policies/simulate/evaluate.ts';
import type { Access, RequestContext } from '../../policies/simulate/types.ts';
import { refusal } from './error.ts';
import type { Plan, ServiceName } from './service.ts';
import type { Caller } from './sessions.ts';

/** The condition keys that every request has, from who makes it (IAM's global condition context keys). */
export function callerContext(caller: Caller): RequestContext {
  return {
    'aws:PrincipalArn': roleArnOf(caller),
    'aws:PrincipalAccount': accountOf(caller),
    'aws:userid': userIdOf(caller),
    ...(caller.issuedAt === undefined ? {} : { 'aws:TokenIssueTime': isoSeconds(caller.issuedAt) }),
    ...(caller.functionArn === undefined ? {} : { 'lambda:SourceFunctionArn': caller.functionArn }),
    ...(caller.sourceIdentity === null ? {} : { 'aws:SourceIdentity': caller.sourceIdentity }),
    ...Object.fromEntries(Object.entries(caller.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value])),
  };
}

/** `ROLE-ID:SESSION-NAME` for a session; the made-up ids have the form of IAM's own. */
export function userIdOf({ arn, role }: Caller): string {
  return role === null ? 'AIDALOCALOPERATOR000' : `AROA${'LOCAL'.padEnd(16, '0')}:${arn.split('/').at(-1)}`;
}

/** Dates in IAM's request context have no fraction of a second. */
function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The ARN that a trust policy or `aws:PrincipalArn` means: a session's role, or the user itself. */
export function roleArnOf({ arn, role }: Caller): string {
  return role === null ? arn : `arn:aws:iam::${arn.split(':')[4] ?? ''}:role/${role.name}`;
}

/** Whose a caller is. */
export function accountOf({ arn }: Caller): string {
  return arn.split(':')[4] ?? '';
}

/** What the caller's own policies say to one access. The operator may do everything. */
export function decide(caller: Caller, access: Access): Verdict {
  if (caller.role === null) return { allowed: true, reason: "the account's operator" };
  // Nothing here has a policy of its own that would let another account in, but for roles, whose trust is asked.
  const owner = access.resource.split(':')[4] ?? '';
  if (owner !== '' && owner !== accountOf(caller) && !access.action.startsWith('sts:'))
    return { allowed: false, reason: 'it is of another account' };
  const context = { ...callerContext(caller), ...access.context };
  const { policies, managed = [], inline, boundary } = caller.role;
  const identity = {
    rolePolicies: [...policies, ...managed, ...(inline?.values() ?? [])],
    sessionPolicy: caller.sessionPolicy,
    boundary,
  };
  return evaluate(identity, { ...access, context });
}

/**
 * @param region of the request
 * @param now milliseconds since 1970
 * @returns why the plan is allowed
 * @throws AwsError access denied, in the service's form, for the first access that is not
 */
export function authorize(
  service: ServiceName,
  caller: Caller,
  region: string,
  { needs, check }: Plan,
  now: number,
): string {
  let reason = 'no permission needed';
  const request = { 'aws:RequestedRegion': region, 'aws:CurrentTime': isoSeconds(now) };
  for (const access of needs) {
    const verdict = decide(caller, { ...access, context: { ...request, ...access.context } });
    reason = verdict.reason;
    if (!verdict.allowed)
      throw refusal(
        service,
        'denied',
        `User: ${caller.arn} is not authorized to perform: ${access.action} on resource: ${access.resource} because ${reason}`,
      );
  }
  check?.(caller);
  return reason;
}
