import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ecKey, edKey, goodClaims, ISSUER, rsaKey, type Signer, segments, signer, type TestKey } from './tokens.ts';
import { createWorld, entries, eventOf, JWKS_URI, json, SETTINGS, statusOf } from './world.ts';

/** How a case departs from a good token. Texts in braces are filled in: {header}, {payload}, {token}, ... */
interface TokenCase {
  id: string;
  name: string;
  input: {
    /** Whose key id, algorithm and signature; `signKey` signs instead of it. */
    key?: string;
    signKey?: string;
    sign?: string;
    header?: Record<string, unknown>;
    headerWithout?: string[];
    repeatKid?: number;
    claims?: Record<string, unknown>;
    claimsWithout?: string[];
    /** The whole decoded segment, as text or as bytes (one character each). */
    headerText?: string;
    payloadText?: string;
    headerBytes?: string;
    payloadBytes?: string;
    token?: string;
    headers?: Record<string, string[]>;
    settings?: Record<string, unknown>;
  };
  expected: { status: number; reason?: string };
}

const cases: TokenCase[] = JSON.parse(readFileSync(new URL('../../cases/token.json', import.meta.url), 'utf8'));

const rsa = rsaKey('rsa');
const second = rsaKey('second');
const published = (kid: string, members: object, key: TestKey = rsa): TestKey => ({
  ...key,
  kid,
  jwk: { ...key.jwk, kid, ...members },
});
const keys: Record<string, TestKey> = {
  rsa,
  second,
  stranger: rsaKey('stranger'),
  ec: ecKey('ec', 'P-256', 'ES256'),
  p384: ecKey('p384', 'P-384', 'ES384'),
  p521: ecKey('p521', 'P-521', 'ES512'),
  ed: edKey('ed'),
  weak: rsaKey('weak', 1024),
  'rsa-alg': published('rsa-alg', { alg: 'RS256' }),
  cognito: published('Ab+/cd12=', {}),
  'exponent-1': published('exponent-1', { e: 'AQ' }),
  'exponent-4': published('exponent-4', { e: 'BA' }),
  encryption: published('encryption', { use: 'enc' }),
  'sign-only': published('sign-only', { key_ops: ['sign'] }),
  published: published('published', rsa.privateKey.export({ format: 'jwk' })),
  twice: published('twice', {}),
  // One id for all four: an issuer that renews a key under its old name, or names keys by what they are for.
  'shared-a': rsaKey('shared'),
  'shared-b': rsaKey('shared'),
  'shared-c': published('shared', { alg: 'RS256' }, rsaKey('shared')),
  'shared-ec': ecKey('shared', 'P-256', 'ES256'),
};

/** Everything but what only an attacker or the second issuer has, with all sorts of rubbish among it. */
const keySet = {
  keys: [
    null,
    'rsa',
    { kty: 'RSA', kid: 'rsa' },
    { kty: 'RSA', kid: 'twice', n: '!!', e: 'AQAB' },
    { kty: 'EC', kid: 'ec', crv: 'P-256', x: 'AA', y: 'AA' },
    { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
    { kty: '__proto__', kid: 'rsa' },
    { ...rsa.jwk, kid: undefined },
    ...Object.values(keys)
      .filter((key) => key !== second && key !== keys.stranger)
      .map((key) => key.jwk),
  ],
};

function keyOf(name: string): TestKey {
  const found = keys[name];
  if (found === undefined) throw new Error(`no key ${name}`);
  return found;
}

function headersOf({ input }: TokenCase): Record<string, string[]> {
  const key = keyOf(input.key ?? 'rsa');
  const header: Record<string, unknown> = { alg: key.alg, typ: 'at+jwt', kid: key.kid, ...input.header };
  if (header.jwk === '{stranger}') header.jwk = keyOf('stranger').jwk;
  if (input.repeatKid !== undefined) header.kid = String(header.kid).repeat(input.repeatKid);
  for (const name of input.headerWithout ?? []) delete header[name];
  const claims: Record<string, unknown> = { ...goodClaims(), ...input.claims };
  for (const name of input.claimsWithout ?? []) delete claims[name];
  const sign: Signer = signer(input.sign ?? key.alg, keyOf(input.signKey ?? input.key ?? 'rsa'));
  const parts = segments(
    bytes(input.headerBytes) ?? input.headerText ?? JSON.stringify(header),
    bytes(input.payloadBytes) ?? input.payloadText ?? JSON.stringify(claims),
    sign,
  );
  const other = segments('{}', JSON.stringify({ ...claims, tenant: 'globex' }), sign);
  const fill = (template: string, values: Record<string, string>) =>
    template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
  const token = fill(input.token ?? '{header}.{payload}.{signature}', {
    ...parts,
    otherPayload: other.payload,
    loose: parts.signature.replace(/.$/, nextCharacter),
  });
  return Object.fromEntries(
    Object.entries(input.headers ?? { Authorization: ['Bearer {token}'] }).map(([name, values]) => [
      name,
      values.map((value) => fill(value, { token, long: `${token}.${'A'.repeat(8_192)}` })),
    ]),
  );
}

function bytes(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'latin1');
}

/** Decodes to the same bytes in a decoder that ignores unused bits. */
function nextCharacter(last: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return alphabet.charAt(alphabet.indexOf(last) + 1);
}

function worldOf({ input }: TokenCase) {
  return createWorld({
    issuers: [
      { ...SETTINGS, ...input.settings },
      { ...SETTINGS, issuer: 'https://second.example', jwksUri: 'https://second.example/keys' },
    ],
    answer: (url) => json(url.startsWith(ISSUER) ? keySet : { keys: [second.jwk] }),
    tenants: [entries('acme'), entries('globex'), entries('paused', { suspended: true })],
  });
}

describe.each(cases)('$id: $name', (one) => {
  test('is answered as expected, for the reason expected', async () => {
    const world = worldOf(one);
    const status = await statusOf(world, eventOf(headersOf(one)));
    const line = world.log.findLast(({ event }) => String(event).startsWith('authorizer-'));
    expect({ status, reason: line?.reason }).toEqual({ reason: undefined, ...one.expected });
    // Whatever the token says, keys are asked for only where the settings say.
    for (const url of world.fetched) expect([JWKS_URI, 'https://second.example/keys']).toContain(url);
    if (status === 401) expect(world.looked).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('leaves nothing of the token in the log', async () => {
    const world = worldOf(one);
    const headers = headersOf(one);
    await statusOf(world, eventOf(headers));
    const log = JSON.stringify(world.log);
    for (const segment of Object.values(headers).flat().join('.').split(/[ .]/))
      if (segment.length > 12) expect(log).not.toContain(segment);
    const kid = one.input.header?.kid;
    if (typeof kid === 'string' && kid.length > 2) expect(log).not.toContain(JSON.stringify(kid).slice(1, -1));
  });
});
