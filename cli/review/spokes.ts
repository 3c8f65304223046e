import { eachTarget, type Placed } from '../../contract/places.ts';
import { accountOfRole } from '../../contract/spokes.ts';
import { arnsOf } from '../../policies/kinds.ts';
import type { RoleDocuments } from '../../policies/review-roles.ts';
import type { ReviewedSpoke } from '../../policies/review-spokes.ts';
import { invokerRolePolicies, invokerTrustPolicy } from '../../policies/roles.ts';

/** A role of another account, whose documents nobody of the stage's account can read. */
export interface SpokeRole extends RoleDocuments {
  /** As infra/spoke.ts deploys them; its boundary is the same document once more. */
  source: 'assumed';
}

/**
 * What a spoke's template would deploy, for every region that the registry names.
 *
 * @param invokerArn whom it trusts
 */
export function spokeDocuments(
  { role, externalId, tenant, shared }: Pick<ReviewedSpoke, 'role' | 'externalId' | 'tenant' | 'shared'>,
  invokerArn: string,
  models: readonly Placed[],
): SpokeRole {
  const named = new Set(
    eachTarget(models).flatMap(({ target }) => arnsOf(target).map((arn) => arn.split(':')[3] ?? '')),
  );
  const regions = [...named].filter((region) => region !== '').sort();
  const scope = { partition: role.split(':')[1] ?? 'aws', account: accountOfRole(role), regions };
  return {
    name: role.slice(role.indexOf('/') + 1),
    arn: role,
    source: 'assumed',
    trust: invokerTrustPolicy({ trustedRoleArn: invokerArn }, { externalId, tenant: shared ? undefined : tenant }),
    policies: invokerRolePolicies({ ...scope, globalProfiles: named.has('') }).map((document, index) => ({
      name: `models-${index + 1}`,
      document,
    })),
  };
}
