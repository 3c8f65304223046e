import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import {
  counterName,
  openAttribute,
  principalCounters,
  tenantCounters,
  totalAttribute,
} from '../../../../metering/budgets/counter-names.ts';
import { budgetStatus } from '../../../../metering/budgets/status.ts';
import { windowOf } from '../../../../metering/calendar.ts';
import { MONEY_SCALE } from '../../../../metering/money.ts';

const NOW = Date.UTC(2026, 10, 21, 9, 15, 30);
const DOLLAR = 10n ** BigInt(MONEY_SCALE);

const budget = (changes: Partial<Budget> = {}): Budget => ({
  id: 'day',
  per: 'tenant',
  period: 'day',
  unit: 'requests',
  limit: '100',
  enforcement: 'hard',
  ...changes,
});

/** What a counter holds: in all, and of it reserved. */
function counts(of: Budget, total: bigint, open: bigint, { model, at = NOW }: { model?: string; at?: number } = {}) {
  const name = counterName(of, windowOf(of.period, at), model);
  return [
    [totalAttribute(name), total],
    [openAttribute(7, name), open],
  ] as [string, bigint][];
}

const item = (numbers: [string, bigint][], principal?: string) => ({
  key: principal === undefined ? tenantCounters('acme') : principalCounters('acme', principal),
  counts: { numbers: new Map(numbers), sets: new Map() },
});

describe('the status of budgets', () => {
  test('is what is settled, reserved and left of the window that is open, and when it ends', () => {
    const monthly = budget({ id: 'monthly', period: 'month', unit: 'usd', limit: '10.5' });
    const items = [item(counts(monthly, 4n * DOLLAR, DOLLAR))];
    expect(budgetStatus([monthly], items, NOW)).toEqual([
      {
        budget: monthly,
        of: '',
        window: windowOf('month', NOW),
        limit: (105n * DOLLAR) / 10n,
        settled: 3n * DOLLAR,
        reserved: DOLLAR,
        left: (65n * DOLLAR) / 10n,
        percent: 28,
      },
    ]);
  });

  test('of which nothing was used is one counter of nothing', () => {
    const untouched = { settled: 0n, reserved: 0n, left: 100n, percent: 0 };
    expect(budgetStatus([budget()], [], NOW)).toMatchObject([{ of: '', ...untouched }]);
    expect(budgetStatus([budget({ per: 'model' })], [], NOW)).toMatchObject([{ of: null, ...untouched }]);
    const only = budget({ per: 'principal', only: 'app' });
    expect(budgetStatus([only], [], NOW)).toMatchObject([{ of: 'app', ...untouched }]);
  });

  test('per model and per principal has a counter for each that used any, by name', () => {
    const perModel = budget({ id: 'm', per: 'model' });
    const perPrincipal = budget({ id: 'p', per: 'principal' });
    const items = [
      item(counts(perPrincipal, 5n, 0n), 'zoe'),
      item([...counts(perModel, 2n, 1n, { model: 'nova' }), ...counts(perModel, 9n, 0n, { model: 'claude' })]),
      item(counts(perPrincipal, 7n, 7n), 'adam'),
    ];
    const rows = budgetStatus([perModel, perPrincipal], items, NOW);
    expect(rows.map(({ budget: { id }, of, settled, reserved }) => [id, of, settled, reserved])).toEqual([
      ['m', 'claude', 9n, 0n],
      ['m', 'nova', 1n, 1n],
      ['p', 'adam', 0n, 7n],
      ['p', 'zoe', 5n, 0n],
    ]);
  });

  test('for one name only has no counter of another', () => {
    const only = budget({ per: 'principal', only: 'app' });
    const items = [item(counts(only, 5n, 0n), 'other'), item(counts(only, 2n, 0n), 'app')];
    expect(budgetStatus([only], items, NOW)).toMatchObject([{ of: 'app', settled: 2n }]);
  });

  test('does not count another window, unit, scope or budget', () => {
    const items = [
      item([
        ...counts(budget(), 1n, 0n, { at: NOW - 86_400_000 }),
        ...counts(budget({ unit: 'tokens' }), 2n, 0n),
        ...counts(budget({ id: 'day-2' }), 4n, 0n),
        ...counts(budget(), 8n, 0n, { model: 'nova' }),
      ]),
      item(counts(budget(), 16n, 0n), 'app'),
    ];
    expect(budgetStatus([budget()], items, NOW)).toMatchObject([{ settled: 0n, left: 100n }]);
  });

  test.each([
    ['at the limit', '100', 100n, 0n, 100],
    ['beyond it, nothing is left', '100', 130n, 0n, 130],
    ['just below a percent', '1000', 9n, 991n, 0],
    ['of a limit of nothing', '0', 0n, 0n, 100],
  ])('%s', (_, limit, settled, left, percent) => {
    const one = budget({ limit });
    expect(budgetStatus([one], [item(counts(one, settled, 0n))], NOW)).toMatchObject([{ settled, left, percent }]);
  });
});
