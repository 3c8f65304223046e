import { TollgateError } from '../contract/errors.ts';
import type { Algorithm, TrustedIssuer } from '../contract/issuer.ts';
import type { Json } from '../contract/json.ts';
import { CLOCK_SKEW_SECONDS } from '../contract/limits/authorizer.ts';
import { TOKEN_TIME_MAX_SECONDS } from '../contract/limits/contract.ts';
import { isKeyId } from './jwk.ts';

/**
 * The checks that aws-jwt-verify leaves to its caller. Pure; each refusal is `unauthenticated` with the reason named
 * beside it. None of them needs the signature: a token that fails here costs neither a key fetch nor a verification.
 */

export type Members = { readonly [name: string]: Json };

export interface TokenHeader {
  alg: Algorithm;
  kid: string;
  /** Whether the token calls itself an access token (RFC 9068 section 2.1). */
  isAccessToken: boolean;
}

/**
 * Members that would let the token choose its own key, or change what a signature covers. `crit` (RFC 7515 section
 * 4.1.11) obliges us to refuse what we do not understand, and we understand no extension; `b64` is RFC 7797.
 */
const FORBIDDEN = ['crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c'] as const;

/** RFC 7515 section 4.1.9: compared without regard to case, `application/` may be left out. */
const TYPES: ReadonlySet<Json> = new Set(['jwt', 'at+jwt']);

/**
 * Claims that only other kinds of token carry: an ID token's bindings to its authorization request (OpenID Connect Core
 * 1.0 sections 3.1.3.6, 3.3.2.11), and the events of a logout token (Back-Channel Logout 1.0 section 2.4). Most
 * providers mark neither in `typ`, and where an application is its own audience `aud` does not tell them apart.
 */
const NOT_OF_ACCESS_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events'] as const;

/**
 * @param header the decoded JOSE header
 * @throws TollgateError reason header-member | algorithm | kid | typ
 */
export function checkHeader(header: Members, issuer: TrustedIssuer): TokenHeader {
  if (FORBIDDEN.some((name) => Object.hasOwn(header, name))) throw refused('header-member');
  const alg = issuer.algorithms.find((name) => name === header.alg);
  if (alg === undefined) throw refused('algorithm');
  if (!isKeyId(header.kid)) throw refused('kid');
  const typ = typeOf(header.typ);
  if (typ !== undefined && !TYPES.has(typ)) throw refused('typ');
  return { alg, kid: header.kid, isAccessToken: typ === 'at+jwt' };
}

function typeOf(typ: Json | undefined): Json | undefined {
  return typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
}

/**
 * @param claims the decoded payload; its `iss` is the issuer's
 * @param now milliseconds since 1970
 * @returns `exp`, seconds since 1970 with up to three decimals, later than now
 * @throws TollgateError reason exp | expired | nbf | iat | audience | client | claim-value | groups-overage | token-use |
 *   token-kind
 */
export function checkClaims(claims: Members, header: TokenHeader, issuer: TrustedIssuer, now: number): number {
  const exp = checkTimes(claims, now);
  if (issuer.audience !== null && !isForUs(claims.aud, issuer.audience, issuer.audienceList)) throw refused('audience');
  if (issuer.clientIds !== null && !issuer.clientIds.includes(clientOf(claims, issuer))) throw refused('client');
  for (const [name, values] of issuer.requiredClaims) if (!hasValue(claims, name, values)) throw refused('claim-value');
  // Groups that are left out are not groups that the caller does not have.
  if (issuer.overageClaims.some((name) => Object.hasOwn(claims, name))) throw refused('groups-overage');
  checkKind(claims, header, issuer);
  return exp;
}

function checkTimes({ exp, nbf, iat }: Members, now: number): number {
  if (!isTime(exp)) throw refused('exp');
  // A NumericDate may have a fraction (RFC 7519 section 2). Cut to the clock's own unit, so that it never becomes later.
  const expMs = Math.floor(exp * 1000);
  // No skew: a token is refused from the very moment it names (section 4.1.4, "on or after").
  if (expMs <= now) throw refused('expired');
  const latest = now / 1000 + CLOCK_SKEW_SECONDS;
  if (nbf !== undefined && !(isTime(nbf) && nbf <= latest)) throw refused('nbf');
  if (iat !== undefined && !(isTime(iat) && iat <= latest)) throw refused('iat');
  return expMs / 1000;
}

function isTime(value: Json | undefined): value is number {
  return typeof value === 'number' && value > 0 && value <= TOKEN_TIME_MAX_SECONDS;
}

function isForUs(aud: Json | undefined, ours: readonly string[], listAllowed: boolean): boolean {
  if (typeof aud === 'string') return ours.includes(aud);
  if (!listAllowed || !Array.isArray(aud)) return false;
  const names = aud.filter((one) => typeof one === 'string');
  return names.length === aud.length && names.some((one) => ours.includes(one));
}

/**
 * RFC 9068 section 2.2 `client_id`; OpenID Connect and Entra ID write `azp`.
 *
 * @returns '' when the token names no client; it is nobody's id
 */
export function clientOf(claims: Members, { clientClaim }: TrustedIssuer): string {
  const name = clientClaim ?? (Object.hasOwn(claims, 'client_id') ? 'client_id' : 'azp');
  const client = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof client === 'string' ? client : '';
}

function hasValue(claims: Members, name: string, values: readonly string[] | null): boolean {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return typeof value === 'string' && value !== '' && (values === null || values.includes(value));
}

function checkKind(claims: Members, header: TokenHeader, issuer: TrustedIssuer): void {
  if (issuer.tokenUse !== null && claims.token_use !== issuer.tokenUse) throw refused('token-use');
  // An operator who asks for Cognito's ID tokens by name means it.
  if (issuer.tokenUse === 'id') return;
  // Cognito and Keycloak say in the payload that a token is an ID token.
  if (claims.token_use === 'id' || claims.typ === 'ID') throw refused('token-kind');
  if (!header.isAccessToken && NOT_OF_ACCESS_TOKENS.some((name) => Object.hasOwn(claims, name)))
    throw refused('token-kind');
}

function refused(reason: string): TollgateError {
  return new TollgateError('unauthenticated', { reason });
}
