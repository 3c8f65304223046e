import { evaluateTrust } from '../../policies/simulate/evaluate.ts';
import { callerContext, roleArnOf } from './authorize.ts';
import { invalid, refusal } from './error.ts';
import type { Caller, Role } from './sessions.ts';
import type { AssumeRoleRequest } from './sts-request.ts';

/** Seconds. A session that assumes another role cannot ask for more, whatever the role allows. */
const CHAINED_MAX_SECONDS = 3600;

/**
 * The other side of AssumeRole: the role's trust policy must allow each action too. IAM would be content with the trust
 * policy alone within one account; both sides are asked here, as between two accounts, so that a function's own policy
 * that lacks the permission is found on the laptop.
 *
 * @param role undefined when there is none of that name; the caller is not told which it was
 * @returns a check that throws AwsError: AccessDenied, or ValidationError for a chained session that is too long
 */
export function trustCheck(role: Role | undefined, wanted: AssumeRoleRequest): (caller: Caller) => void {
  return (caller) => {
    const context = callerContext(caller);
    for (const access of wanted.accesses) {
      const verdict =
        role === undefined
          ? { allowed: false, reason: 'there is no such role' }
          : evaluateTrust(role.trust, [roleArnOf(caller), caller.arn], {
              ...access,
              context: { ...context, ...access.context },
            });
      if (!verdict.allowed)
        throw refusal(
          'sts',
          'denied',
          `User: ${caller.arn} is not authorized to perform: ${access.action} on resource: ${wanted.roleArn}`,
        );
    }
    if (caller.role !== null && wanted.seconds > CHAINED_MAX_SECONDS)
      throw invalid(
        'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
        'ValidationError',
      );
    if (
      caller.sourceIdentity !== null &&
      wanted.sourceIdentity !== null &&
      caller.sourceIdentity !== wanted.sourceIdentity
    )
      throw refusal('sts', 'denied', 'The source identity of a session cannot be changed.');
  };
}
