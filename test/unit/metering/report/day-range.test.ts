import { expect, test } from 'vitest';
import { dayRange } from '../../../../metering/report/day-range.ts';

const NAMES = { from: 'from', to: 'to' };

test.each([
  ['2026-11-29', '2026-12-01', ['2026-11-29', '2026-11-30', '2026-12-01']],
  // The day after it has a year of five digits.
  ['9999-12-31', '9999-12-31', ['9999-12-31']],
  ['0000-01-01', '0000-01-02', ['0000-01-01', '0000-01-02']],
])('from %s to %s are as many days as there are, at either end of the calendar', (from, to, days) => {
  expect(dayRange(from, to, NAMES)).toEqual(days);
});
