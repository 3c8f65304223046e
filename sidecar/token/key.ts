import {
  createHash,
  createPrivateKey,
  type JsonWebKey,
  type KeyObject,
  type webcrypto,
  X509Certificate,
} from 'node:crypto';
import { TokenFault } from './fault.ts';

export interface SigningKey {
  key: webcrypto.CryptoKey;
  /** A JWK's own. */
  kid: string | undefined;
  /** Of the certificate that stands beside the key in a PEM file: SHA-256, base64url. */
  thumbprint: string | undefined;
}

/** RFC 7518 section 3.1, RFC 8037: the curve says which. */
const CURVES: Readonly<Record<string, webcrypto.EcKeyImportParams>> = {
  'P-256': { name: 'ECDSA', namedCurve: 'P-256' },
  'P-384': { name: 'ECDSA', namedCurve: 'P-384' },
  'P-521': { name: 'ECDSA', namedCurve: 'P-521' },
};
const RSA = /^(?<way>RS|PS)(?<bits>256|384|512)$/;

/**
 * @param text PEM (PKCS #8, PKCS #1 or SEC 1), with its certificate or without; or a JWK
 * @throws TokenFault `bad-key`, which says nothing of the key
 */
export async function privateKeyOf(text: string): Promise<SigningKey> {
  try {
    if (!text.startsWith('{')) {
      const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text)?.[0];
      const pem = certificate === undefined ? text : text.replace(certificate, '');
      const thumbprint = certificate === undefined ? undefined : thumbprintOf(certificate);
      // Entra's word for a certificate's assertion is PS256; for all others RS256 is the one that every issuer has.
      const key = await imported(createPrivateKey(pem), certificate === undefined ? 'RS256' : 'PS256');
      return { key, kid: undefined, thumbprint };
    }
    const jwk = JSON.parse(text) as JsonWebKey & { kid?: unknown; alg?: unknown };
    const key = await imported(createPrivateKey({ key: jwk, format: 'jwk' }), String(jwk.alg ?? 'RS256'));
    return { key, kid: typeof jwk.kid === 'string' ? jwk.kid : undefined, thumbprint: undefined };
  } catch {
    throw new TokenFault('bad-key');
  }
}

function imported(object: KeyObject, rsa: string): Promise<webcrypto.CryptoKey> {
  const { alg: _, ...jwk } = object.export({ format: 'jwk' });
  const named = RSA.exec(rsa)?.groups;
  const algorithm =
    jwk.kty === 'RSA'
      ? { name: named?.way === 'PS' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5', hash: `SHA-${named?.bits ?? '256'}` }
      : (CURVES[jwk.crv ?? ''] ?? { name: jwk.crv ?? '' });
  return crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']);
}

function thumbprintOf(certificate: string): string {
  return createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
}
