import { describe, expect, test } from 'vitest';
import { isKeyId, verificationKey } from '../../../authorizer/jwk.ts';
import { RSA_MAX_BITS } from '../../../contract/limits/authorizer.ts';
import { ecKey, edKey, rsaKey } from './tokens.ts';

const rsa = rsaKey('rsa').jwk;
const ec = ecKey('ec', 'P-256', 'ES256').jwk;
const ed = edKey('ed').jwk;

/** An odd modulus of so many bits; whether it has factors does not matter to who reads it. */
function modulus(bits: number): string {
  const bytes = Buffer.alloc(bits / 8, 0xff);
  return bytes.toString('base64url');
}

describe('a published key is for', () => {
  test.each([
    ['every RSA algorithm when it names none', rsa, ['RS256', 'RS384', 'RS512']],
    ['the one algorithm that it names', { ...rsa, alg: 'RS384' }, ['RS384']],
    ['the algorithm of its curve', ec, ['ES256']],
    ['EdDSA on Ed25519', ed, ['EdDSA']],
    ['signatures when it says so', { ...ed, use: 'sig', key_ops: ['verify'] }, ['EdDSA']],
  ])('%s', (_, jwk, algorithms) => {
    expect(verificationKey(jwk)?.algorithms).toEqual(algorithms);
  });
});

describe('a published key is dropped', () => {
  test.each([
    ['of another use', { ...rsa, use: 'enc' }],
    ['of an empty use', { ...rsa, use: '' }],
    ['of other operations', { ...rsa, key_ops: ['encrypt'] }],
    ['of operations that are no list', { ...rsa, key_ops: 'verify' }],
    ['of an algorithm that is not its type', { ...rsa, alg: 'ES256' }],
    ['of an algorithm for encryption', { ...rsa, alg: 'RSA-OAEP' }],
    ['of an algorithm that is not its curve', { ...ec, alg: 'ES384' }],
    ['of a shared-secret algorithm', { ...rsa, alg: 'HS256' }],
    ['of an algorithm that is no string', { ...rsa, alg: ['RS256'] }],
    ['on a curve that signs nothing here', { ...ec, crv: 'secp256k1' }],
    ['for key agreement', { ...ed, crv: 'X25519' }],
    ['whose point is not on its curve', { ...ec, x: ec.y }],
    ['without an id', { ...rsa, kid: undefined }],
    ['with an id that no token may name', { ...rsa, kid: '../rsa' }],
    ['without a type', { ...rsa, kty: undefined }],
    ['of a type that every object has', { ...rsa, kty: 'constructor' }],
    ['without its modulus', { ...rsa, n: undefined }],
    ['with a modulus that is no string', { ...rsa, n: 5 }],
    ['with its private half', { ...rsa, d: 'AQAB' }],
    ['with exponent 1', { ...rsa, e: 'AQ' }],
    ['with an even exponent', { ...rsa, e: 'AQAA' }],
    ['with a modulus above the bound', { ...rsa, n: modulus(RSA_MAX_BITS + 8) }],
    ['with a modulus below the bound', { ...rsa, n: modulus(2_040) }],
    ['that is a list', [rsa]],
    ['that is null', null],
    ['that is a string', 'rsa'],
  ])('%s', (_, value) => {
    expect(verificationKey(value)).toBeNull();
  });

  test('and not when its modulus is as long as the bounds', () => {
    for (const bits of [2_048, RSA_MAX_BITS])
      expect(verificationKey({ ...rsa, n: modulus(bits) }), `${bits} bits`).not.toBeNull();
  });
});

test.each([
  ['abc-DEF_123', true],
  ['GvnPApfWMdLRi8PDmisFn7bprKg=', true],
  ['https://issuer.example/keys/2026-11', true],
  ['a.b', true],
  ['a..b', false],
  ['', false],
  ['a b', false],
  ['a\n', false],
  ['a"', false],
  ['k'.repeat(256), true],
  ['k'.repeat(257), false],
])('the key id %j is accepted: %s', (id, accepted) => {
  expect(isKeyId(id)).toBe(accepted);
});
