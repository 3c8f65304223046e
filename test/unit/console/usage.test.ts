import { describe, expect, test } from 'vitest';
import { csvOf } from '../../../console/csv.ts';
import { DAYS_MAX, daysOf, eachDay } from '../../../console/days.ts';
import { barsByDay, barsByModel } from '../../../console/views/usage/bars.ts';
import { csvColumns, grouped, MEASURES, type Row, totalsOf } from '../../../console/views/usage/rows.ts';

/** Late in the day: where the reader is it may be tomorrow. */
const NOW = Date.UTC(2026, 2, 1, 23, 59);

describe('days that can be chosen', () => {
  test.each([
    ['today', {}, '2026-03-01', '2026-03-01'],
    ['7d', {}, '2026-02-23', '2026-03-01'],
    ['30d', {}, '2026-01-31', '2026-03-01'],
    ['month', {}, '2026-03-01', '2026-03-01'],
    ['last-month', {}, '2026-02-01', '2026-02-28'],
    ['days', { from: '2026-02-10', to: '2026-02-12' }, '2026-02-10', '2026-02-12'],
    ['days', { from: '2026-02-12', to: '2026-02-10' }, '2026-02-10', '2026-02-12'],
    ['days', { from: 'x', to: '2026-13-99' }, '2026-03-01', '2026-03-01'],
    ['nonsense', {}, '2026-02-23', '2026-03-01'],
  ])('%s with %j is from %s to %s', (range, given, from, to) => {
    expect(daysOf(range, NOW, given)).toEqual({ from, to });
  });

  test('each of them is there once, a bounded number', () => {
    expect(eachDay({ from: '2026-02-27', to: '2026-03-02' })).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
      '2026-03-02',
    ]);
    expect(eachDay({ from: '1970-01-01', to: '2026-03-01' })).toHaveLength(DAYS_MAX);
  });
});

const row = (day: string, model: string, cost: string | null, more: Partial<Row> = {}): Row => ({
  ...{ day, model, tokens: { input: 10, output: 5, cache_read: 3, reasoning: 4 }, invocations: 2 },
  ...{ input_cost: cost, output_cost: cost === null ? null : '0', total_cost: cost, unsettled: 0, estimated: 0 },
  ...{ unpriced: cost === null ? 2 : 0, ...more },
});

const [COST, CALLS, TOKENS] = MEASURES;

describe('usage as it is shown', () => {
  test('bars are by day, also of days without a call, parted by the models that cost most and all others', () => {
    const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((model, at) => row('2026-03-01', model, String(7 - at)));
    const { series, bars } = barsByDay(rows, ['2026-02-28', '2026-03-01'], COST);
    expect(series).toEqual(['a', 'b', 'c', 'd', 'e', 'Others']);
    expect(bars).toEqual([
      { label: '02-28', values: [0, 0, 0, 0, 0, 0] },
      { label: '03-01', values: [7, 6, 5, 4, 3, 3] },
    ]);
    expect(barsByModel(rows, CALLS).bars[0]).toEqual({ label: 'a', values: [2] });
  });

  test('reasoning is part of the output, and is not counted twice', () => {
    expect(TOKENS.of(row('2026-03-01', 'a', '1'))).toBe(18);
  });

  test('what has no price adds nothing to a cost, and a cost of it alone is not known', () => {
    const both = [row('2026-03-01', 'a', '1.5'), row('2026-03-01', 'b', null)];
    expect(totalsOf(both)).toMatchObject({ cost: 1.5, calls: 4, input: 26, output: 10, unpriced: 2 });
    expect(totalsOf(both.slice(1)).cost).toBeNull();
    expect(totalsOf([]).cost).toBe(0);
  });

  test('rows are put together by what is asked, and written down as exactly as they came', () => {
    const rows = [row('2026-03-01', 'a', '0.00000114'), row('2026-03-02', 'a', null)];
    expect(grouped(rows, 'model').map(({ name, rows: some }) => [name, some.length])).toEqual([['a', 2]]);
    const [head, one, other] = csvOf(csvColumns(['day', 'model'], rows), rows).split('\r\n');
    expect(head).toBe(
      'day,model,invocations,input_tokens,output_tokens,cache_read_tokens,reasoning_tokens,input_cost,output_cost,total_cost,unpriced,unsettled,estimated',
    );
    expect(one).toBe('2026-03-01,a,2,10,5,3,4,0.00000114,0,0.00000114,0,0,0');
    expect(other).toBe('2026-03-02,a,2,10,5,3,4,,,,2,0,0');
  });
});
