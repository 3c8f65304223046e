import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { DENIED_SESSION_RENEW_AFTER_MS, SESSION_SECONDS, STS_TIMEOUT_MS } from '../contract/limits/sessions.ts';
import { externalIdOf, isListed } from '../contract/spoke-list.ts';
import { hopPolicy } from '../policies/spoke.ts';
import { type AssumesRole, assume, refusedLine, type StsIssuerOptions } from './assume.ts';
import type { Issue, ScopedCredentials } from './session.ts';

/** What a stage says of other accounts in which calls may run. */
export interface SpokeOptions {
  stage: string;
  /** The roles that may be assumed, or patterns of them (contract/spoke-list.ts). */
  roles: readonly string[];
  /** STS, asked by whoever has these credentials. */
  stsOf(credentials: ScopedCredentials): AssumesRole;
  /** Remembers what hop 1 gave. Absent: each session takes both. */
  remember?(issue: Issue): RememberedIssue;
}

/** @param expired credentials that are not to be given again */
export type RememberedIssue = (
  ...given: [...Parameters<Issue>, { expired?: ScopedCredentials }?]
) => Promise<ScopedCredentials>;

/**
 * Sessions of another account's role, in two hops (role chaining, for an hour at most; a session of ours lives a quarter of that). Hop 1
 * is a session of the invoker role that can do nothing but assume the one role for the one tenant, and is given to nobody. Hop 2 is
 * what the call would have had at home: the same policy, name, tags and source identity, which STS lets no hop change.
 *
 * @returns throws what `createStsIssuer` does, for either hop; `denied_by_iam` (spoke-denied)
 */
export function createSpokeIssuer(options: StsIssuerOptions, { stage, roles, stsOf, remember }: SpokeOptions): Issue {
  const { clock, write, timeoutMs = STS_TIMEOUT_MS } = options;
  // Both hops have the time of one session together.
  const each = { ...options, timeoutMs: timeoutMs / 2 };
  const first: Issue = (scope) => assume(scope, each);
  const remembered: RememberedIssue = remember?.(first) ?? first;

  return async (scope) => {
    const { spoke, tenant, direct: _, ...rest } = scope;
    // Whatever role the registry names: the stage says which are there to be assumed, and so does the invoker role's own policy.
    if (spoke === undefined || !isListed(spoke.role, roles)) {
      const error = new TollgateError('model_not_allowed', { reason: 'spoke-not-listed' });
      write(refusedLine(scope, error, clock()));
      throw error;
    }
    const externalId = externalIdOf(stage, spoke.shared ? undefined : tenant);
    const hop = { ...rest, tenant, policy: hopPolicy(spoke.role, externalId, tenant) };
    const second = (by: ScopedCredentials): Promise<ScopedCredentials> =>
      assume(scope, { ...each, sts: stsOf(by), roleArn: spoke.role }, externalId).catch(refused);
    const by = await remembered(hop);
    try {
      return await second(by);
    } catch (error) {
      // One that was remembered may have been revoked, as any session that was held (invoke/pipeline/attempt.ts).
      const age = clock() - (by.expiresAt - SESSION_SECONDS * 1000);
      if (!isTollgateError(error, 'denied_by_iam') || age < DENIED_SESSION_RENEW_AFTER_MS) throw error;
      return second(await remembered(hop, { expired: by }));
    }
  };
}

/** The role does not take us for whom it asks for: its account's word, and not a fault of ours. */
function refused(error: unknown): never {
  if (!isTollgateError(error, 'internal') || error.reason !== 'sts-access-denied') throw error;
  throw new TollgateError('denied_by_iam', { reason: 'spoke-denied', cause: error });
}
