import { TollgateError } from './errors.ts';

/** Asymmetric algorithms that aws-jwt-verify implements (RFC 7518 section 3.1, RFC 8037). No HMAC: keys are public. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const DEFAULT_ALGORITHMS: readonly Algorithm[] = ['RS256', 'ES256', 'EdDSA'];

/** An issuer whose tokens are accepted, and which of its claims say what. */
export interface TrustedIssuer {
  /** Compared with `iss` to the letter. */
  issuer: string;
  /** Where the keys are; read from the issuer's discovery document when absent. */
  jwksUri?: string;
  /** Accepted `aud` values, or null when this issuer's tokens have none (then `clientIds` is required). */
  audience: string[] | null;
  /** Whether `aud` may be a list, which may then hold others beside ours; otherwise only a single string will do. */
  audienceList: boolean;
  /** Accepted client ids (`client_id`, or `azp`), or null for any. */
  clientIds: string[] | null;
  tenantClaim: string;
  principalClaim: string;
  rolesClaim: string | null;
  algorithms: Algorithm[];
  /** The value that a `token_use` claim must have (Cognito: `access`), or null when the issuer sets none. */
  tokenUse: string | null;
}

const KNOWN = new Set([
  'issuer',
  'jwksUri',
  'audience',
  'audienceList',
  'clientIds',
  'tenantClaim',
  'principalClaim',
  'rolesClaim',
  'algorithms',
  'tokenUse',
]);

/**
 * The TOLLGATE_ISSUERS setting: a JSON array of issuers, already parsed.
 *
 * @throws TollgateError `bad_setting` whose field names the member, e.g. `TOLLGATE_ISSUERS[0].tenantClaim`
 */
export function parseIssuers(value: unknown, name = 'TOLLGATE_ISSUERS'): TrustedIssuer[] {
  if (!Array.isArray(value)) throw bad(name, 'must be a JSON array of issuers');
  const issuers = value.map((item, index) => parseIssuer(item, `${name}[${index}]`));
  const seen = new Set<string>();
  issuers.forEach(({ issuer }, index) => {
    if (seen.has(issuer)) throw bad(`${name}[${index}].issuer`, 'is listed twice');
    seen.add(issuer);
  });
  return issuers;
}

function parseIssuer(value: unknown, at: string): TrustedIssuer {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw bad(at, 'must be an object');
  const item = value as Record<string, unknown>;
  for (const member of Object.keys(item))
    if (!KNOWN.has(member)) throw bad(`${at}.${member}`, 'is not a known setting');
  const issuer = url(item.issuer, `${at}.issuer`);
  const jwksUri = item.jwksUri === undefined ? undefined : url(item.jwksUri, `${at}.jwksUri`);
  const audience = item.audience === null ? null : texts(item.audience, `${at}.audience`);
  const clientIds = item.clientIds == null ? null : texts(item.clientIds, `${at}.clientIds`);
  // Without either, any application of the same identity provider could hand us a token meant for another.
  if (audience === null && clientIds === null) throw bad(`${at}.clientIds`, 'is required when audience is null');
  if (item.audienceList !== undefined && typeof item.audienceList !== 'boolean')
    throw bad(`${at}.audienceList`, 'must be true or false');
  return {
    issuer,
    ...(jwksUri === undefined ? {} : { jwksUri }),
    audience,
    audienceList: item.audienceList === true,
    clientIds,
    tenantClaim: text(item.tenantClaim, `${at}.tenantClaim`),
    principalClaim: item.principalClaim === undefined ? 'sub' : text(item.principalClaim, `${at}.principalClaim`),
    rolesClaim: item.rolesClaim == null ? null : text(item.rolesClaim, `${at}.rolesClaim`),
    algorithms: algorithms(item.algorithms, `${at}.algorithms`),
    tokenUse: item.tokenUse == null ? null : text(item.tokenUse, `${at}.tokenUse`),
  };
}

function bad(field: string, what: string): TollgateError {
  return new TollgateError('bad_setting', { field, reason: 'bad-issuer', message: `${field} ${what}.` });
}

function text(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '' || value.trim() !== value)
    throw bad(field, 'must be a non-empty string');
  return value;
}

function texts(value: unknown, field: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw bad(field, 'must not be empty');
  return list.map((item, index) => text(item, Array.isArray(value) ? `${field}[${index}]` : field));
}

function algorithms(value: unknown, field: string): Algorithm[] {
  if (value === undefined) return [...DEFAULT_ALGORITHMS];
  return texts(value, field).map((name) => {
    const known = ALGORITHMS.find((algorithm) => algorithm === name);
    if (known === undefined) throw bad(field, `may hold only ${ALGORITHMS.join(', ')}`);
    return known;
  });
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

function url(value: unknown, field: string): string {
  const written = text(value, field);
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  if (parsed === undefined || parsed.username !== '' || parsed.password !== '' || parsed.hash !== '')
    throw bad(field, 'must be a URL');
  // Keys fetched in clear text are anybody's keys.
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && LOOPBACK.has(parsed.hostname)))
    throw bad(field, 'must be https (http is accepted on loopback only)');
  return written;
}
