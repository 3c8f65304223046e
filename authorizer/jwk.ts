import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Jwk } from 'aws-jwt-verify/jwk';
import type { Algorithm } from '../contract/issuer.ts';
import { KID_MAX_CHARS, RSA_MAX_BITS, RSA_MIN_BITS } from '../contract/limits/authorizer.ts';

/** A public key that may verify tokens. */
export interface VerificationKey {
  kid: string;
  /** What the key may verify: its own `alg`, or all that its type and curve allow. */
  algorithms: readonly Algorithm[];
  /** Public members only. */
  jwk: Jwk;
  key: KeyObject;
}

/** Public members by key type (RFC 7518 section 6, RFC 8037 section 2). `oct` is missing: a shared secret is no key here. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
};

const RSA_ALGORITHMS: readonly Algorithm[] = ['RS256', 'RS384', 'RS512'];

/** One curve, one algorithm (RFC 7518 section 3.4): ES256 over P-384 would verify in OpenSSL, and is not a JWS. */
const CURVE_ALGORITHM: Readonly<Record<string, Algorithm>> = {
  'P-256': 'ES256',
  'P-384': 'ES384',
  'P-521': 'ES512',
  Ed25519: 'EdDSA',
  Ed448: 'EdDSA',
};

// Cognito's ids are base64 with `+`, `/` and `=`; others use hex, base64url, dates or URLs. No quotes, no white space,
// no control characters, and no `..`: whoever uses an id in a path or a line of text one day is safe as well.
const KID = /^(?!.*\.\.)[A-Za-z0-9_.~:+/=@-]+$/;

/** Whether `value` is a key id of the shape that is accepted in a token and in a key set. */
export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= KID_MAX_CHARS && KID.test(value);
}

/**
 * @param value one element of a JWKS's `keys` (RFC 7517 section 4)
 * @returns the key, or null when it must not verify anything: of another type or use, without a usable id, malformed,
 *   RSA outside RSA_MIN_BITS to RSA_MAX_BITS or with an exponent that is even or below 3
 */
export function verificationKey(value: unknown): VerificationKey | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const raw = value as Record<string, unknown>;
  const { kty, kid, use, key_ops: operations, alg } = raw;
  if (typeof kty !== 'string' || !isKeyId(kid)) return null;
  if (use !== undefined && use !== 'sig') return null;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return null;
  // The private half has been published: whoever read it can sign.
  if (raw.d !== undefined) return null;
  const members = publicMembers(kty, raw);
  if (members === null) return null;
  const key = keyObject({ kty, ...members });
  if (key === null || !isStrong(key)) return null;
  const able = kty === 'RSA' ? RSA_ALGORITHMS : [CURVE_ALGORITHM[members.crv ?? '']];
  const algorithms = able.filter((one) => one !== undefined && (alg === undefined || alg === one)) as Algorithm[];
  if (algorithms.length === 0) return null;
  return { kid, algorithms, key, jwk: { kty, kid, ...members, ...(typeof alg === 'string' ? { alg } : {}) } };
}

function publicMembers(kty: string, raw: Record<string, unknown>): Record<string, string> | null {
  const names = Object.hasOwn(MEMBERS, kty) ? MEMBERS[kty] : undefined;
  if (names === undefined) return null;
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = raw[name];
    if (typeof value !== 'string' || value === '') return null;
    picked[name] = value;
  }
  return picked;
}

function keyObject(jwk: JsonWebKey): KeyObject | null {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return null;
  }
}

function isStrong(key: KeyObject): boolean {
  if (key.asymmetricKeyType !== 'rsa') return true;
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  // With exponent 1 the signature is the padded message itself, which anyone can write.
  return (
    modulusLength >= RSA_MIN_BITS && modulusLength <= RSA_MAX_BITS && publicExponent >= 3n && publicExponent % 2n === 1n
  );
}
