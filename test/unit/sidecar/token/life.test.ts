import { expect, test } from 'vitest';
import { heldToken } from '../../../../sidecar/token/life.ts';

const claims = (exp: number): string => `e.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.s`;

test.each([
  ['in its claims', { token: claims(9_999_999_999_999) }],
  ['in more claims than a number has', { token: claims(1e308) }],
  ['by its issuer', { token: 'opaque', expiresIn: 1e300 }],
])('a token whose end is later than any date, %s, has one that can be told', (_, got) => {
  const { expiresAt } = heldToken({ askedAt: Date.now(), ...got });
  expect(new Date(expiresAt).toISOString()).toBe('+275760-09-13T00:00:00.000Z');
});
