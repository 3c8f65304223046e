import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PERIODS } from '../../../contract/budget.ts';
import { parseWindow, windowOf } from '../../../metering/calendar.ts';

const at = (text: string): number => Date.parse(text);

describe('the window of a moment', () => {
  test.each([
    ['minute', '2026-11-21T09:15:59.999Z', '2026-11-21T09:15', '2026-11-21T09:15Z', '2026-11-21T09:16Z'],
    ['day', '2026-11-21T23:59:59.999Z', '2026-11-21', '2026-11-21', '2026-11-22'],
    ['day', '2028-02-29T12:00Z', '2028-02-29', '2028-02-29', '2028-03-01'],
    ['week', '2026-11-22T23:59:59.999Z', '2026-W47', '2026-11-16', '2026-11-23'],
    ['week', '2026-11-23T00:00Z', '2026-W48', '2026-11-23', '2026-11-30'],
    // A week belongs to the year of its Thursday.
    ['week', '2021-01-03T12:00Z', '2020-W53', '2020-12-28', '2021-01-04'],
    ['week', '2024-12-30T00:00Z', '2025-W01', '2024-12-30', '2025-01-06'],
    ['week', '2027-01-01T00:00Z', '2026-W53', '2026-12-28', '2027-01-04'],
    ['month', '2028-02-29T23:59:59.999Z', '2028-02', '2028-02-01', '2028-03-01'],
    ['month', '2027-02-28T23:59:59.999Z', '2027-02', '2027-02-01', '2027-03-01'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12', '2026-12-01', '2027-01-01'],
  ] as const)('%s of %s is %s, from %s until %s', (period, moment, name, from, until) => {
    expect(windowOf(period, at(moment))).toEqual({ name, from: at(from), until: at(until) });
  });
});

const moments = fc.integer({ min: 0, max: at('2100-01-01') });

test.each(PERIODS)('every moment is in one %s, which the next one begins where it ends', (period) => {
  fc.assert(
    fc.property(moments, (moment) => {
      const window = windowOf(period, moment);
      expect(window.from).toBeLessThanOrEqual(moment);
      expect(window.until).toBeGreaterThan(moment);
      expect(windowOf(period, window.from)).toEqual(window);
      expect(windowOf(period, window.until - 1)).toEqual(window);
      expect(windowOf(period, window.until).from).toBe(window.until);
      expect(windowOf(period, window.until).name).not.toBe(window.name);
    }),
  );
});

test('a week begins on a Monday and has seven days', () => {
  fc.assert(
    fc.property(moments, (moment) => {
      const { from, until } = windowOf('week', moment);
      expect(new Date(from).getUTCDay()).toBe(1);
      expect(until - from).toBe(7 * 24 * 60 * 60 * 1000);
    }),
  );
});

test.each(PERIODS)('the name of a %s tells the whole window', (period) => {
  fc.assert(
    fc.property(fc.integer({ min: at('1971-01-01'), max: at('2100-01-01') }), (moment) => {
      const window = windowOf(period, moment);
      expect(parseWindow(window.name)).toEqual({ ...window, period });
    }),
  );
});

test('the first window of all is one, and a week that begins before it is none', () => {
  expect(parseWindow('1970-01-01T00:00')).toEqual({ ...windowOf('minute', 0), period: 'minute' });
  expect(parseWindow('1970-W01')).toBeUndefined();
});

test.each([
  ...[
    '',
    '2026',
    'x2026-W47',
    '2026-W47x',
    '2026-W471',
    '2026-13',
    '2026-02-30',
    '2026-W54',
    '2026-W00',
    '2025-W53',
    '2026-11-21T25:00',
    '2026-11-21T09',
  ],
  ...['2026-11-21T09:15:00', 'monthly', 'NaN-NaN', '2026-W4', '02026-11', '+12026-11'],
])('%j is the name of no window', (name) => {
  expect(parseWindow(name)).toBeUndefined();
});
