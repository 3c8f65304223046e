import { describe, expect, test } from 'vitest';
import type { CompactToken } from '../../../authorizer/bearer.ts';
import type { KeySource } from '../../../authorizer/keys.ts';
import { createVerifier } from '../../../authorizer/verify.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import { ecKey, ISSUER, NOW, token } from './tokens.ts';
import { SETTINGS } from './world.ts';

const key = ecKey('own', 'P-256', 'ES256');

/** A verifier whose issuer's keys are had, or not, as `find` says. */
function verifierWith(find: () => ReturnType<KeySource['find']>) {
  const [settings] = parseIssuers([SETTINGS]);
  if (settings === undefined) throw new Error('no issuer');
  return createVerifier({
    issuers: new Map([[ISSUER, { settings, keys: { find, reach: async () => {} } }]]),
    clock: () => NOW * 1000,
  });
}

const published = async () => [
  { kid: 'own', algorithms: ['ES256'] as const, jwk: { kty: 'EC', ...key.jwk }, key: key.publicKey },
];

function compact(text: string): CompactToken {
  const [header = '', payload = '', signature = ''] = text.split('.');
  return { text, header, payload, signature };
}

const verify = (text: string, find: () => ReturnType<KeySource['find']> = published) =>
  verifierWith(find)(compact(text));

describe('a token', () => {
  test('that verifies is given with its issuer, its claims and its end', async () => {
    const found = await verify(token(key));
    expect(found.issuer.issuer).toBe(ISSUER);
    expect(found.claims).toMatchObject({ sub: 'service-1', tenant: 'acme' });
    expect(found.exp).toBe(NOW + 900);
  });

  test.each([
    ['J2: with a claim that the library dislikes has not verified', token(key, { jti: 5 }), 'not-verified'],
    ['J2: signed by somebody else has a wrong signature', token(ecKey('own', 'P-256', 'ES256')), 'signature'],
  ])('%s', async (_name, text, reason) => {
    await expect(verify(text)).rejects.toMatchObject({ code: 'unauthenticated', reason, detail: { issuer: ISSUER } });
  });

  test.each([[5], [null], [[ISSUER]], [undefined]])(
    'J10: of the issuer %j is of no issuer, and asks for no key',
    async (iss) => {
      const asked: string[] = [];
      const find = () => {
        asked.push('keys');
        return published();
      };
      const refusal = await verify(token(key, { iss }), find).catch((thrown: unknown) => thrown);
      expect(refusal).toMatchObject({ code: 'unauthenticated', reason: 'issuer', detail: undefined });
      expect(asked).toEqual([]);
    },
  );
});

describe('keys that cannot be had', () => {
  test('J14: make it undecided, with the time to come back, the issuer and what was the matter', async () => {
    const cause = new TollgateError('unavailable', { reason: 'jwks-unreachable', retryAfterSeconds: 7 });
    await expect(verify(token(key), () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'jwks-unreachable',
      retryAfterSeconds: 7,
      detail: { issuer: ISSUER },
      cause,
    });
  });

  test('by a fault of ours are that fault, unchanged', async () => {
    const fault = new TypeError('not ours to hide');
    await expect(verify(token(key), () => Promise.reject(fault))).rejects.toBe(fault);
  });
});
