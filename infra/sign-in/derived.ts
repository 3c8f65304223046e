import { DELEGATES } from '../../contract/identity.ts';
import {
  type Membership,
  type Providers,
  ROLE_SCOPE,
  ROLES_CLAIM,
  TENANT_CLAIM,
  TENANT_SCOPE,
} from '../../contract/sign-in.ts';

/** What follows from the setting, for the function of the pool, its app clients and the gateway. Pure. */

/** The pool as a trusted issuer; the preset says the rest: access tokens alone, and where the keys are. */
export function poolIssuer(region: string, poolId: string, clientIds: readonly string[]): { issuer: string } {
  const [adminRoles, tenantAdminRoles, auditorRoles, financeRoles] = DELEGATES.map((role) => [role]);
  return {
    ...{ preset: 'cognito', issuer: `https://cognito-idp.${region}.amazonaws.com/${poolId}`, clientIds },
    ...{ tenantClaim: TENANT_CLAIM, rolesClaim: ROLES_CLAIM },
    // Whoever edits the pool gives these roles, and the setting's own tables: both are the operator's.
    ...{ adminRoles, tenantAdminRoles, auditorRoles, financeRoles },
  };
}

/** The same with ids as long as Cognito's own, which are known only when it has made them. */
export function poolIssuerAsLong(region: string, clients: number): object {
  const clientIds = Array.from({ length: clients }, () => '0'.repeat(26));
  return poolIssuer(region, `${region}_${'0'.repeat(9)}`, clientIds);
}

/** What each provider's groups mean, and no more of the providers: the pool's function is told this. */
export function tablesOf(
  providers: Readonly<Record<string, { claim: string; groups: Readonly<Record<string, Membership>> }>>,
): Providers {
  return Object.fromEntries(Object.entries(providers).map(([name, { claim, groups }]) => [name, { claim, groups }]));
}

/** Names of scopes, without their resource server's. */
export function scopesOf({ tenant, roles = [] }: Membership): string[] {
  return [...(tenant === undefined ? [] : [TENANT_SCOPE + tenant]), ...roles.map((role) => ROLE_SCOPE + role)];
}
