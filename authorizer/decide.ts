import type { CallerContext } from '../contract/context.ts';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import {
  ADMIN_ROLE,
  type CountedBy,
  DELEGATES,
  MARK_PREFIX,
  MARKS,
  type Principal,
  parsePrincipal,
  parseTenantId,
  type TenantId,
} from '../contract/identity.ts';
import type { TrustedIssuer } from '../contract/issuer.ts';
import type { Json } from '../contract/json.ts';
import { ROLES_MAX_BYTES } from '../contract/limits/authorizer.ts';
import type { AllowedModel } from '../contract/model.ts';
import { isKeyPrincipal, type Narrowed } from '../contract/narrowed.ts';
import { entitled } from '../registry/entitled.ts';
import type { ClientReader, TenantEntries } from '../registry/reader.ts';
import { standingOf } from '../registry/standing.ts';
import { clientOf, type Members } from './claims.ts';
import type { VerifiedToken } from './verify.ts';

/** Who is calling, by the verified claims alone, or by what is known of a key. */
export interface Identity {
  tenant: TenantId;
  principal: Principal;
  /** Without repetition, in the token's order; none when the issuer's settings name no claim for them. */
  roles: string[];
  /** Seconds since 1970, with up to three decimals. */
  exp: number;
  /** Who says so; of a key nobody does. */
  issuer?: string;
  /** Of a key alone. */
  narrowed?: Narrowed;
}

/**
 * `identify`, with what the registry says of the client where the issuer's settings leave it to the registry: nothing is asked
 * of it otherwise, nor before the token is verified.
 *
 * @throws TollgateError as `identify`; `unavailable`
 */
export async function whoCalls(verified: VerifiedToken, registry: ClientReader): Promise<Identity> {
  const { issuer, claims } = verified;
  if (issuer.tenant.by !== 'registry') return identify(verified);
  const client = clientOf(claims, issuer);
  return identify(verified, client === '' ? null : await registry.clientTenant({ issuer: issuer.issuer, client }));
}

/**
 * @param owner whose the token's client is, by the registry
 * @throws TollgateError `unauthenticated` with reason tenant-claim | tenant-client | principal-claim | roles-claim |
 *   roles-too-many: the token is genuine, but it does not say who is calling in a form that can be used
 */
export function identify({ issuer, claims, exp }: VerifiedToken, owner: TenantId | null = null): Identity {
  const or = <T>(reason: string, parse: () => T): T => {
    try {
      return parse();
    } catch (thrown) {
      const own = isTollgateError(thrown, 'unauthenticated') ? thrown.reason : undefined;
      throw new TollgateError('unauthenticated', { reason: own ?? reason, detail: { issuer: issuer.issuer } });
    }
  };
  const { tenant, principalClaims, rolesClaim } = issuer;
  return {
    tenant: or(OF_CLIENTS.has(tenant.by) ? 'tenant-client' : 'tenant-claim', () => tenantOf(claims, issuer, owner)),
    principal: or('principal-claim', () => notAKey(parsePrincipal(principalOf(claims, principalClaims)))),
    roles: rolesClaim === null ? [] : or('roles-claim', () => parseRoles(own(claims, rolesClaim), issuer)),
    exp,
    issuer: issuer.issuer,
  };
}

function own(claims: Members, name: string): Json | undefined {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

const OF_CLIENTS: ReadonlySet<TrustedIssuer['tenant']['by']> = new Set(['client', 'registry']);

function tenantOf(claims: Members, issuer: TrustedIssuer, owner: TenantId | null): TenantId {
  const { tenant } = issuer;
  switch (tenant.by) {
    case 'issuer':
      return tenant.tenant;
    case 'claim':
      return parseTenantId(own(claims, tenant.claim));
    case 'client':
      return parseTenantId(tenant.tenants.get(clientOf(claims, issuer)));
    case 'registry':
      return parseTenantId(owner);
  }
}

/** An issuer may call its people what it likes, but nobody a key, whose sessions, budgets and kept answers it would share. */
function notAKey(principal: Principal): Principal {
  if (isKeyPrincipal(principal)) throw new TollgateError('unauthenticated', { reason: 'principal-claim' });
  return principal;
}

/** @returns undefined when one claim is missing, or could be read as two */
function principalOf(claims: Members, names: readonly string[]): Json | undefined {
  const values = names.map((name) => own(claims, name));
  if (values.length === 1) return values[0];
  return values.every((value) => typeof value === 'string' && value !== '' && !value.includes('/'))
    ? values.join('/')
    : undefined;
}

export type Admission =
  | { admitted: true; context: CallerContext; countedBy: CountedBy }
  | {
      admitted: false;
      reason: `tenant-${'unknown' | 'mismatch' | 'suspended' | 'offboarded' | 'expired' | 'issuer'}`;
    };

/**
 * @param entries what the registry holds for this tenant; null when it has no such tenant
 * @param now milliseconds since 1970
 */
export function admit(identity: Identity, entries: TenantEntries | null, now: number): Admission {
  if (entries === null) return { admitted: false, reason: 'tenant-unknown' };
  const { tenant, principal, roles, issuer, narrowed } = identity;
  // The registry answers for the tenant it was asked about; were it ever not so, this is the last place to notice.
  if (entries.id !== tenant) return { admitted: false, reason: 'tenant-mismatch' };
  const standing = standingOf(entries, now / 1000);
  if (standing !== 'active') return { admitted: false, reason: `tenant-${standing}` };
  // Another trusted issuer may name the tenant in good faith, and not be whom the tenant trusts with it.
  if (issuer !== undefined && entries.issuers !== undefined && !entries.issuers.includes(issuer))
    return { admitted: false, reason: 'tenant-issuer' };
  const { costCenter, budgets, countedBy, expiresAt } = entries;
  // What is remembered of the answer must not outlive the tenant's time either.
  const exp = Math.min(identity.exp, expiresAt ?? identity.exp);
  const models = entitled(entries.models, identity, now / 1000).map((model) => alone(model, principal));
  const of = narrowed === undefined ? {} : { narrowed };
  return { admitted: true, context: { tenant, principal, roles, exp, costCenter, models, budgets, ...of }, countedBy };
}

/** Of the principals of its grant a caller's context has the caller: there is little room in it. */
function alone(model: AllowedModel, principal: Principal): AllowedModel {
  return model.principals === undefined ? model : { ...model, principals: [principal] };
}

/** An array of strings (Cognito groups, Entra ID app roles, Okta groups), or words apart by spaces (OAuth `scope`). */
function parseRoles(value: Json | undefined, { adminRoles, delegates }: TrustedIssuer): string[] {
  if (value === undefined) return [];
  const list = typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : value;
  if (!Array.isArray(list) || !list.every((role) => typeof role === 'string' && role !== ''))
    // Stryker disable next-line StringLiteral: whatever it is, `identify` makes an `unauthenticated` of it and adds the reason.
    throw new TollgateError('unauthenticated');
  const made = { admin: adminRoles, ...delegates };
  const meant = (list as string[]).flatMap((role) => {
    const marks = DELEGATES.filter((delegate) => made[delegate].includes(role)).map((delegate) => MARKS[delegate]);
    // These are ours to give: a name that somebody else's directory happens to use must not become one.
    return role === ADMIN_ROLE || role.startsWith(MARK_PREFIX) ? marks : [role, ...marks];
  });
  const unique = [...new Set(meant)];
  // As the context will hold them: a list in JSON, as a string in JSON.
  if (Buffer.byteLength(JSON.stringify(JSON.stringify(unique))) > ROLES_MAX_BYTES)
    throw new TollgateError('unauthenticated', { reason: 'roles-too-many' });
  return unique;
}
