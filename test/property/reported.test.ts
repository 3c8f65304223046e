import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Groups } from '../../metering/report/groups.ts';
import { REPORT_PERIODS } from '../../metering/report/period.ts';
import { readReportCsv, reportCsv, reportRows } from '../../metering/report/report.ts';
import { namesKey, ReportedSums } from '../../metering/report/reported.ts';
import { usageRow } from '../unit/metering/usage-row.ts';

const name = fc.constantFrom('a', 'b', 'a,b', '"', '=x', "'=x", 'l\ni', '');
const count = fc.nat({ max: 1_000_000 });
/** Of every number of decimals. */
const money = fc.oneof(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.bigInt({ min: 0n, max: 10n ** 19n }));
const row = fc
  .record({
    ...{ tenant: name, costCenter: name, model: name },
    tokens: fc.record({ input: count.map(BigInt), output: count.map(BigInt), cacheWrite: count.map(BigInt) }),
    ...{ invocations: count, unsettled: count, estimated: count },
    cost: fc.option(fc.record({ input: money, output: money, estimated: money })),
  })
  .map((members) => usageRow({ ...members, unpriced: members.cost === null ? members.invocations : 0 }));

const days = fc.array(
  fc
    .tuple(fc.integer({ min: 20, max: 30 }), fc.array(row, { maxLength: 8 }))
    .map(([day, rows]) => [`2026-11-${day}`, rows] as const),
  { maxLength: 6 },
);
const grouping = fc.record({
  by: fc.uniqueArray(fc.constantFrom('tenant', 'cost-center', 'model')),
  period: fc.constantFrom(...REPORT_PERIODS),
});
const whose = fc.record(
  { tenant: name, model: name, tenants: fc.array(name).map((names) => new Set<string>(names)) },
  { requiredKeys: [] },
);

describe('days’ reports that are added up quickly', () => {
  test('come to what they come to row by row, to the last decimal, whatever they are grouped by and of whomever', () => {
    fc.assert(
      fc.property(days, grouping, whose, (all, { by, period }, { tenant, model, tenants }) => {
        const sums = new ReportedSums(by, { by, period }, { tenant, model, tenants });
        const [quick, slow] = [new Groups({ by, period }), new Groups({ by, period })];
        for (const [day, rows] of all) {
          const csv = reportCsv(reportRows(rows));
          sums.add(day, csv);
          const read = readReportCsv(csv, { tenant, model }).filter((one) => tenants?.has(one.tenant) ?? true);
          slow.add(
            day,
            read.map((one) => ({ refused: 0, failed: 0, ...one })),
          );
        }
        sums.into(quick);
        expect(quick.list()).toEqual(slow.list());
        expect(sums.size).toBe(quick.size);
        // Of some names alone it is the same, of these.
        const [first] = slow.by({ by, period: 'total' }).list();
        if (first === undefined) return;
        const some = new ReportedSums(
          by,
          { by, period },
          { tenant, model, tenants, names: new Set([namesKey(first.names)]) },
        );
        const these = new Groups({ by, period });
        for (const [day, rows] of all) some.add(day, reportCsv(reportRows(rows)));
        some.into(these);
        expect(these.list()).toEqual(slow.list().filter(({ names }) => namesKey(names) === namesKey(first.names)));
      }),
    );
  });

  test.each([
    ['a column that is not there', 'tenant_id,input_tokens\r\na,1\r\n', /no column/],
    ['a count that is none', reportCsv([usageRow()]).replace(',1,0,0,0,', ',x,0,0,0,'), /not a whole number/],
    [
      'an amount that is none',
      reportCsv([usageRow({ cost: { input: 7n, output: 0n } })]).replace('0.000000000000000007', '1e-9'),
      /not an amount/,
    ],
  ])('%s is told', (_, csv, said) => {
    expect(() => new ReportedSums(['model'], { by: ['model'], period: 'total' }, {}).add('2026-11-20', csv)).toThrow(
      said,
    );
  });
});
