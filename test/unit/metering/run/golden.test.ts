import { describe, expect, test } from 'vitest';
import type { UsageRecord } from '../../../../contract/usage.ts';
import { readCsv } from '../../../../metering/csv.ts';
import { MONEY_SCALE, parseMoney } from '../../../../metering/money.ts';
import { REPORT_COLUMNS } from '../../../../metering/report/report.ts';
import { timesTenTo } from '../../../../registry/decimal.ts';
import golden from '../../../cases/golden-report.json' with { type: 'json' };
import { aggregationOver, call, MemoryStore } from '../support.ts';

const at = Date.parse(golden.at);
const prices = golden.prices.map(({ id, input, output }) => ({
  id,
  prices: [{ version: '1', from: 0, usdPerMillion: { input: timesTenTo(input, 3), output: timesTenTo(output, 3) } }],
}));

/** Calls whose tokens add up to the totals, shared out as evenly as whole tokens allow. */
function callsOf(row: (typeof golden.expected)[number]): UsageRecord[] {
  const share = (total: number, i: number) =>
    Math.floor((total * (i + 1)) / row.invocations) - Math.floor((total * i) / row.invocations);
  return Array.from({ length: row.invocations }, (_, i) =>
    call({
      invocationId: `${row.tenant}-${row.model}-${i}`,
      at: at + i,
      tenant: row.tenant,
      model: row.model,
      costCenter: `cc-${row.tenant}`,
      principal: `principal-${i % 3}`,
      tokens: { input: share(row.input_tokens, i), output: share(row.output_tokens, i), cacheRead: 0, cacheWrite: 0 },
    }),
  ).flat();
}

async function report(): Promise<string> {
  const store = new MemoryStore();
  golden.expected.forEach((row, i) => {
    store.deliver(`dt=2026-11-21/hour=09/${i}`, callsOf(row));
  });
  await aggregationOver(store, { now: at + 7_200_000, prices }).run();
  return store.text('reports/2026-11-21.csv') ?? '';
}

/** Half up, to 5 decimals, in whole numbers. */
function toFive(amount: string): string {
  const unit = 10n ** BigInt(MONEY_SCALE - 5);
  const rounded = ((parseMoney(amount) ?? -1n) + unit / 2n) / unit;
  return `${rounded / 100_000n}.${String(rounded % 100_000n).padStart(5, '0')}`;
}

describe(`${golden.id}: ${golden.name}`, async () => {
  const csv = await report();
  const rows = readCsv(csv);

  test('the columns are the ones promised, in their order', () => {
    expect(csv.split('\r\n')[0]).toBe(
      'tenant_id,cost_center,model_id,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,' +
        'invocations,input_cost,output_cost,total_cost,unsettled,unpriced,estimated,estimated_cost',
    );
    expect(csv.split('\r\n')[0]).toBe(REPORT_COLUMNS.join(','));
  });

  test('there is one row per tenant, cost centre and model, sorted, and no other', () => {
    expect(rows.map(({ tenant_id, cost_center, model_id }) => [tenant_id, cost_center, model_id])).toEqual(
      golden.expected.map(({ tenant, model }) => [tenant, `cc-${tenant}`, model]),
    );
  });

  test.each(golden.expected)('$tenant $model', (expected) => {
    const row = rows.find(({ tenant_id, model_id }) => tenant_id === expected.tenant && model_id === expected.model);
    expect(row).toMatchObject({
      input_tokens: String(expected.input_tokens),
      output_tokens: String(expected.output_tokens),
      cache_read_tokens: '0',
      cache_write_tokens: '0',
      invocations: String(expected.invocations),
      unsettled: '0',
      unpriced: '0',
    });
    expect(toFive(row?.input_cost ?? '')).toBe(expected.input_cost);
    expect(toFive(row?.output_cost ?? '')).toBe(expected.output_cost);
  });

  test('and the amounts themselves are exact, not rounded', () => {
    const amounts = rows.map((row) => [
      `${row.tenant_id}/${row.model_id}`,
      [row.input_cost, row.output_cost, row.total_cost],
    ]);
    expect(Object.fromEntries(amounts)).toEqual(golden.exact);
  });
});
