import { describe, expect, test } from 'vitest';
import { type CurLine, type CurRecord, isCurColumn, readCurLine } from '../../../../metering/bill/cur-line.ts';
import { type Names, OTHER_MODELS, Reconciliation } from '../../../../metering/bill/reconcile.ts';
import { BillSums } from '../../../../metering/bill/sums.ts';
import cases from '../../../cases/cur-lines.json' with { type: 'json' };
import { usageRow } from '../usage-row.ts';

const USUAL: CurRecord = {
  line_item_usage_start_date: '2026-11-20T09:00:00.000Z',
  line_item_usage_end_date: '2026-11-20T10:00:00.000Z',
  line_item_line_item_type: 'Usage',
  line_item_product_code: 'AmazonBedrock',
  line_item_usage_type: 'USE1-NovaLite-input-tokens',
  line_item_usage_amount: '0.042',
  line_item_unblended_cost: '0.00000252',
  line_item_currency_code: 'USD',
  pricing_unit: '1K tokens',
  line_item_iam_principal: 'arn:aws:sts::111122223333:assumed-role/tollgate-dev-invoker/tg-acme-0',
};

interface Case {
  name: string;
  record: CurRecord;
  expected?: object;
  skipped?: string;
  rejection?: object;
}

describe('a line of the bill', () => {
  test.each(cases as unknown as Case[])('$name', ({ record, expected, skipped, rejection }) => {
    const found = readCurLine({ ...USUAL, ...record });
    if (skipped !== undefined) expect(found).toEqual({ skipped });
    else if (rejection !== undefined) expect(found).toEqual({ rejection });
    else {
      const { quantity, cost, ...line } = found.line as CurLine;
      expect({ ...line, quantity: quantity === null ? null : String(quantity), cost: String(cost) }).toMatchObject(
        expected ?? {},
      );
    }
  });

  test('its columns are those that are read, tags in whichever way they are named', () => {
    expect(
      ['line_item_usage_type', 'tags', 'iamPrincipal/TenantId', 'tags_iam_principal_cost_center'].every(isCurColumn),
    ).toBe(true);
    expect(['line_item_blended_cost', 'bill_payer_account_name'].some(isCurColumn)).toBe(false);
  });
});

const CENT = 10n ** 16n;

function line(members: Partial<CurLine> = {}): CurLine {
  return {
    day: '2026-11-20',
    principal: 'acme',
    tenantTag: '',
    costCenterTag: '',
    resource: '',
    billingName: 'NovaLite',
    kind: 'input',
    quantity: 100n,
    cost: CENT,
    ...members,
  };
}

/** Callers are their tenants' names, `direct:` before those with credentials of their own; only Nova has a name we know. */
const NAMES: Names = {
  identify: ({ principal }) => {
    if (principal === '' || principal === 'stranger') return { is: 'other' };
    return principal.startsWith('direct:')
      ? { is: 'direct', tenant: principal.slice(7) }
      : { is: 'ours', tenant: principal };
  },
  modelOf: ({ billingName }) => (billingName === 'NovaLite' ? 'nova-lite' : undefined),
};

function reconciled(bill: CurLine[], ledger: Parameters<typeof usageRow>[0][], tolerance = 1) {
  const sums = new BillSums();
  for (const one of bill) sums.add(one);
  const both = new Reconciliation();
  both.addLedger('2026-11-20', ledger.map(usageRow));
  for (const one of sums.list()) both.addBill(one, NAMES);
  return both.result(tolerance);
}

const ours = (members: Parameters<typeof usageRow>[0] = {}) => ({
  tokens: { input: 100n },
  cost: { input: CENT, output: 0n },
  ...members,
});

describe('the bill against the ledger', () => {
  test('hours, principals and regions are added up on both sides', () => {
    const { compared } = reconciled(
      [
        line({ quantity: 60n, cost: CENT / 2n }),
        line({ quantity: 40n, cost: CENT / 2n }),
        line({ kind: 'output', quantity: 5n, cost: CENT }),
      ],
      [ours({ principal: 'x' }), ours({ principal: 'y', region: 'us-west-2', tokens: { output: 5n } })],
    );
    expect(compared.map(({ measure, aws, ours, agrees }) => [measure, aws, ours, agrees])).toEqual([
      ['input', 100n, 100n, true],
      ['output', 5n, 5n, true],
      ['usd', 2n * CENT, 2n * CENT, true],
    ]);
  });

  test.each([
    [99n, 1, true],
    [98n, 1, false],
    [100n, 0, true],
    [99n, 0, false],
    [200n, 50, true],
    [201n, 50, false],
  ])('%s tokens of AWS’s against 100 of ours, tolerance %s %%: agrees %s', (quantity, tolerance, agrees) => {
    const { compared } = reconciled([line({ quantity })], [ours()], tolerance);
    expect(compared[0]).toMatchObject({ measure: 'input', difference: quantity - 100n, agrees });
  });

  test('a share is never rounded into the tolerance', () => {
    const { compared } = reconciled([line({ quantity: 10_000_000n })], [ours({ tokens: { input: 9_899_999n } })]);
    expect(compared[0]).toMatchObject({ percent: 1.001, agrees: false });
  });

  test('what only one side has is a difference of the whole', () => {
    const { compared } = reconciled([line({ principal: 'globex' })], [ours()]);
    expect(
      compared.map(({ tenant, measure, aws, ours, percent, agrees }) => [tenant, measure, aws, ours, percent, agrees]),
    ).toEqual([
      ['acme', 'input', 0n, 100n, 100, false],
      ['acme', 'usd', 0n, CENT, 100, false],
      ['globex', 'input', 100n, 0n, 100, false],
      ['globex', 'usd', CENT, 0n, 100, false],
    ]);
  });

  test('what was written to the cache for five minutes and for an hour has one name on the bill', () => {
    const { compared } = reconciled(
      [line({ kind: 'cache_write', quantity: 7n })],
      [ours({ tokens: { cacheWrite: 3n, cacheWrite1h: 4n } })],
    );
    expect(compared[0]).toMatchObject({ measure: 'cache_write', aws: 7n, ours: 7n, agrees: true });
  });

  test('callers who are nobody of ours, and credentials that were handed out, are listed and differ from nothing', () => {
    const { compared, elsewhere } = reconciled(
      [
        line({ principal: 'stranger' }),
        line({ principal: 'stranger' }),
        line({ principal: 'direct:acme' }),
        line({ principal: '' }),
      ],
      [],
    );
    expect(compared).toEqual([]);
    expect(
      elsewhere.map(({ direct, principal, quantity, cost, lines }) => [direct, principal, quantity, cost, lines]),
    ).toEqual([
      ['', '', 100n, CENT, 1],
      ['', 'stranger', 200n, 2n * CENT, 2],
      ['acme', 'direct:acme', 100n, CENT, 1],
    ]);
  });

  test('models that the bill’s names do not tell apart are compared together', () => {
    const { compared, unmapped, unseen, mapped } = reconciled(
      [line(), line({ billingName: 'Claude9' }), line({ billingName: 'Llama9' })],
      [ours(), ours({ model: 'claude-nine' }), ours({ model: 'llama-nine' })],
    );
    expect(compared.filter(({ measure }) => measure === 'input')).toMatchObject([
      { model: OTHER_MODELS, aws: 200n, ours: 200n, agrees: true },
      { model: 'nova-lite', aws: 100n, ours: 100n, agrees: true },
    ]);
    expect({ unmapped, unseen, mapped }).toEqual({
      unmapped: ['Claude9', 'Llama9'],
      unseen: ['claude-nine', 'llama-nine'],
      mapped: [{ name: 'NovaLite', model: 'nova-lite' }],
    });
  });

  test('tokens in a unit that is not known are judged by their dollars', () => {
    const { compared } = reconciled([line({ quantity: null })], [ours()]);
    expect(compared).toMatchObject([
      { measure: 'input', aws: null, difference: null, agrees: true },
      { measure: 'usd', agrees: true },
    ]);
  });

  test('a cost that we have not whole agrees with nothing; what may explain a difference is said', () => {
    const { compared } = reconciled(
      [line()],
      [ours({ unpriced: 1, cost: null, estimated: 1 }), ours({ invocations: 0, unsettled: 2, tokens: {}, cost: null })],
    );
    expect(compared).toMatchObject([
      { measure: 'input', agrees: true, unsettled: 2, unpriced: 1, estimated: 1 },
      { measure: 'usd', ours: null, difference: null, agrees: false },
    ]);
  });

  test.each([
    [
      'no more than the estimates come to',
      { estimated: 2, cost: { input: CENT, output: 0n, estimated: CENT / 2n } },
      true,
    ],
    [
      'more than the estimates come to',
      { estimated: 2, cost: { input: CENT, output: 0n, estimated: CENT / 4n } },
      false,
    ],
    ['no estimate', {}, false],
    ['an estimate, and a cost that is not known', { estimated: 2, cost: null, unpriced: 1 }, false],
  ])('a difference beside %s: explained %s', (_, members, explained) => {
    const { compared } = reconciled([line({ quantity: 150n, cost: (CENT * 3n) / 2n })], [ours(members)]);
    expect(compared.map((one) => [one.measure, one.agrees, one.explained])).toEqual([
      ['input', false, explained],
      ['usd', false, explained],
    ]);
  });

  test('what one side has alone is not explained by estimates, and what agrees needs no explanation', () => {
    const guessed = { estimated: 1, cost: { input: CENT, output: 0n, estimated: CENT } };
    const explained = (lines: Parameters<typeof reconciled>[0]) =>
      reconciled(lines, [ours(guessed)]).compared.map((one) => one.explained);
    expect(explained([])).toEqual([false, false]);
    expect(explained([line()])).toEqual([false, false]);
  });

  test('a cost centre on the bill that the ledger has not is named', () => {
    const { costCenters } = reconciled([line({ costCenterTag: 'cc-1' }), line({ costCenterTag: 'cc-9' })], [ours()]);
    expect(costCenters).toEqual([{ tenant: 'acme', costCenter: 'cc-9' }]);
  });
});
