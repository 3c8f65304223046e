import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TIERS, TOKEN_KINDS } from '../../contract/usage.ts';
import { DIMENSIONS, type Group, Groups, totalOf } from '../../metering/report/groups.ts';
import { REPORT_PERIODS } from '../../metering/report/period.ts';
import { usageRow } from '../unit/metering/usage-row.ts';

const name = fc.constantFrom('a', 'b', 'a,b', '"', '=x', '');
const count = fc.nat({ max: 1_000 });
const amount = fc.bigInt({ min: 0n, max: 10n ** 30n });

const row = fc
  .record({
    tenant: name,
    principal: name,
    costCenter: name,
    model: name,
    region: name,
    tier: fc.constantFrom(...TIERS),
    tokens: fc.record({ input: amount, output: amount, images: amount }),
    invocations: count,
    unsettled: count,
    cost: fc.record({ input: amount, output: amount, estimated: amount }),
    isUnpriced: fc.boolean(),
  })
  .map(({ isUnpriced, ...members }) =>
    isUnpriced
      ? usageRow({ ...members, cost: null, unpriced: members.invocations })
      : usageRow({ ...members, cost: members.invocations > 0 ? members.cost : { input: 0n, output: 0n } }),
  );

const day = fc
  .integer({ min: 0, max: 800 })
  .map((n) => new Date(Date.UTC(2025, 11, 20) + n * 86_400_000).toISOString().slice(0, 10));

const grouping = fc.record({
  by: fc.uniqueArray(fc.constantFrom(...DIMENSIONS)),
  period: fc.constantFrom(...REPORT_PERIODS),
});

function sums(groups: readonly Group[]) {
  const sum = (of: (group: Group) => bigint) => groups.reduce((total, group) => total + of(group), 0n);
  return {
    tokens: TOKEN_KINDS.map((kind) => sum(({ tokens }) => tokens[kind])),
    cost: sum((group) => totalOf(group) ?? 0n),
    counts: (['invocations', 'unsettled', 'unpriced', 'estimated'] as const).map((of) =>
      sum((group) => BigInt(group[of])),
    ),
  };
}

describe('a grouping', () => {
  test('however it is made, and in whatever order rows come, its groups add up to the whole', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(day, row), { maxLength: 40 }), grouping, (rows, how) => {
        const whole = new Groups({ by: [], period: 'total' });
        const parts = new Groups(how);
        const reversed = new Groups(how);
        for (const [date, one] of rows) {
          whole.add(date, [one]);
          parts.add(date, [one]);
        }
        for (const [date, one] of rows.toReversed()) reversed.add(date, [one]);
        expect(sums(parts.list())).toEqual(sums(whole.list()));
        expect(reversed.list()).toEqual(parts.list());
        const keys = parts.list().map(({ period, names }) => JSON.stringify([period, names]));
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});
