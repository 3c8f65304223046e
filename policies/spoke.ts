import { documentOf, type PermissionStatement, type PolicyDocument } from './document.ts';
import { type SessionPolicy, sized } from './session.ts';

/**
 * Calls in another account: the invoker role's session may assume the one role there (hop 1), whose session is under the policy that
 * the call would have had at home (hop 2).
 */

/** What hop 1 allows: that role for that tenant, under the words that the role asks for, and nothing else. */
export function hopPolicy(role: string, externalId: string, tenant: string): SessionPolicy {
  const tagged = { 'aws:RequestTag/TenantId': tenant };
  const may = (action: string, StringEquals?: Record<string, string>): PermissionStatement => ({
    ...{ Effect: 'Allow', Action: [`sts:${action}`], Resource: [role] },
    ...(StringEquals && { Condition: { StringEquals } }),
  });
  return sized(
    documentOf([
      may('AssumeRole', { 'sts:ExternalId': externalId, ...tagged }),
      may('TagSession', tagged),
      may('SetSourceIdentity'),
    ]),
  );
}

/** What the invoker role may do beyond its models, where a stage lists spokes: assume these. @param roles ARNs, or patterns of them */
export function spokesPolicy(roles: readonly string[]): PolicyDocument {
  const Action = ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'];
  return documentOf([{ Effect: 'Allow', Action, Resource: roles }]);
}
