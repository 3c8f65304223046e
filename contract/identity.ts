import { TollgateError } from './errors.ts';
import { PRINCIPAL_MAX_CHARS, TENANT_ID_MAX_CHARS } from './limits/contract.ts';

/** The tenant id by which Lambda is given what no tenant asked for, where tenants are isolated. No tenant can have it. */
export const NO_TENANT = '_public';

declare const tenantBrand: unique symbol;
declare const principalBrand: unique symbol;

/** A tenant id that was checked once: ASCII letters, digits, `.`, `_`, `-`; 1 to 64; begins with a letter or digit. */
export type TenantId = string & { readonly [tenantBrand]: true };

/** Whose usage plan counts a tenant's calls: its own, that of its organisational unit, or (null) the stage's default one. */
export type CountedBy = TenantId | { readonly unit: string } | null;

/** Who within the tenant called (usually the token's `sub`): 1 to 256 printable characters of any script. */
export type Principal = string & { readonly [principalBrand]: true };

/** The role that may edit the registry. */
export const ADMIN_ROLE = 'admin';

/** Who may do what of the registry's API (registry/rights.ts), the widest first. */
export const DELEGATES = [ADMIN_ROLE, 'tenant-admin', 'auditor', 'finance'] as const;
export type Delegate = (typeof DELEGATES)[number];

/**
 * How each is among a caller's roles. Whoever runs a directory may have a role `auditor` of its own, which grants may name: so
 * ours have a name that no token's role keeps.
 */
export const MARK_PREFIX = 'tollgate:';
export const MARKS: Readonly<Record<Delegate, string>> = {
  admin: ADMIN_ROLE,
  'tenant-admin': `${MARK_PREFIX}tenant-admin`,
  auditor: `${MARK_PREFIX}auditor`,
  finance: `${MARK_PREFIX}finance`,
};

// ASCII only: a look-alike letter (a Cyrillic one in "acme") must not become another tenant that reads the same. No
// `*`, `/`, `:`, `#`, `$`: the id goes into IAM names, ARNs, DynamoDB keys and S3 keys, and none of them may split on it.
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

// Control and format characters, line and paragraph separators, lone surrogates, unassigned.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;

/** Whether parseTenantId takes it. */
export function isTenantId(value: unknown): value is TenantId {
  return typeof value === 'string' && value.length <= TENANT_ID_MAX_CHARS && TENANT.test(value);
}

/** Whether parsePrincipal takes it. */
export function isPrincipal(value: unknown): value is Principal {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= PRINCIPAL_MAX_CHARS && !UNPRINTABLE.test(value)
  );
}

/**
 * @param value anything, usually a claim
 * @param field what to name in the error
 * @throws TollgateError `invalid_request` naming `field`; an authorizer turns it into 401
 */
export function parseTenantId(value: unknown, field = 'tenant'): TenantId {
  if (isTenantId(value)) return value;
  throw new TollgateError('invalid_request', { field, reason: 'not-a-tenant-id' });
}

/**
 * @param value anything, usually the `sub` claim
 * @param field what to name in the error
 * @throws TollgateError `invalid_request` naming `field`
 */
export function parsePrincipal(value: unknown, field = 'principal'): Principal {
  if (isPrincipal(value)) return value;
  throw new TollgateError('invalid_request', { field, reason: 'not-a-principal' });
}
