import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTollgateError } from '../../contract/errors.ts';
import { keyText, newKeyId, newKeySecret, parseKey } from '../../registry/gateway-keys/format.ts';
import { assertWithin, canonicalNetwork, isWithin } from '../../registry/gateway-keys/networks.ts';

/** What the documentation gives to scanners of code. */
const PATTERN = /\btg_[a-z0-9]{12}[A-Za-z0-9]{46}\b/;

const made = fc.nat().map(() => ({ id: newKeyId(randomInt), secret: newKeySecret(randomInt) }));
const LETTERS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];

describe('a key', () => {
  test('is read back as it was made, and found by the pattern wherever it stands', () => {
    fc.assert(
      fc.property(made, (key) => {
        const text = keyText(key);
        expect(parseKey(text)).toEqual(key);
        expect(PATTERN.exec(`TOKEN="${text}"\n`)?.[0]).toBe(text);
      }),
    );
  });

  test('with any one character changed, left out, put in, or two of them the other way round, is none', () => {
    fc.assert(
      fc.property(made, fc.nat(60), fc.constantFrom(...LETTERS), (key, at, letter) => {
        const text = keyText(key);
        const [before, here = '', after] = [text.slice(0, at), text[at], text.slice(at + 1)];
        const others = [before + letter + after, before + after, before + letter + here + after];
        const next = after[0] ?? '';
        others.push(before + next + here + after.slice(1));
        for (const other of others) if (other !== text) expect(parseKey(other)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('is nothing that was not made as one, whatever it is', () => {
    const form = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 58, maxLength: 58 }).map((s) => `tg_${s}`);
    fc.assert(
      fc.property(
        fc.oneof(
          form,
          fc.string(),
          fc.string().map((s) => `tg_${s}`),
        ),
        (text) => parseKey(text) === undefined,
      ),
    );
  });

  // What is written into code that reads it must be made the same way for ever.
  test('has the checksum that the documentation says', () => {
    expect(keyText({ id: 'q3k9v0x2m7ap', secret: '0123456789abcdefghijABCDEFGHIJ0123456789' })).toBe(
      'tg_q3k9v0x2m7ap0123456789abcdefghijABCDEFGHIJ01234567891oqjlI',
    );
  });
});

describe('networks', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['203.0.113.7', '203.0.113.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::/0', '::/0'],
    ['10.0.0.1/8', undefined],
    ['2001:db8::1/32', undefined],
    ['10.0.0.0/33', undefined],
    ['::/129', undefined],
    ['10.0.0.0/08', undefined],
    ['10.0.0.0/', undefined],
    ['10.0.0.0/-1', undefined],
    ['10.0.0.0/8/8', undefined],
    ['010.0.0.0/8', undefined],
    ['10.0.0/8', undefined],
    ['fe80::1%eth0', undefined],
    ['example.com', undefined],
    ['', undefined],
    [' 10.0.0.0/8', undefined],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalNetwork(text)).toBe(canonical);
  });

  const address = fc.oneof(fc.ipV4(), fc.ipV6());

  test('hold what has their first bits, and nothing else', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), fc.ipV4(), (base, length, other) => {
        const number = (text: string): number => text.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
        const first = (text: string): number => Math.floor(number(text) / 2 ** (32 - length));
        const network = canonicalNetwork(`${base}/${length}`);
        fc.pre(network !== undefined);
        expect(isWithin([network], other)).toBe(first(other) === first(base));
        expect(isWithin([network], base)).toBe(true);
        expect(isWithin([network], `::ffff:${other}`)).toBe(first(other) === first(base));
      }),
    );
  });

  test('hold nothing that is no address, and refuse it without saying more than that', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.constantFrom(undefined, '', '127.0.0.1, 10.0.0.1', '127.0.0.1:80')),
        (text) => {
          fc.pre(text === undefined || canonicalNetwork(text) === undefined);
          expect(isWithin(['0.0.0.0/0', '::/0'], text)).toBe(false);
          try {
            assertWithin(['0.0.0.0/0', '::/0'], text);
            throw new Error('let in');
          } catch (error) {
            expect(isTollgateError(error, 'forbidden') && error.reason).toBe('key-network');
          }
        },
      ),
    );
    fc.assert(fc.property(address, (text) => isWithin(['0.0.0.0/0', '::/0'], text)));
  });
});
