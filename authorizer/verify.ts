import { JwtInvalidSignatureError } from 'aws-jwt-verify/error';
import { verifyJwtSync } from 'aws-jwt-verify/jwt-verifier';
import { asTollgateError, isTollgateError, TollgateError } from '../contract/errors.ts';
import type { TrustedIssuer } from '../contract/issuer.ts';
import { parseJsonObject } from '../contract/json.ts';
import type { Clock } from '../contract/log.ts';
import type { CompactToken } from './bearer.ts';
import { checkClaims, checkHeader, type Members } from './claims.ts';
import type { TrustMap } from './issuers.ts';
import type { VerificationKey } from './jwk.ts';

/** A token whose signature, issuer, audience, times and kind hold. */
export interface VerifiedToken {
  issuer: TrustedIssuer;
  /** Every claim as the issuer signed it. */
  claims: Members;
  /** Seconds since 1970, with up to three decimals; later than the moment of the check. */
  exp: number;
}

/**
 * @throws TollgateError `unauthenticated`, or `unavailable` when the issuer's keys cannot be had; its `detail.issuer` is
 *   the trusted issuer that the token named, absent when it named none. Nothing of the token's own text is in the error.
 */
export type Verify = (token: CompactToken) => Promise<VerifiedToken>;

/**
 * Token verification: our own checks (claims.ts), the issuer's key, then aws-jwt-verify for signature, issuer and
 * audience. Nothing is remembered about a token: API Gateway caches the answer, and a second cache would outlive it.
 */
export function createVerifier({ issuers, clock }: { issuers: TrustMap; clock: Clock }): Verify {
  return async (token) => {
    // Both parts are read strictly before the library reads them loosely, so the two cannot see different members.
    const header = decode(token.header, 'header');
    const claims = decode(token.payload, 'payload');
    // Stryker disable next-line ConditionalExpression: a map of texts has nothing else; for the types.
    const trust = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined;
    if (trust === undefined) throw new TollgateError('unauthenticated', { reason: 'issuer' });
    const issuer = trust.settings;
    try {
      const checked = checkHeader(header, issuer);
      // Before the key is asked for: a stale token must not make us fetch.
      checkClaims(claims, checked, issuer, clock());
      checkSignature(token, await trust.keys.find(checked.kid, checked.alg), issuer);
      // Again, because the keys may have taken seconds to come.
      const exp = checkClaims(claims, checked, issuer, clock());
      return { issuer, claims, exp };
    } catch (thrown) {
      throw withIssuer(thrown, issuer);
    }
  };
}

function decode(segment: string, field: string): Members {
  try {
    return parseJsonObject(Buffer.from(segment, 'base64url'), field);
  } catch (thrown) {
    // Without the cause: its message quotes the token.
    throw new TollgateError('unauthenticated', { reason: `${field}-${asTollgateError(thrown).reason}` });
  }
}

/** @param keys those that fit the token's header; one of them must have signed it */
function checkSignature(token: CompactToken, keys: readonly VerificationKey[], issuer: TrustedIssuer): void {
  const failures = new Set<string>();
  for (const key of keys) {
    const failure = failureOf(token, key, issuer);
    if (failure === undefined) return;
    failures.add(failure);
  }
  throw new TollgateError('unauthenticated', { reason: failures.has('signature') ? 'signature' : 'not-verified' });
}

/** @returns undefined when the token is this key's */
function failureOf(
  token: CompactToken,
  { jwk, key }: VerificationKey,
  { issuer, audience }: TrustedIssuer,
): 'signature' | 'not-verified' | undefined {
  try {
    // The key object was made when the set was read; the library's own cache of them is keyed by id, and would keep
    // trusting a key after another one took over its id.
    // Infinite grace: the library reads the machine's clock, while ours is passed in and stricter.
    verifyJwtSync(token.text, jwk, { issuer, audience, graceSeconds: Number.POSITIVE_INFINITY }, () => key);
    return undefined;
  } catch (thrown) {
    // Whatever else it throws (a signature of impossible length, a claim of a type it dislikes), it has not verified.
    return thrown instanceof JwtInvalidSignatureError ? 'signature' : 'not-verified';
  }
}

function withIssuer(thrown: unknown, { issuer }: TrustedIssuer): unknown {
  if (!isTollgateError(thrown)) return thrown;
  const { code, reason, retryAfterSeconds } = thrown;
  return new TollgateError(code, { reason, retryAfterSeconds, detail: { issuer }, cause: thrown });
}
