import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKOFF, ENDS_EARLY_MAX_MS, RENEW_PAUSE_MS, RETRY_AFTER_MAX_MS } from '../../contract/limits/tokens.ts';
import { backoffMs, renewAfterMs, usableMs } from '../../sidecar/token/schedule.ts';

/** From a second to a month. */
const life = fc.integer({ min: 1_000, max: 2_678_400_000 });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a token is renewed while it can be used, and no longer used before it ends', () => {
  fc.assert(
    fc.property(life, random, (ms, chance) => {
      expect(usableMs(ms)).toBeLessThan(ms);
      expect(usableMs(ms)).toBeGreaterThanOrEqual(ms - ENDS_EARLY_MAX_MS);
      // A try again, at the least, fits in what is left.
      expect(renewAfterMs(ms, () => chance)).toBeLessThanOrEqual(usableMs(ms) * 0.75);
      expect(renewAfterMs(ms, () => chance)).toBeGreaterThanOrEqual(RENEW_PAUSE_MS);
    }),
  );
});

test('one that lives for 3 s is renewed, and used, within the 2 s that a count in whole seconds leaves it', () => {
  expect(usableMs(3_000)).toBeLessThanOrEqual(2_000);
});

test('one that has ended cannot be used, and is not asked for without a pause', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1_000_000, max: 0 }), (ms) => {
      expect(usableMs(ms)).toBeLessThanOrEqual(0);
      expect(renewAfterMs(ms, () => 0)).toBe(RENEW_PAUSE_MS);
    }),
  );
});

test('each failure doubles the pause, half of it by chance, up to a bound; what the issuer asks for is waited for, up to another', () => {
  const reasons = fc.constantFrom('refused' as const, 'unreachable' as const);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), reasons, random, (failures, reason, chance) => {
      const { firstMs, mostMs } = BACKOFF[reason];
      const most = Math.min(firstMs * 2 ** (failures - 1), mostMs);
      const ms = backoffMs(failures, { reason, retryAfterMs: undefined }, () => chance);
      expect(ms).toBeGreaterThanOrEqual(most / 2);
      expect(ms).toBeLessThanOrEqual(most);
      const asked = backoffMs(failures, { reason, retryAfterMs: 200_000 }, () => chance);
      expect(asked).toBeGreaterThanOrEqual(200_000);
      expect(backoffMs(failures, { reason, retryAfterMs: 86_400_000 }, () => chance)).toBe(RETRY_AFTER_MAX_MS);
    }),
  );
});
