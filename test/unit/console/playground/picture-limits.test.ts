import { expect, test } from 'vitest';
import { pictureFault } from '../../../../console/views/playground/picture-limits.ts';

test.each([
  ['what is no picture', 'text/plain', 1, 0, /no PNG/],
  ['one that is too large', 'image/png', 3_000_001, 0, /larger than 3 MB/],
  ['one that is too much beside those before it', 'image/png', 2, 2_999_999, /3 MB in all/],
])('%s is not taken: the gateway would refuse it, and each turn after it', (_, type, size, before, fault) => {
  expect(pictureFault({ type, size }, before)).toMatch(fault);
});

test('as much as fits into a request is taken', () => {
  expect(pictureFault({ type: 'image/webp', size: 1_000_000 }, 2_000_000)).toBeUndefined();
  // What the gateway takes, less a conversation of some length.
  expect((3_000_000 / 3) * 4).toBeLessThan(4_194_304 - 150_000);
});
