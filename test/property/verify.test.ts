import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { bearerToken } from '../../authorizer/bearer.ts';
import { decodeContext, readContext } from '../../contract/context.ts';
import { isTollgateError } from '../../contract/errors.ts';
import { TOKEN_MAX_CHARS } from '../../contract/limits/contract.ts';
import {
  b64,
  ecKey,
  edKey,
  goodClaims,
  NOW,
  rsaKey,
  segments,
  signer,
  type TestKey,
  token,
} from '../unit/authorizer/tokens.ts';
import {
  bearer,
  createWorld,
  entries,
  eventOf,
  json,
  SETTINGS,
  statusOf,
  type World,
} from '../unit/authorizer/world.ts';

const keys = { RS256: rsaKey('rsa'), ES256: ecKey('ec', 'P-256', 'ES256'), EdDSA: edKey('ed') };
const all = Object.values(keys);
const aKey = fc.constantFrom(...all);

let world: World;
beforeAll(() => {
  world = createWorld({
    issuers: [{ ...SETTINGS, rolesClaim: 'roles' }],
    answer: () => json({ keys: all.map(({ jwk }) => jwk) }),
    tenants: [entries('acme')],
  });
});

const status = (text: string) => statusOf(world, bearer(text));

describe('a valid token', () => {
  const good = new Map<TestKey, string>(all.map((key) => [key, token(key)]));
  const goodOf = (key: TestKey) => good.get(key) ?? '';

  test('is allowed', async () => {
    for (const key of all) expect(await status(goodOf(key))).toBe(200);
  });

  test('with any one character replaced by any other never verifies', async () => {
    await fc.assert(
      fc.asyncProperty(aKey, fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), async (key, at, character) => {
        const text = goodOf(key);
        const index = at % text.length;
        fc.pre(text[index] !== character);
        expect(await status(text.slice(0, index) + character + text.slice(index + 1))).toBe(401);
      }),
      { numRuns: 1_000 },
    );
  });

  test('with any one bit of a decoded segment flipped never verifies', async () => {
    await fc.assert(
      fc.asyncProperty(aKey, fc.nat(2), fc.nat(), fc.nat(7), async (key, segment, at, bit) => {
        const parts = goodOf(key).split('.');
        const bytes = Buffer.from(parts[segment] ?? '', 'base64url');
        const index = at % bytes.length;
        bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
        parts[segment] = b64(bytes);
        expect(await status(parts.join('.'))).toBe(401);
      }),
      { numRuns: 1_000 },
    );
  });

  test('with a piece cut out, doubled or inserted never verifies', async () => {
    const piece = fc.record({ from: fc.nat(), length: fc.integer({ min: 1, max: 40 }) });
    await fc.assert(
      fc.asyncProperty(aKey, piece, fc.constantFrom('cut', 'double', 'insert'), async (key, { from, length }, how) => {
        const text = goodOf(key);
        const start = from % text.length;
        const end = Math.min(text.length, start + length);
        const middle = { cut: '', double: text.slice(start, end).repeat(2), insert: 'A'.repeat(length) }[how] ?? '';
        const changed = text.slice(0, start) + middle + text.slice(how === 'insert' ? start : end);
        fc.pre(changed !== text);
        expect(await status(changed)).toBe(401);
      }),
      { numRuns: 500 },
    );
  });

  test('with segments exchanged between two valid tokens never verifies', async () => {
    const others = all.map((key) => token(key, { sub: 'service-2' }));
    await fc.assert(
      fc.asyncProperty(aKey, fc.constantFrom(...others), fc.integer({ min: 1, max: 6 }), async (key, other, mask) => {
        const mine = goodOf(key).split('.');
        const theirs = other.split('.');
        const mixed = mine.map((part, index) => (mask & (1 << index) ? theirs[index] : part)).join('.');
        fc.pre(mixed !== other && mixed !== goodOf(key));
        expect(await status(mixed)).toBe(401);
      }),
    );
  });
});

describe('a signed token', () => {
  const numeric = fc.oneof(
    fc.integer({ min: NOW - 100, max: NOW + 100 }),
    fc.double({ min: NOW - 100, max: NOW + 100 }),
    fc.double(),
    fc.constantFrom(0, -1, 2 ** 53, 1e308, NOW * 1000),
  );

  test('is allowed exactly when its times are in range and around now, and never for longer than it says', async () => {
    await fc.assert(
      fc.asyncProperty(numeric, numeric, numeric, async (exp, nbf, iat) => {
        const written = [exp, nbf, iat].map((time) => JSON.parse(JSON.stringify(time)));
        const ahead = (time: unknown) => typeof time === 'number' && time > 0 && time <= NOW + 60;
        const expected =
          typeof written[0] === 'number' &&
          written[0] * 1000 >= NOW * 1000 + 1 &&
          written[0] <= 253_402_300_799 &&
          ahead(written[1]) &&
          ahead(written[2]);
        const text = token(keys.EdDSA, { exp, nbf, iat });
        expect(await status(text)).toBe(expected ? 200 : 401);
        if (!expected) return;
        const { context } = await world.authorize(bearer(text));
        expect(decodeContext(readContext(context), NOW * 1000).exp).toBeLessThanOrEqual(exp);
      }),
      { numRuns: 500 },
    );
  });

  test('with any JSON for any claim is answered, never undecided and never with another tenant', async () => {
    const name = fc.constantFrom(...Object.keys(goodClaims()), 'nbf', 'roles', 'azp', 'client_id', 'token_use', 'typ');
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (claim, value) => {
        const text = token(keys.EdDSA, { [claim]: value });
        const answer = await statusOf(world, bearer(text));
        expect([200, 401, 403]).toContain(answer);
        if (answer === 200) {
          const { context } = await world.authorize(bearer(text));
          expect(context.tenant).toBe('acme');
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('with any JSON for a header member that decides is refused', async () => {
    const name = fc.constantFrom('alg', 'kid', 'typ', 'crit', 'b64', 'jwk', 'jku', 'x5u', 'x5c');
    await fc.assert(
      fc.asyncProperty(name, fc.jsonValue(), async (member, value) => {
        expect(await status(token(keys.EdDSA, {}, { [member]: value }))).toBe(401);
      }),
      { numRuns: 500 },
    );
  });

  test('of any bytes for a payload is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (payload) => {
        const header = JSON.stringify({ alg: 'EdDSA', kid: 'ed' });
        const parts = segments(header, payload, signer('EdDSA', keys.EdDSA));
        expect(await status(`${parts.header}.${parts.payload}.${parts.signature}`)).toBe(401);
      }),
    );
  });
});

describe('the keys of a set', () => {
  const pairs = [rsaKey('x'), rsaKey('x'), ecKey('x', 'P-256', 'ES256'), edKey('x')];
  const kid = fc.constantFrom('a', 'b');
  const published = fc.record({ pair: fc.nat(pairs.length - 1), kid, named: fc.boolean() });

  test('are tried if they fit the id and the algorithm that the token names, every one, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(published, { maxLength: 6 }),
        fc.nat(pairs.length - 1),
        kid,
        fc.constantFrom('RS256', 'RS512'),
        async (set, signing, id, rsaAlg) => {
          const signed = pairs[signing] as TestKey;
          const alg = signed.alg === 'RS256' ? rsaAlg : signed.alg;
          const jwks = set.map(({ pair, kid, named }) => {
            const { jwk, alg: own } = pairs[pair] as TestKey;
            return { ...jwk, kid, ...(named ? { alg: own } : {}) };
          });
          const own = createWorld({
            issuers: [{ ...SETTINGS, algorithms: ['RS256', 'RS512', 'ES256', 'EdDSA'] }],
            answer: () => json({ keys: jwks }),
            tenants: [entries('acme')],
          });
          const header = JSON.stringify({ alg, typ: 'at+jwt', kid: id });
          const parts = segments(header, JSON.stringify(goodClaims()), signer(alg, signed));
          const fits = set.some((key) => key.pair === signing && key.kid === id && (!key.named || alg === signed.alg));
          const text = `${parts.header}.${parts.payload}.${parts.signature}`;
          expect(await statusOf(own, bearer(text))).toBe(fits ? 200 : 401);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('an Authorization header', () => {
  const anyHeader = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ maxLength: 300 }).map((text) => `Bearer ${text}`),
    fc.stringMatching(/^[A-Za-z0-9_-]{0,9}(\.[A-Za-z0-9_=-]{0,9}){0,4}$/).map((text) => `bearer ${text}`),
  );

  test('yields three strict segments that spell the token, or is refused as unauthenticated', () => {
    fc.assert(
      fc.property(anyHeader, (value) => {
        let parsed: ReturnType<typeof bearerToken>;
        try {
          parsed = bearerToken(eventOf({ Authorization: [value] }));
        } catch (error) {
          expect(isTollgateError(error, 'unauthenticated')).toBe(true);
          return;
        }
        const { text, header, payload, signature } = parsed;
        expect(`${header}.${payload}.${signature}`).toBe(text);
        expect(value.slice(7)).toBe(text);
        for (const part of [header, payload, signature]) {
          expect(part).not.toBe('');
          expect(b64(Buffer.from(part, 'base64url'))).toBe(part);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('of any length above the bound is refused for its length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (more) => {
        const value = `Bearer ${'a'.repeat(TOKEN_MAX_CHARS - 7 + more)}`;
        expect(() => bearerToken(eventOf({ Authorization: [value] }))).toThrow('header-too-long');
      }),
      { numRuns: 20 },
    );
  });
});
