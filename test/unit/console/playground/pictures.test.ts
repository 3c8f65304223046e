import { expect, test } from 'vitest';
import { picturesOf } from '../../../../console/views/playground/pictures.ts';

test.each([
  ['notes.txt', 'text/plain', 1, 0, 'notes.txt is no PNG, JPEG, GIF or WebP picture.'],
  ['large.png', 'image/png', 3_000_001, 0, 'large.png is larger than 3 MB.'],
  ['second.png', 'image/png', 2, 2_999_999, /^second\.png is too much: .* 3 MB in all\.$/],
])('%s of %s is not taken that the gateway would refuse', async (name, type, bytes, shown, fault) => {
  const { pictures, faults } = await picturesOf([new File([new Uint8Array(bytes)], name, { type })], shown);
  expect(pictures).toEqual([]);
  expect(faults).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)]);
});
