import { isTenantId, type TenantId } from '../contract/identity.ts';
import {
  GROUPS_ATTRIBUTE,
  type Membership,
  type Providers,
  ROLE_GROUP,
  ROLE_SCOPE,
  SCOPES,
  TENANT_GROUP,
  TENANT_SCOPE,
} from '../contract/sign-in.ts';
import { MACHINE, PEOPLE, type TokenEvent } from './event.ts';
import { jsonOf, own, valuesOf } from './groups.ts';

/** No provider's name. */
// Stryker disable next-line StringLiteral: any other text that no provider is called by would do.
const NOBODY = '';

/** Whose tenant somebody is of, or why that cannot be said. */
export type Decision =
  | { tenant: TenantId; roles: string[] }
  | { tenant: null; reason: 'no-tenant' | 'several-tenants' | 'not-a-tenant-id' | 'unknown-source' };

/**
 * Pure. Everything that says of what somebody is counts alike, so that whoever is of two tenants, by whichever way, is of none:
 * a call would be the one's or the other's by chance. Roles without a tenant are no roles.
 */
export function decide(event: TokenEvent, providers: Providers): Decision {
  const isMachine = event.triggerSource === MACHINE;
  if (!isMachine && !PEOPLE.has(event.triggerSource)) return { tenant: null, reason: 'unknown-source' };
  const memberships = isMachine
    ? named(event.request.scopes, `${SCOPES}/${TENANT_SCOPE}`, `${SCOPES}/${ROLE_SCOPE}`)
    : [
        ...named(event.request.groupConfiguration?.groupsToOverride, TENANT_GROUP, ROLE_GROUP),
        ...federated(event.request.userAttributes ?? {}, providers),
      ];
  const tenants = new Set(memberships.flatMap(({ tenant }) => tenant ?? []));
  const [tenant] = tenants;
  if (tenant === undefined) return { tenant: null, reason: 'no-tenant' };
  if (tenants.size > 1) return { tenant: null, reason: 'several-tenants' };
  if (!isTenantId(tenant)) return { tenant: null, reason: 'not-a-tenant-id' };
  return { tenant, roles: [...new Set(memberships.flatMap(({ roles = [] }) => roles))] };
}

/** What names say that begin as ours do; only the pool's administrators make groups, and scopes. */
function named(names: readonly string[] | null | undefined, tenantPrefix: string, rolePrefix: string): Membership[] {
  // Stryker disable next-line ArrayDeclaration: a name that begins like none of ours says nothing.
  return (names ?? []).flatMap((name): Membership[] => {
    if (name.startsWith(tenantPrefix)) return [{ tenant: name.slice(tenantPrefix.length) }];
    // Stryker disable next-line ArrayDeclaration: what is put in its place has neither tenant nor roles.
    return name.startsWith(rolePrefix) ? [{ roles: [name.slice(rolePrefix.length)] }] : [];
  });
}

/** What a provider's groups mean, by the table of that provider alone: a name that looks like one of the pool's is none. */
function federated(attributes: Readonly<Record<string, string>>, providers: Providers): Membership[] {
  const provider = own(providers, providerOf(attributes));
  const said = own(attributes, GROUPS_ATTRIBUTE);
  // Stryker disable next-line ArrayDeclaration: the same.
  if (provider === undefined || said === undefined) return [];
  // Stryker disable next-line ArrayDeclaration: the same.
  return valuesOf(said).flatMap((group) => own(provider.groups, group) ?? []);
}

/**
 * The one provider by which somebody signs in. A profile that is linked to a password of the pool, or to a second provider, keeps
 * what one way in said while somebody comes by the other: of such a one, the pool's own groups count and nothing else.
 */
function providerOf(attributes: Readonly<Record<string, string>>): string {
  if (attributes['cognito:user_status'] !== 'EXTERNAL_PROVIDER') return NOBODY;
  const identities = jsonOf(attributes.identities ?? NOBODY);
  // Stryker disable next-line ArrayDeclaration: a text has no `providerName`.
  const [only, ...others] = Array.isArray(identities) ? identities : [];
  return others.length === 0 && typeof only?.providerName === 'string' ? only.providerName : NOBODY;
}
