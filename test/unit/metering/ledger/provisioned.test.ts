import { describe, expect, test } from 'vitest';
import type { FinishedUsage } from '../../../../contract/usage.ts';
import { aggregate } from '../../../../metering/ledger/aggregate.ts';
import { formatMoney } from '../../../../metering/money.ts';
import { book, finished, NINE, started } from '../support.ts';

const NOW = NINE + 7_200_000;
const HOUR = 3_600_000;
const PRICED = book([
  {
    id: 'nova-lite',
    prices: [
      { version: 'by-token', from: 0, usdPerMillion: { input: '1', output: '1' } },
      { version: 'old', from: 0, tier: 'provisioned', usdPerHour: '10' },
      { version: 'new', from: NINE + HOUR / 2, tier: 'provisioned', usdPerHour: '20' },
      { version: 'next', from: NINE + HOUR, tier: 'provisioned', usdPerHour: '99' },
      { version: 'eu', from: 0, tier: 'provisioned', region: 'eu-west-1', usdPerHour: '7' },
    ],
  },
]);

function bought(invocationId: string, tokens: [number, number], members: Partial<FinishedUsage> = {}): FinishedUsage {
  const [input, output] = tokens;
  const used = { input, output, cacheRead: 0, cacheWrite: 0 };
  return finished({ invocationId, tier: 'provisioned', tokens: used, ...members });
}

function bill(records: Parameters<typeof aggregate>[0]) {
  return aggregate(records, PRICED, NOW).rows.map(({ tenant, region, priceVersion, cost, unpriced }) => ({
    tenant,
    region,
    priceVersion,
    unpriced,
    cost: cost && [formatMoney(cost.input), formatMoney(cost.output)],
  }));
}

describe('an hour of bought capacity', () => {
  test('is divided among those who called, in proportion to their tokens', () => {
    expect(bill([bought('a', [100, 100]), bought('b', [300, 300], { tenant: 'globex' })])).toMatchObject([
      { tenant: 'acme', priceVersion: 'new', cost: ['2.5', '2.5'] },
      { tenant: 'globex', priceVersion: 'new', cost: ['7.5', '7.5'] },
    ]);
  });

  test('is paid for what was read from a cache or written to one, too, as input', () => {
    const cached = { input: 0, output: 100, cacheRead: 100, cacheWrite: 50, cacheWrite1h: 50 };
    expect(
      bill([bought('a', [0, 0], { tokens: cached }), bought('b', [100, 0], { tenant: 'globex' })]).map(
        ({ cost }) => cost,
      ),
    ).toEqual([
      ['10', '5'],
      ['5', '0'],
    ]);
  });

  test('adds up to its price exactly, however it divides', () => {
    const tenants = ['a', 'b', 'c'];
    const rows = aggregate(
      tenants.map((tenant) => bought(tenant, [1, 0], { tenant })),
      PRICED,
      NOW,
    ).rows;
    expect(rows.map(({ cost }) => formatMoney(cost?.input ?? 0n))).toEqual([
      '6.666666666666666667',
      '6.666666666666666667',
      '6.666666666666666666',
    ]);
  });

  test('has one price: the one in force when it ends, for calls before that price too', () => {
    const [row, ...others] = bill([bought('a', [1, 0]), bought('b', [1, 0], { at: NINE + HOUR - 1 })]);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ priceVersion: 'new', cost: ['20', '0'] });
  });

  test('is paid in each region where somebody called, at that region’s price', () => {
    const regions = ['eu-west-1', 'us-east-1', 'us-west-2'];
    expect(bill(regions.map((region) => bought(region, [1, 0], { region }))).map(({ cost }) => cost?.[0])).toEqual([
      '7',
      '20',
      '20',
    ]);
  });

  test('costs nothing where nobody called', () => {
    expect(bill([bought('a', [5, 5], { region: 'eu-west-1' })])).toMatchObject([
      { priceVersion: 'eu', cost: ['3.5', '3.5'] },
    ]);
  });

  test('is divided by calls where none has input or output tokens', () => {
    const images = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, images: 1 };
    expect(
      bill([
        bought('a', [0, 0], { tokens: images }),
        bought('b', [0, 0], { tokens: images }),
        bought('c', [0, 0], { tokens: images, tenant: 'globex' }),
      ]).map(({ cost }) => cost?.[0]),
    ).toEqual(['13.333333333333333333', '6.666666666666666667']);
  });

  test('is not paid by refused, retried or unfinished calls, nor by calls sold otherwise', () => {
    expect(
      bill([
        bought('a', [10, 0]),
        bought('b', [10, 0], { outcome: 'refused', tenant: 'globex' }),
        bought('c', [0, 0], { outcome: 'retried', tenant: 'globex' }),
        started({ invocationId: 'd', tenant: 'globex' }),
        finished({ invocationId: 'e', tenant: 'globex' }),
      ]),
    ).toMatchObject([
      { tenant: 'acme', cost: ['20', '0'] },
      { tenant: 'globex', priceVersion: 'by-token', cost: ['0.00001', '0.000005'] },
      { tenant: 'globex', priceVersion: 'new', cost: ['0', '0'] },
    ]);
  });

  test('without a price leaves its calls unpriced', () => {
    expect(bill([bought('a', [10, 0], { model: 'other' })])).toMatchObject([
      { priceVersion: '', unpriced: 1, cost: null },
    ]);
  });
});
