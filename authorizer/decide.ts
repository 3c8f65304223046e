import type { CallerContext } from '../contract/context.ts';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { type Principal, parsePrincipal, parseTenantId, type TenantId } from '../contract/identity.ts';
import type { Json } from '../contract/json.ts';
import { ROLES_MAX_BYTES } from '../contract/limits.ts';
import type { TenantEntries } from '../registry/reader.ts';
import type { VerifiedToken } from './verify.ts';

/** Who is calling, by the verified claims alone. */
export interface Identity {
  tenant: TenantId;
  principal: Principal;
  /** Without repetition, in the token's order; none when the issuer's settings name no claim for them. */
  roles: string[];
  /** Whole seconds since 1970. */
  exp: number;
}

/**
 * @throws TollgateError `unauthenticated` with reason tenant-claim | principal-claim | roles-claim | roles-too-many: the
 *   token is genuine, but it does not say who is calling in a form that can be used
 */
export function identify({ issuer, claims, exp }: VerifiedToken): Identity {
  const claim = (name: string): Json | undefined => (Object.hasOwn(claims, name) ? claims[name] : undefined);
  const or = <T>(reason: string, parse: () => T): T => {
    try {
      return parse();
    } catch (thrown) {
      const own = isTollgateError(thrown, 'unauthenticated') ? thrown.reason : undefined;
      throw new TollgateError('unauthenticated', { reason: own ?? reason, detail: { issuer: issuer.issuer } });
    }
  };
  const { tenantClaim, principalClaim, rolesClaim } = issuer;
  return {
    tenant: or('tenant-claim', () => parseTenantId(claim(tenantClaim))),
    principal: or('principal-claim', () => parsePrincipal(claim(principalClaim))),
    roles: rolesClaim === null ? [] : or('roles-claim', () => parseRoles(claim(rolesClaim))),
    exp,
  };
}

export type Admission =
  | { admitted: true; context: CallerContext }
  | { admitted: false; reason: 'tenant-unknown' | 'tenant-suspended' | 'tenant-mismatch' };

/** @param entries what the registry holds for this tenant; null when it has no such tenant */
export function admit(identity: Identity, entries: TenantEntries | null): Admission {
  if (entries === null) return { admitted: false, reason: 'tenant-unknown' };
  // The registry answers for the tenant it was asked about; were it ever not so, this is the last place to notice.
  if (entries.id !== identity.tenant) return { admitted: false, reason: 'tenant-mismatch' };
  if (entries.suspended) return { admitted: false, reason: 'tenant-suspended' };
  return { admitted: true, context: { ...identity, costCenter: entries.costCenter, models: entries.models } };
}

/** An array of strings (Cognito groups, Entra ID app roles, Okta groups), or words apart by spaces (OAuth `scope`). */
function parseRoles(value: Json | undefined): string[] {
  if (value === undefined) return [];
  const list = typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : value;
  if (!Array.isArray(list) || !list.every((role) => typeof role === 'string' && role !== ''))
    throw new TollgateError('unauthenticated', { reason: 'roles-claim' });
  const unique = [...new Set(list as string[])];
  // As the context will hold them: a list in JSON, as a string in JSON.
  if (Buffer.byteLength(JSON.stringify(JSON.stringify(unique))) > ROLES_MAX_BYTES)
    throw new TollgateError('unauthenticated', { reason: 'roles-too-many' });
  return unique;
}
