import { describe, expect, test } from 'vitest';
import { aggregate } from '../../../../metering/ledger/aggregate.ts';
import { noTold, TOLD_COLUMNS } from '../../../../metering/ledger/told.ts';
import { readUsageCsv, USAGE_COLUMNS, usageCsv } from '../../../../metering/ledger/usage-file.ts';
import { readReportCsv, reportCsv, reportRows } from '../../../../metering/report/report.ts';
import { hourOf } from '../../../../metering/window.ts';
import { book, finished, NINE } from '../support.ts';

/** As it was written before the ledger knew tiers, further kinds and money beyond 15 decimals. */
const OLDER =
  'hour_start,tenant_id,principal,cost_center,model_id,region,price_version,input_tokens,output_tokens,' +
  'cache_read_tokens,cache_write_tokens,invocations,counted,refused,failed,estimated,unsettled,unpriced,' +
  'input_cost,output_cost,total_cost\r\n' +
  '2026-11-20T09:00:00Z,acme,acme-app,cc-1,nova-lite,us-east-1,2024-01,10,5,2,1,1,0,3,1,1,0,0,' +
  '0.000000000000001,0.0000012,0.000001200000001\r\n';

describe('the CSV of an hour', () => {
  test('has the columns of before in their places, and the new ones behind them', () => {
    expect(USAGE_COLUMNS.join()).toBe(
      `${OLDER.split('\r\n')[0]},tier,cache_write_1h_tokens,reasoning_tokens,images,embeddings,retried,estimated_cost,searches,account,calls,native_model,${TOLD_COLUMNS}`,
    );
  });

  test('of before is still read: on demand, and nothing of what it did not know', () => {
    const [row, ...others] = readUsageCsv(OLDER);
    expect(others).toEqual([]);
    expect(row).toEqual({
      tenant: 'acme',
      principal: 'acme-app',
      costCenter: 'cc-1',
      model: 'nova-lite',
      region: 'us-east-1',
      tier: 'on-demand',
      priceVersion: '2024-01',
      tokens: {
        input: 10n,
        output: 5n,
        cacheRead: 2n,
        cacheWrite: 1n,
        cacheWrite1h: 0n,
        reasoning: 0n,
        images: 0n,
        embeddings: 0n,
        searches: 0n,
        calls: 0n,
      },
      invocations: 1,
      counted: 0,
      refused: 3,
      failed: 1,
      retried: 0,
      estimated: 1,
      unsettled: 0,
      unpriced: 0,
      nativeModel: '',
      told: noTold(),
      cost: { input: 1_000n, output: 1_200_000_000_000n, estimated: 0n },
    });
  });

  test('of before and of now are one report', () => {
    const now = aggregate([finished({ principal: 'other' })], book(), NINE + 7_200_000).rows;
    const rows = reportRows([...readUsageCsv(OLDER), ...readUsageCsv(usageCsv(hourOf(NINE), now))]);
    expect(rows).toMatchObject([{ invocations: 2, tokens: { input: 20n } }]);
    expect(reportCsv(rows)).toContain(',0.000000600000001,0.0000024,0.000003000000001,');
  });

  test.each([
    ['a tier that there is not', ['tier', 'gratis']],
    ['images that are no number', ['images', '-1']],
    ['retries that are no number', ['retried', 'NaN']],
  ])('with %s is none of ours', (_, [column = '', value = '']) => {
    const csv = usageCsv(hourOf(NINE), aggregate([finished()], book(), NINE + 7_200_000).rows);
    const [head = '', line = ''] = csv.split('\r\n');
    const cells = line.split(',');
    cells[head.split(',').indexOf(column)] = value;
    expect(() => readUsageCsv(`${head}\r\n${cells.join()}\r\n`)).toThrow(column);
  });

  test('tells how much of its cost is of calls that were estimated, and is read so', () => {
    const records = [
      finished({ invocationId: 'told' }),
      finished({ invocationId: 'guessed', estimated: true, outcome: 'interrupted' }),
      finished({ invocationId: 'refused', estimated: true, outcome: 'refused' }),
      // Its model has no price, so neither has the estimate.
      finished({ invocationId: 'unpriced', estimated: true, model: 'new' }),
    ];
    const rows = readUsageCsv(usageCsv(hourOf(NINE), aggregate(records, book(), NINE + 7_200_000).rows));
    const one = 600_000_000_000n + 1_200_000_000_000n;
    expect(rows).toMatchObject([
      { model: 'new', estimated: 1, unpriced: 1, cost: null },
      { model: 'nova-lite', invocations: 2, estimated: 1, cost: { estimated: one } },
    ]);
    const report = reportCsv(reportRows(rows));
    expect(report.split('\r\n').map((line) => line.split(',').slice(10).join())).toEqual([
      'total_cost,unsettled,unpriced,estimated,estimated_cost',
      ',0,1,1,',
      '0.0000036,0,0,1,0.0000018',
      '',
    ]);
    expect(readReportCsv(report)).toEqual(reportRows(rows));
    // As it was written before the two columns were there.
    const before = report.replaceAll(/,[^,]*,[^,]*(?=\r\n)/g, '');
    expect(readReportCsv(before)).toMatchObject([{ estimated: 0, cost: null }, { cost: { estimated: 0n } }]);
  });

  test('a report has all cache writes in one column, and its columns are the promised ones alone', () => {
    const tokens = { input: 1, output: 1, cacheRead: 0, cacheWrite: 3, cacheWrite1h: 4 };
    const csv = reportCsv(reportRows(aggregate([finished({ tokens })], book(), NINE + 7_200_000).rows));
    expect(csv.split('\r\n')[1]).toBe('acme,cc-1,nova-lite,1,1,0,7,1,,,,0,1,0,');
    expect(readReportCsv(csv)).toMatchObject([{ tokens: { cacheWrite: 7n, cacheWrite1h: 0n } }]);
  });
});
