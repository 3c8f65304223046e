import {
  createHash,
  createHmac,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  type KeyPairKeyObjectResult,
  sign,
} from 'node:crypto';

/** Tokens as an issuer, or somebody who would like to be one, writes them: any header, any payload, any signature. */

/** Whole seconds since 1970 at which every test begins; far from the machine's own clock, which must not matter. */
export const NOW = 2_000_000_000;

export const ISSUER = 'https://issuer.example';

export interface TestKey {
  kid: string;
  /** What its type and curve are for. */
  alg: string;
  /** As the issuer publishes it. */
  jwk: JsonWebKey & Record<string, unknown>;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

function testKey(kid: string, alg: string, { privateKey, publicKey }: KeyPairKeyObjectResult): TestKey {
  return { kid, alg, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid } };
}

export const rsaKey = (kid: string, modulusLength = 2048) =>
  testKey(kid, 'RS256', generateKeyPairSync('rsa', { modulusLength }));
export const ecKey = (kid: string, namedCurve: string, alg: string) =>
  testKey(kid, alg, generateKeyPairSync('ec', { namedCurve }));
export const edKey = (kid: string) => testKey(kid, 'EdDSA', generateKeyPairSync('ed25519'));

export type Signer = (input: string) => Buffer;

/** Signs as `alg` says, whether or not the key is for it. `forged` needs no private key at all. */
export function signer(alg: string, { privateKey, publicKey }: TestKey): Signer {
  switch (alg) {
    case 'HS256':
      // The public key's text as if it were a shared secret.
      return (input) =>
        createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' }))
          .update(input)
          .digest();
    case 'EdDSA':
      return (input) => sign(null, Buffer.from(input), privateKey);
    case 'forged':
      return paddedDigest;
    default:
      return (input) => sign(`sha${alg.slice(2)}`, Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  }
}

/**
 * EMSA-PKCS1-v1_5 over SHA-256 for 2,048 bits (RFC 8017 section 9.2). For a key whose exponent is 1 this already is the
 * signature.
 */
function paddedDigest(input: string): Buffer {
  const info = Buffer.from('3031300d060960864801650304020105000420', 'hex');
  const digest = createHash('sha256').update(input).digest();
  const filler = Buffer.alloc(256 - 3 - info.length - digest.length, 0xff);
  return Buffer.concat([Buffer.from([0, 1]), filler, Buffer.from([0]), info, digest]);
}

export const b64 = (data: string | Uint8Array): string => Buffer.from(data).toString('base64url');

/** The three segments over the two texts exactly as given. */
export function segments(header: string | Uint8Array, payload: string | Uint8Array, sign: Signer) {
  const [first, second] = [b64(header), b64(payload)];
  return { header: first, payload: second, signature: b64(sign(`${first}.${second}`)) };
}

export function goodClaims(): Record<string, unknown> {
  return { iss: ISSUER, aud: 'tollgate', sub: 'service-1', tenant: 'acme', iat: NOW - 10, exp: NOW + 900 };
}

/** A good token of `key`, with members of payload and header replaced; undefined removes one. */
export function token(key: TestKey, claims: object = {}, header: object = {}): string {
  const parts = segments(
    JSON.stringify({ alg: key.alg, typ: 'at+jwt', kid: key.kid, ...header }),
    JSON.stringify({ ...goodClaims(), ...claims }),
    signer(key.alg, key),
  );
  return `${parts.header}.${parts.payload}.${parts.signature}`;
}
