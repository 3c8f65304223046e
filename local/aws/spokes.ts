import { externalIdOf, SPOKE_NAME, spokeRoleName } from '../../contract/spoke-list.ts';
import { invokerRolePolicies, invokerTrustPolicy } from '../../policies/roles.ts';
import { SPOKE_ACCOUNT } from '../accounts.ts';
import { REGIONS, roleName, STAGE } from './roles.ts';
import type { Role } from './sessions.ts';

/** The name of the role there that asks for no tenant's words, but for the stage's: places of models are called under it. */
const SHARED = 'shared';

/**
 * The second account's roles, with the documents that the spoke's template deploys: one for each tenant, by its id, and
 * `shared`. Each is there as soon as it is asked for, whichever tenants there are.
 *
 * @param hub the first account
 * @returns undefined: there is no such role
 */
export function spokeRole(name: string, hub: string): Role | undefined {
  const prefix = spokeRoleName(STAGE, '');
  const own = name.slice(prefix.length);
  if (!name.startsWith(prefix) || !SPOKE_NAME.test(own)) return undefined;
  const tenant = own === SHARED ? undefined : own;
  const [bound] = invokerRolePolicies({ partition: 'aws', account: SPOKE_ACCOUNT, regions: REGIONS });
  if (bound === undefined) return undefined;
  return {
    name,
    account: SPOKE_ACCOUNT,
    trust: invokerTrustPolicy(
      { trustedRoleArn: `arn:aws:iam::${hub}:role/${roleName('invoker')}` },
      { externalId: externalIdOf(STAGE, tenant), tenant },
    ),
    policies: [],
    managed: [bound],
    boundary: bound,
  };
}
