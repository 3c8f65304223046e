import { describe, expect, test } from 'vitest';
import { Groups, totalOf } from '../../../../metering/report/groups.ts';
import { moversOf } from '../../../../metering/report/movers.ts';
import { daysBefore, periodOf, periodsOf } from '../../../../metering/report/period.ts';
import { usageRow } from '../usage-row.ts';

const UNIT = 10n ** 18n;

describe('the period of a day', () => {
  test.each([
    ['2026-11-21', '2026-11-21', '2026-W47', '2026-11'],
    ['2026-11-22', '2026-11-22', '2026-W47', '2026-11'],
    ['2026-11-23', '2026-11-23', '2026-W48', '2026-11'],
    ['2024-12-30', '2024-12-30', '2025-W01', '2024-12'],
    ['2027-01-01', '2027-01-01', '2026-W53', '2027-01'],
    ['2028-02-29', '2028-02-29', '2028-W09', '2028-02'],
  ])('%s is in day %s, week %s and month %s', (date, day, week, month) => {
    expect((['day', 'week', 'month', 'total'] as const).map((period) => periodOf(date, period))).toEqual([
      day,
      week,
      month,
      '',
    ]);
  });

  test('a period without usage is in the list too, and each once', () => {
    expect(periodsOf(['2026-11-21', '2026-11-22', '2026-11-23'], 'week')).toEqual(['2026-W47', '2026-W48']);
  });

  test('the days before are as many, just before', () => {
    expect(daysBefore(['2026-03-01', '2026-03-02', '2026-03-03'])).toEqual(['2026-02-26', '2026-02-27', '2026-02-28']);
    expect(daysBefore([])).toEqual([]);
  });
});

describe('groups', () => {
  test('add up by what was asked for, and by nothing else', () => {
    const groups = new Groups({ by: ['tenant', 'tier'], period: 'month' });
    groups.add('2026-10-31', [usageRow({ tenant: 'acme', model: 'a' }), usageRow({ tenant: 'acme', model: 'b' })]);
    groups.add('2026-11-01', [usageRow({ tenant: 'acme', tier: 'batch' })]);
    expect(groups.list().map(({ period, names, invocations }) => [period, ...names, invocations])).toEqual([
      ['2026-10', 'acme', 'on-demand', 2],
      ['2026-11', 'acme', 'batch', 1],
    ]);
  });

  test('a cost that is not known adds nothing, and stays unknown where nothing else is known', () => {
    const groups = new Groups({ by: ['model'], period: 'total' });
    groups.add('2026-11-21', [
      usageRow({ model: 'priced', cost: { input: UNIT, output: 2n * UNIT } }),
      usageRow({ model: 'priced', unpriced: 1, cost: null }),
      usageRow({ model: 'unpriced', unpriced: 1, cost: null }),
      usageRow({ model: 'unsettled', invocations: 0, unsettled: 1, cost: null }),
      usageRow({ model: 'refused', invocations: 0, refused: 3, cost: { input: 0n, output: 0n } }),
    ]);
    expect(groups.list().map((group) => [group.names[0], totalOf(group), group.unpriced, group.unsettled])).toEqual([
      ['priced', 3n * UNIT, 1, 0],
      ['unpriced', null, 1, 0],
      ['unsettled', null, 0, 1],
    ]);
  });

  test('names that hold a separator are not mixed up', () => {
    const groups = new Groups({ by: ['tenant', 'principal'], period: 'total' });
    groups.add('2026-11-21', [
      usageRow({ tenant: 'a","b', principal: 'c' }),
      usageRow({ tenant: 'a', principal: 'b","c' }),
    ]);
    expect(groups.list()).toHaveLength(2);
  });
});

describe('what moved', () => {
  const over = (costs: Record<string, bigint | null>) => {
    const groups = new Groups({ by: ['model'], period: 'total' });
    for (const [model, cost] of Object.entries(costs))
      groups.add('2026-11-21', [
        usageRow({ model, unpriced: cost === null ? 1 : 0, cost: cost === null ? null : { input: cost, output: 0n } }),
      ]);
    return groups.list();
  };

  test('is sorted by size, whichever way; what came or went counts whole, what is not known does not count', () => {
    const movers = moversOf(
      over({ up: 30n, same: 5n, came: 7n, unknown: null }),
      over({ up: 10n, same: 5n, gone: 40n, unknown: 3n }),
      10,
    );
    expect(movers).toEqual([
      { names: ['gone'], before: 40n, now: 0n, change: -40n },
      { names: ['up'], before: 10n, now: 30n, change: 20n },
      { names: ['came'], before: 0n, now: 7n, change: 7n },
    ]);
    expect(moversOf(over({ a: 1n, b: 2n }), [], 1)).toHaveLength(1);
  });
});
