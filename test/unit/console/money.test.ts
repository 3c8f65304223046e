import { describe, expect, test } from 'vitest';
import {
  barsByName,
  barsByPeriod,
  changeOf,
  daysIn,
  MEASURES,
  periodFor,
  shareOf,
  withEmptyDays,
} from '../../../console/views/money/bars.ts';
import type { Row } from '../../../console/views/money/report.ts';

const [COST, CALLS, TOKENS] = MEASURES;

const row = (period: string, tenant: string, total: string | null, more: Partial<Row> = {}): Row => ({
  ...{ period, tenant, tokens: { input: 5, output: 2, cacheRead: 1, cacheWrite: 1 }, invocations: 3 },
  cost: total === null ? null : { input: total, output: '0', total, estimated: '0' },
  ...{ unsettled: 0, unpriced: 0, estimated: 0, ...more },
});

describe('bars of periods', () => {
  const rows = ['a', 'b', 'c', 'd', 'e', 'f'].map((name, i) => row('2026-11-20', name, String(6 - i)));

  test('are parted by the largest names, and what is beyond them, or had no room, is one part more', () => {
    // 30 is more than the rows that are told add up to.
    const { series, bars } = barsByPeriod(rows, [row('2026-11-20', '', '30')], ['tenant'], COST);
    expect(series).toEqual(['a', 'b', 'c', 'd', 'e', 'Others']);
    expect(bars).toEqual([{ label: '11-20', values: [6, 5, 4, 3, 2, 10] }]);
  });

  test('have no such part where nothing is beyond, whatever decimals in numbers add up to', () => {
    const some = [row('2026-11-20', 'a', '0.1'), row('2026-11-20', 'b', '0.2')];
    const { series, bars } = barsByPeriod(some, [row('2026-11-20', '', '0.3')], ['tenant'], COST);
    expect([series, bars[0]?.values]).toEqual([
      ['b', 'a'],
      [0.2, 0.1],
    ]);
  });

  test('stand for each day, also for one without a call', () => {
    const days = withEmptyDays([row('2026-11-21', '', '1')], ['2026-11-20', '2026-11-21']);
    expect(barsByPeriod([row('2026-11-21', 'a', '1')], days, ['tenant'], COST).bars).toEqual([
      { label: '11-20', values: [0] },
      { label: '11-21', values: [1] },
    ]);
  });

  test.each([
    [1, 'day'],
    [45, 'day'],
    [46, 'week'],
    [214, 'week'],
    [215, 'month'],
  ])('%d days are bars of a %s', (days, period) => {
    expect(periodFor(days)).toBe(period);
  });
});

test('bars of names are the first dozen, and a name that is none is a dash', () => {
  const rows = Array.from({ length: 20 }, (_, i) => row('', i === 0 ? '' : `t${i}`, null));
  const { bars } = barsByName(rows, ['tenant'], CALLS);
  expect([bars.length, bars[0]?.label, bars[1]]).toEqual([12, '–', { label: 't1', values: [3] }]);
  expect(barsByName(rows, ['tenant'], TOKENS).bars[0]?.values).toEqual([9]);
});

test.each([
  ['1', '1.5', '+50 %'],
  ['2', '1.9', '−5.0 %'],
  ['1', '1', '0.0 %'],
  ['0', '5', undefined],
  [null, '5', undefined],
  ['5', null, undefined],
])('from %s to %s is a change of %s', (before, now, change) => {
  expect(changeOf(before, now)).toBe(change);
});

test('a share is of what is priced, and none where that is nothing or not known', () => {
  const of = (part: string | null, whole: string | null) => shareOf(row('', 'a', part), row('', '', whole));
  expect([of('1', '4'), of(null, '4'), of('0', '0'), of('1', null)]).toEqual([25, undefined, undefined, undefined]);
  expect(shareOf(row('', 'a', '1'), null)).toBeUndefined();
});

test('days are counted with the first and the last', () => {
  expect(daysIn({ from: '2026-02-27', to: '2026-03-01' })).toBe(3);
});
