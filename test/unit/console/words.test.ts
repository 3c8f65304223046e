import { describe, expect, test } from 'vitest';
import { amount, count, instant, since, within } from '../../../console/ui/words.ts';

describe('an amount', () => {
  test.each([
    ['0', '$0.00'],
    ['1234.5', '$1,234.50'],
    ['0.5', '$0.50'],
    ['0.123', '$0.123'],
    ['0.07', '$0.07'],
    ['0.000123456', '$0.000123'],
    ['-2', '−$2.00'],
    ['-0.00012', '−$0.00012'],
    ['much', 'much'],
  ])('of %s USD is %s', (usd, shown) => expect(amount(usd)).toBe(shown));
});

test.each([
  [12345, '12,345'],
  ['9007199254740993', '9,007,199,254,740,992'],
  ['none', 'none'],
])('a count of %s is %s', (value, shown) => expect(count(value)).toBe(shown));

describe('how long ago', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  test.each([
    ['2026-01-01T00:00:20Z', 'now'],
    ['2025-12-31T23:57:00Z', '3 minutes ago'],
    ['2026-01-30T23:59:50Z', 'in 30 days'],
    ['2025-12-31T00:00:00Z', 'yesterday'],
    ['2028-01-01T00:00:00Z', 'in 2 years'],
  ])('%s: %s', (at, shown) => expect(since(new Date(at), now)).toBe(shown));

  test('is not said of what is no date', () => expect(instant('tomorrow')).toBeUndefined());
});

test.each([
  [2, 'in 2 s'],
  [59, 'in 59 s'],
  [90, 'in 2 minutes'],
  [3_984, 'in 1 hour'],
])('%d seconds from now: %s', (seconds, said) => expect(within(seconds)).toBe(said));
