import { expect, test } from 'vitest';
import { RECONCILED_LISTED } from '../../../../contract/limits/metering.ts';
import { keptOf, type ReconciliationReport } from '../../../../metering/bill/kept.ts';

test('of very many differences the greatest are kept, and the sums are of all', () => {
  const many = RECONCILED_LISTED + 7;
  const compared = Array.from({ length: many }, (_, i) => ({
    ...{ day: '2026-11-20', tenant: `t${i}`, model: 'm', measure: 'usd' as const },
    ...{ aws: 10n ** 18n * BigInt(i + 1), ours: 0n, difference: 10n ** 18n * BigInt(i + 1), percent: 100 },
    ...{ agrees: false, explained: false, unsettled: 0, unpriced: 0, estimated: 0 },
  }));
  const report: ReconciliationReport = {
    compared,
    ...{ elsewhere: [], mapped: [], unmapped: [], unseen: [], costCenters: [], otherBills: [] },
    ...{ days: ['2026-11-20'], tolerance: 1, rejected: { count: 0, listed: [] } },
    read: { lines: many, ours: many, elsewhere: 0, repeated: 0, skipped: {} },
  };
  const kept = keptOf(report, 0);
  expect(kept).toMatchObject({ id: '2026-11-20_2026-11-20', left: { tenants: 7, differing: 7, elsewhere: 0 } });
  expect([kept.differing.length, kept.tenants.length]).toEqual([RECONCILED_LISTED, RECONCILED_LISTED]);
  expect([kept.differing[0]?.tenant, kept.tenants[0]?.tenant]).toEqual([`t${many - 1}`, `t${many - 1}`]);
  expect(kept.usd.aws).toBe(String((many * (many + 1)) / 2));
  expect(kept.measures).toEqual({ agree: 0, differ: many, explained: 0 });
});
