import { TollgateError } from '../contract/errors.ts';
import { parseTenantId } from '../contract/identity.ts';
import { REVOCATION_KEPT_SECONDS, REVOKED_TENANTS_MAX } from '../contract/limits/policies.ts';
import type { PermissionStatement } from './document.ts';
import { REVOCATIONS_POLICY, type Revocation, revocationPolicy } from './revocation.ts';

/** The revocations that a role has, and those that still matter when one more is made. */

/**
 * One revocation more, and those that still matter of the earlier ones: a session older than the longest that there can be
 * has expired by itself, so its revocation is dropped, and the document stays small however often it is written.
 *
 * @param now whole seconds since 1970
 * @throws TollgateError `invalid_request` with reason too-many-revocations when more tenants were revoked within a quarter
 *   of an hour than the role's policies have room for; revoking all of them is one statement
 */
export function withRevocation(earlier: readonly Revocation[], added: Revocation, now: number): Revocation[] {
  const kept = stillMatter(earlier, now).filter(
    ({ tenant, before }) => before > added.before || (added.tenant !== null && tenant !== added.tenant),
  );
  // An earlier one of the same reach and a later moment says more already.
  const covered = kept.some(
    ({ tenant, before }) => before >= added.before && (tenant ?? added.tenant) === added.tenant,
  );
  const all = covered ? kept : [...kept, added];
  if (all.length > REVOKED_TENANTS_MAX)
    throw new TollgateError('invalid_request', {
      reason: 'too-many-revocations',
      message: `${REVOKED_TENANTS_MAX} tenants were revoked just now, and IAM has no room for more: revoke all of them.`,
    });
  return all.sort((a, b) => ((a.tenant ?? '') < (b.tenant ?? '') ? -1 : 1));
}

/** Those that can still deny a session. @param now whole seconds since 1970 */
export function stillMatter(revocations: readonly Revocation[], now: number): Revocation[] {
  return revocations.filter(({ before }) => before + REVOCATION_KEPT_SECONDS > now);
}

/**
 * What `revocationPolicy` wrote.
 *
 * @param text the policy as IAM keeps it
 * @throws TollgateError `conflict` with reason foreign-policy for anything else: what somebody wrote there by hand is not
 *   to be lost in the next revocation
 */
export function parseRevocations(text: string): Revocation[] {
  try {
    const { Statement: statements } = JSON.parse(text) as { Statement: PermissionStatement[] };
    const revocations = statements.map(revocationOf);
    if (JSON.stringify(revocationPolicy(revocations).Statement) === JSON.stringify(statements)) return revocations;
  } catch (cause) {
    throw foreign(cause);
  }
  throw foreign();
}

function revocationOf({ Condition }: PermissionStatement): Revocation {
  const before = Date.parse(String(Condition?.DateLessThan?.['aws:TokenIssueTime'])) / 1000;
  const tenant = Condition?.StringEquals?.['aws:PrincipalTag/TenantId'];
  return { tenant: tenant === undefined ? null : parseTenantId(tenant), before };
}

function foreign(cause?: unknown): TollgateError {
  return new TollgateError('conflict', {
    field: REVOCATIONS_POLICY,
    reason: 'foreign-policy',
    message: `The role's policy ${REVOCATIONS_POLICY} holds what Tollgate did not write; look at it and delete it first.`,
    cause,
  });
}
