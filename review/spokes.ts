import { eachTarget, type Placed, placesOf } from '../contract/places.ts';
import { accountOfRole } from '../contract/spokes.ts';
import { arnsOf } from '../policies/kinds.ts';
import type { RoleDocuments } from '../policies/review-roles.ts';
import type { HopTried, ReviewedSpoke } from '../policies/review-spokes.ts';
import { invokerRolePolicies, invokerTrustPolicy } from '../policies/roles.ts';
import type { Step } from '../registry/explain.ts';

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

/** Roles of other accounts that a registry names. */
export function spokeRolesOf(tenants: readonly { spokeRole?: string }[], models: readonly Placed[]): readonly string[] {
  const places = models.flatMap((model) => placesOf(model).flatMap(({ role }) => role ?? []));
  return [...new Set([...tenants.flatMap(({ spokeRole }) => spokeRole ?? []), ...places])].sort();
}

/**
 * The last question of a call that runs in another account: may the stage ask for the role there?
 *
 * @param places that the call may go to, those of the stage's own account too
 * @returns undefined: none is elsewhere
 */
export function hopStep(
  places: readonly { spoke?: { role: string; hop1: { tried: readonly HopTried[] } } }[],
): Step | undefined {
  const hops = places.flatMap(({ spoke }) => spoke ?? []);
  if (hops.length === 0) return undefined;
  const shut = hops.flatMap(({ role, hop1 }) =>
    hop1.tried.filter(({ expected, allowed }) => expected && !allowed).map(({ reason }) => `${role}: ${reason}`),
  );
  const because = shut.length === 0 ? hops.map(({ role }) => role) : shut;
  return {
    question: 'May the stage ask for the role of the other account?',
    yes: shut.length < places.length,
    because: `${shut.length > 0 && shut.length < places.length ? 'not everywhere: ' : ''}${[...new Set(because)].join('; ')}`,
    ...{ item: null, version: null },
  };
}
