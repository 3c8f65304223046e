import { isTollgateError } from './errors.ts';
import { type Delegate, parseTenantId, type TenantId } from './identity.ts';
import { anyTexts, bad, object, text, texts, url } from './issuer-members.ts';
import { PRESETS, type Preset } from './presets.ts';

/** Asymmetric algorithms that aws-jwt-verify implements (RFC 7518 section 3.1, RFC 8037). No HMAC: keys are public. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA'];

/** How a token of an issuer names its tenant. */
export type TenantSource =
  | { by: 'claim'; claim: string }
  /** Every token of this issuer is this tenant's. */
  | { by: 'issuer'; tenant: TenantId }
  | { by: 'client'; tenants: ReadonlyMap<string, TenantId> }
  /** By its client too, and the registry knows whose that is. */
  | { by: 'registry' };

/** An issuer whose tokens are accepted, and which of its claims say what. */
export interface TrustedIssuer {
  /** Compared with `iss` to the letter. */
  issuer: string;
  /** Where the keys are; read from the issuer's discovery document when absent. */
  jwksUri?: string;
  /** Accepted `aud` values, or null when this issuer's tokens have none (then `clientIds` is not null). */
  audience: string[] | null;
  /** Whether `aud` may be a list, which may then hold others beside ours; otherwise only a single string will do. */
  audienceList: boolean;
  /** The claim that names the client, or null for `client_id`, and `azp` where that is missing. */
  clientClaim: string | null;
  /**
   * Accepted client ids, or null for any; those of the tenants' table when the settings list none. Where the registry knows the
   * clients, one that it does not know is refused all the same.
   */
  clientIds: string[] | null;
  tenant: TenantSource;
  /** Claims whose values, joined by `/`, are the principal. */
  principalClaims: string[];
  rolesClaim: string | null;
  /** The roles of the claim that make an administrator. No other does, whatever it is called. */
  adminRoles: string[];
  /** The same of the others who may do something of the registry's API. */
  delegates: Record<Exclude<Delegate, 'admin'>, string[]>;
  /** Claims that must have one of these values, or any text (null). */
  requiredClaims: ReadonlyMap<string, readonly string[] | null>;
  /** Claims by which the issuer says that it left groups out. A token that has one is refused. */
  overageClaims: string[];
  algorithms: Algorithm[];
  /** The value that a `token_use` claim must have (Cognito: `access`), or null when the issuer sets none. */
  tokenUse: string | null;
}

/** In a table's place: `tollgate client` keeps it. */
const IN_REGISTRY = 'registry';

const TENANT_MEMBERS = ['tenantClaim', 'tenant', 'tenants'] as const;

const KNOWN = new Set([
  ...['preset', 'issuer', 'jwksUri', 'audience', 'audienceList', 'clientClaim', 'clientIds', ...TENANT_MEMBERS],
  ...[
    'principalClaim',
    'rolesClaim',
    'adminRoles',
    'claims',
    'tenantAdminRoles',
    'auditorRoles',
    'financeRoles',
    'overageClaims',
    'algorithms',
    'tokenUse',
  ],
]);

/**
 * The TOLLGATE_ISSUERS setting: a JSON array of issuers, already parsed. Presets (presets.ts) are filled in here, so that
 * whoever reads the setting sees the same issuers.
 *
 * @throws TollgateError `bad_setting` whose field names the member, e.g. `TOLLGATE_ISSUERS[0].tenantClaim`
 */
export function parseIssuers(value: unknown, name = 'TOLLGATE_ISSUERS'): TrustedIssuer[] {
  if (!Array.isArray(value)) throw bad(name, 'must be a JSON array of issuers');
  const issuers = value.map((item, index) => parseIssuer(object(item, `${name}[${index}]`), `${name}[${index}]`));
  const seen = new Set<string>();
  issuers.forEach(({ issuer }, index) => {
    if (seen.has(issuer)) throw bad(`${name}[${index}].issuer`, 'is listed twice');
    seen.add(issuer);
  });
  return issuers;
}

function parseIssuer(written: Record<string, unknown>, at: string): TrustedIssuer {
  for (const member of Object.keys(written))
    if (!KNOWN.has(member)) throw bad(`${at}.${member}`, 'is not a known setting');
  const preset = presetOf(written.preset, `${at}.preset`);
  const issuer = url(written.issuer, `${at}.issuer`);
  const named = namedBy(preset, issuer, `${at}.issuer`);
  for (const member of preset.needs ?? [])
    if (written[member] === undefined) throw bad(`${at}.${member}`, `is required by the preset ${written.preset}`);
  const item: Record<string, unknown> = { ...preset.defaults, ...written };

  const jwksUri = item.jwksUri ?? (preset.jwksPath && issuer + preset.jwksPath);
  const audience = item.audience === null ? null : texts(item.audience, `${at}.audience`);
  const tenant = tenantSource(item, at);
  const clientIds = clientIdsOf(item.clientIds, tenant, `${at}.clientIds`);
  // Without either, any application of the same identity provider could hand us a token meant for another.
  if (clientIds === null && tenant.by !== 'registry' && (audience === null || preset.openAudience))
    throw bad(
      `${at}.clientIds`,
      `or tenants is required when ${audience ? 'a caller chooses its' : 'there is no'} audience`,
    );
  if (item.audienceList !== undefined && typeof item.audienceList !== 'boolean')
    throw bad(`${at}.audienceList`, 'must be true or false');
  return {
    issuer,
    ...(jwksUri === undefined ? {} : { jwksUri: url(jwksUri, `${at}.jwksUri`) }),
    audience,
    audienceList: item.audienceList === true,
    clientClaim: item.clientClaim == null ? null : text(item.clientClaim, `${at}.clientClaim`),
    clientIds,
    tenant,
    principalClaims: texts(item.principalClaim ?? 'sub', `${at}.principalClaim`),
    rolesClaim: item.rolesClaim == null ? null : text(item.rolesClaim, `${at}.rolesClaim`),
    adminRoles: rolesOf('adminRoles', written, preset, tenant, at),
    delegates: {
      'tenant-admin': rolesOf('tenantAdminRoles', written, preset, tenant, at),
      auditor: rolesOf('auditorRoles', written, preset, tenant, at),
      finance: rolesOf('financeRoles', written, preset, tenant, at),
    },
    requiredClaims: requiredClaims(preset, named, written.claims, `${at}.claims`),
    overageClaims: anyTexts(item.overageClaims ?? [], `${at}.overageClaims`),
    algorithms: algorithms(item.algorithms, `${at}.algorithms`),
    tokenUse: item.tokenUse == null ? null : text(item.tokenUse, `${at}.tokenUse`),
  };
}

function presetOf(name: unknown, field: string): Preset {
  if (name === undefined) return PRESETS.oidc;
  if (typeof name === 'string' && Object.hasOwn(PRESETS, name)) return PRESETS[name as keyof typeof PRESETS];
  throw bad(field, `must be one of ${Object.keys(PRESETS).join(', ')}`);
}

/** What the preset reads out of the issuer's address. */
function namedBy({ issuer: pattern, issuerForm }: Preset, issuer: string, field: string): Record<string, string> {
  if (pattern === undefined) return {};
  const found = pattern.exec(issuer);
  if (found === null) throw bad(field, `must look like ${issuerForm} with this preset`);
  return { ...found.groups };
}

/** @throws TollgateError `bad_setting` unless exactly one of the three ways is given */
function tenantSource(item: Record<string, unknown>, at: string): TenantSource {
  const [member, ...others] = TENANT_MEMBERS.filter((name) => item[name] !== undefined);
  if (member === undefined) throw bad(`${at}.tenantClaim`, 'or tenant or tenants is required');
  if (others[0] !== undefined) throw bad(`${at}.${others[0]}`, `cannot be given beside ${member}`);
  const field = `${at}.${member}`;
  switch (member) {
    case 'tenantClaim':
      return { by: 'claim', claim: text(item.tenantClaim, field) };
    case 'tenant':
      return { by: 'issuer', tenant: tenantId(item.tenant, field) };
    case 'tenants': {
      if (item.tenants === IN_REGISTRY) return { by: 'registry' };
      if (typeof item.tenants === 'string') throw bad(field, `must be a table of client ids, or "${IN_REGISTRY}"`);
      const table = Object.entries(object(item.tenants, field));
      if (table.length === 0) throw bad(field, 'must not be empty');
      const rows = table.map(([client, id]) => [text(client, field), tenantId(id, `${field}.${client}`)] as const);
      return { by: 'client', tenants: new Map(rows) };
    }
  }
}

function tenantId(value: unknown, field: string): TenantId {
  try {
    return parseTenantId(value);
  } catch (thrown) {
    throw isTollgateError(thrown) ? bad(field, 'must be a tenant id') : thrown;
  }
}

function clientIdsOf(value: unknown, tenant: TenantSource, field: string): string[] | null {
  if (value != null) return texts(value, field);
  return tenant.by === 'client' ? [...tenant.tenants.keys()] : null;
}

/** Who runs a tenant's own issuer decides about that tenant, and not about the others: it has to be said by name. */
function rolesOf(
  member: 'adminRoles' | 'tenantAdminRoles' | 'auditorRoles' | 'financeRoles',
  written: Record<string, unknown>,
  { defaults }: Preset,
  tenant: TenantSource,
  at: string,
): string[] {
  if (written[member] !== undefined) return anyTexts(written[member], `${at}.${member}`);
  return tenant.by === 'issuer' ? [] : anyTexts(defaults[member] ?? [], `${at}.${member}`);
}

/** The preset's, then those of the issuer's own address, then the written ones: `null` there takes one back. */
function requiredClaims(
  { defaults }: Preset,
  named: Record<string, string>,
  written: unknown,
  field: string,
): ReadonlyMap<string, readonly string[] | null> {
  const rules = Object.entries({
    ...object(defaults.claims ?? {}, field),
    ...named,
    ...object(written ?? {}, field),
  }).filter(([, rule]) => rule !== null);
  return new Map(rules.map(([claim, rule]) => [claim, rule === true ? null : texts(rule, `${field}.${claim}`)]));
}

function algorithms(value: unknown, field: string): Algorithm[] {
  if (value === undefined) return [...DEFAULT_ALGORITHMS];
  return texts(value, field).map((name) => {
    const known = ALGORITHMS.find((algorithm) => algorithm === name);
    if (known === undefined) throw bad(field, `may hold only ${ALGORITHMS.join(', ')}`);
    return known;
  });
}
