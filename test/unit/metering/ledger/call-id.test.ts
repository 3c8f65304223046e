import { describe, expect, test } from 'vitest';
import { placeOf, readId, WORDS } from '../../../../metering/ledger/call-id.ts';

function wordsOf(id: string): number[] {
  const words = new Uint32Array(WORDS);
  readId(id, words);
  return [...words];
}

const UUID = '018f2b3c-6f1c-7f0e-9a51-6f1c4f0e9a5b';

describe('the 128 bits that stand for an id', () => {
  test('of a UUID are its own', () => {
    expect(wordsOf(UUID)).toEqual([0x018f2b3c, 0x6f1c7f0e, 0x9a516f1c, 0x4f0e9a5b]);
  });

  test.each([
    UUID.toUpperCase(),
    UUID.replaceAll('-', ''),
    `${UUID} `,
    UUID.replace('018f', '018g'),
    UUID.replace('-6f1c', '6-f1c'),
    UUID.replace('-', '0'),
    'call-1',
  ])('of %j, which is none of ours, are of its hash: it is not taken for the UUID', (id) => {
    expect(wordsOf(id)).not.toEqual(wordsOf(UUID));
    expect(wordsOf(id)).toEqual(wordsOf(id));
  });

  test('lie apart in the table even if they begin alike, as those of one moment do', () => {
    const slots = new Set<number>();
    for (let i = 0; i < 1_024; i++) {
      const [a = 0, b = 0, c = 0, d = 0] = wordsOf(UUID.slice(0, -3) + i.toString(16).padStart(3, '0'));
      slots.add(placeOf(a, b, c, d) % 4_096);
    }
    // Of 1,024 thrown at random into 4,096, about 906 are alone or the first in theirs.
    expect(slots.size).toBeGreaterThan(850);
  });
});
