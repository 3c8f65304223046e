import { describe, expect, test } from 'vitest';
import { checkClaims, checkHeader, clientOf } from '../../../authorizer/claims.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import type { Json } from '../../../contract/json.ts';
import { TOKEN_TIME_MAX_SECONDS } from '../../../contract/limits/contract.ts';
import { SETTINGS } from './world.ts';

const NOW_SECONDS = 1_800_000_000;

function issuerOf(settings: object = {}) {
  const [issuer] = parseIssuers([{ ...SETTINGS, ...settings }]);
  if (issuer === undefined) throw new Error('no issuer');
  return issuer;
}

function checked(claims: Record<string, Json>, settings: object = {}): number {
  const header = checkHeader({ alg: 'RS256', kid: 'k', typ: 'at+jwt' }, issuerOf(settings));
  const all = { aud: 'tollgate', exp: NOW_SECONDS + 1, ...claims };
  return checkClaims(all, header, issuerOf(settings), NOW_SECONDS * 1000);
}

describe('times', () => {
  test('J5: an exp is accepted up to the last one that is a time', () => {
    expect(checked({ exp: TOKEN_TIME_MAX_SECONDS })).toBe(TOKEN_TIME_MAX_SECONDS);
    expect(() => checked({ exp: TOKEN_TIME_MAX_SECONDS + 1 })).toThrow(expect.objectContaining({ reason: 'exp' }));
  });
});

describe('the kind of a token', () => {
  test.each([
    ['at+application/jwt', 'typ'],
    ['application/application/jwt', 'typ'],
  ])('J6: is not read out of the middle of %s', (typ, reason) => {
    expect(() => checkHeader({ alg: 'RS256', kid: 'k', typ }, issuerOf())).toThrow(expect.objectContaining({ reason }));
  });
});

describe('the client', () => {
  test.each<[string, Record<string, Json>]>([
    ['it names none', {}],
    ['it is no text', { client_id: 5 }],
    ['it is a list', { client_id: ['client-1'] }],
    ['the one claim is no text, whatever the other says', { client_id: null, azp: 'client-1' }],
  ])('is nobody’s when %s', (_name, claims) => {
    expect(clientOf(claims, issuerOf())).toBe('');
  });
});

describe('a claim that must be there', () => {
  const settings = { claims: { department: true } };

  test('may be any text', () => {
    expect(checked({ department: 'x' }, settings)).toBe(NOW_SECONDS + 1);
  });

  test.each<[string, Record<string, Json>]>([
    ['missing', {}],
    ['empty', { department: '' }],
    ['no text', { department: true }],
  ])('is refused when it is %s', (_name, claims) => {
    expect(() => checked(claims, settings)).toThrow(expect.objectContaining({ reason: 'claim-value' }));
  });
});
