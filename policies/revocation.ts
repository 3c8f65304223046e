import type { TenantId } from '../contract/identity.ts';
import { documentOf, type PermissionStatement, type PolicyDocument } from './document.ts';
import { DIRECT_SESSIONS } from './name.ts';

/** The one inline policy of the invoker role: it holds every revocation. What the role may do is in managed policies. */
export const REVOCATIONS_POLICY = 'TollgateRevocations';

/** That credentials given out before a moment are worth nothing. */
export interface Revocation {
  /** Null: every tenant's. */
  readonly tenant: TenantId | null;
  /** Whole seconds since 1970: sessions issued before it are denied. */
  readonly before: number;
}

/**
 * The revocations as one policy document, the tenants in order.
 *
 * Only sessions that were handed out are meant: they are told from the gateway's own by their name, which IAM shows as the
 * second part of `aws:userid`. So a revocation never interrupts calls through the gateway. The form is that of AWS's own
 * "revoke active sessions"
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html). The wildcards are in a Deny, where
 * a broad one is the strict one.
 */
export function revocationPolicy(revocations: readonly Revocation[]): PolicyDocument {
  return documentOf([...revocations].sort(byTenant).map(statementOf));
}

function statementOf({ tenant, before }: Revocation): PermissionStatement {
  return {
    Effect: 'Deny',
    Action: ['*'],
    Resource: ['*'],
    Condition: {
      DateLessThan: { 'aws:TokenIssueTime': iso(before) },
      ...(tenant === null ? {} : { StringEquals: { 'aws:PrincipalTag/TenantId': tenant } }),
      StringLike: { 'aws:userid': DIRECT_SESSIONS },
    },
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function byTenant(a: Revocation, b: Revocation): number {
  return (a.tenant ?? '') < (b.tenant ?? '') ? -1 : 1;
}
