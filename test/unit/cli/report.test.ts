import { describe, expect, test } from 'vitest';
import { daysOf } from '../../../cli/days.ts';
import { columnsTable, costliest, type Row, rowJson, textOf, totalRow } from '../../../cli/report/columns.ts';
import { DAY_COLUMNS, nothing } from '../../../cli/report.ts';
import { noTokens } from '../../../metering/price.ts';
import { type ReportRow, reportCells } from '../../../metering/report/report.ts';

const UNIT = 10n ** 18n;

function row(members: Partial<ReportRow> = {}): ReportRow {
  return {
    tenant: 'acme',
    costCenter: 'cc-1',
    model: 'nova-lite',
    tokens: { ...noTokens(), input: 1_000n, output: 20n, cacheRead: 3n, cacheWrite: 4n },
    invocations: 7,
    estimated: 3,
    unsettled: 0,
    unpriced: 0,
    cost: { input: UNIT / 1_000n, output: 2n * UNIT, estimated: UNIT / 2n },
    ...members,
  };
}

describe('which days a report covers', () => {
  test('today unless told otherwise', () => {
    expect(daysOf({}, '2026-11-21')).toEqual(['2026-11-21']);
  });

  test('one day', () => {
    expect(daysOf({ day: '2028-02-29' }, '2026-11-21')).toEqual(['2028-02-29']);
  });

  test('from one day to another, both included; to today unless told otherwise', () => {
    expect(daysOf({ from: '2028-02-28', to: '2028-03-01' }, '2026-11-21')).toEqual([
      '2028-02-28',
      '2028-02-29',
      '2028-03-01',
    ]);
    expect(daysOf({ from: '2026-11-20' }, '2026-11-21')).toEqual(['2026-11-20', '2026-11-21']);
  });

  test.each([
    [{ day: '2026-02-30' }, '--day'],
    [{ day: 'yesterday' }, '--day'],
    [{ day: '2026-11-21', from: '2026-11-20' }, '--day'],
    [{ to: '2026-11-21' }, '--from'],
    [{ from: '2026-11-22', to: '2026-11-21' }, '--from'],
    [{ from: '2020-01-01', to: '2026-11-21' }, '--from'],
    [{ from: '2026-11-20', to: '21.11.2026' }, '--to'],
  ])('%j is refused, naming the option', (options, field) => {
    expect(() => daysOf(options, '2026-11-21')).toThrow(expect.objectContaining({ code: 'invalid_request', field }));
  });
});

function jsonOf(one: ReportRow) {
  return rowJson(DAY_COLUMNS, reportCells(one));
}

describe('how a report is printed', () => {
  test('numbers stand to the right and money at its column’s point, exact; what is not known is a dash', () => {
    const rows = [row(), row({ tenant: 'globex', invocations: 12_345, unpriced: 12_345, cost: null })];
    const [head = '', first = '', second = ''] = columnsTable(DAY_COLUMNS, rows.map(reportCells)).split('\n');
    expect(head.split(/\s+/)).toEqual([
      'TENANT_ID',
      'COST_CENTER',
      'MODEL_ID',
      'INPUT_TOKENS',
      'OUTPUT_TOKENS',
      'CACHE_READ_TOKENS',
      'CACHE_WRITE_TOKENS',
      'INVOCATIONS',
      'INPUT_COST',
      'OUTPUT_COST',
      'TOTAL_COST',
      'UNSETTLED',
      'UNPRICED',
      'ESTIMATED',
      'ESTIMATED_COST',
    ]);
    expect(first.split(/\s+/).slice(7)).toEqual(['7', '0.001', '2.00', '2.001', '0', '0', '3', '0.50']);
    expect(second.split(/\s+/).slice(7)).toEqual(['12345', '-', '-', '-', '0', '12345', '3', '-']);
    const endOf = (line: string, text: string) => line.indexOf(text) + text.length;
    expect(endOf(head, 'INVOCATIONS')).toBe(endOf(second, '12345'));
    expect(endOf(head, 'TOTAL_COST')).toBe(endOf(first, '2.001'));
  });

  test('the last line adds up the others, exactly; what is not known adds nothing', () => {
    const rows = [row(), row({ invocations: 5 }), row({ invocations: 3, unpriced: 3, cost: null })].map(reportCells);
    const total = totalRow(DAY_COLUMNS, rows).map(textOf);
    expect(total).toEqual(['TOTAL', '', '', '3000', '60', '9', '12', '15', '0.002', '4', '4.002', '0', '3', '9', '1']);
    expect(totalRow(DAY_COLUMNS, rows.slice(2)).map(textOf).slice(8, 11)).toEqual(['', '', '']);
  });

  test('of the costliest few the others are told, and what is not known comes last', () => {
    const rows = [
      row({ tenant: 'dear' }),
      row({ tenant: 'unknown', cost: null }),
      row({ tenant: 'dearest', cost: { input: 9n * UNIT, output: UNIT, estimated: 0n } }),
      row({ tenant: 'cheap', cost: { input: UNIT, output: 0n, estimated: 0n } }),
    ].map(reportCells);
    const { rows: top, rest } = costliest(DAY_COLUMNS, rows, 2);
    const names = (some: readonly Row[]) => some.map(([tenant]) => textOf(tenant));
    expect([names(top), names(rest)]).toEqual([
      ['dearest', 'dear'],
      ['cheap', 'unknown'],
    ]);
    expect(costliest(DAY_COLUMNS, rows, undefined)).toEqual({ rows, rest: [] });
    expect(totalRow(DAY_COLUMNS, rest, '2 others').map(textOf)).toMatchObject({ 0: '2 others', 7: '14', 10: '1' });
  });

  test('as JSON, money is exact text and counts are numbers', () => {
    expect(jsonOf(row({ cost: null }))).toEqual({
      tenant_id: 'acme',
      cost_center: 'cc-1',
      model_id: 'nova-lite',
      input_tokens: 1_000,
      output_tokens: 20,
      cache_read_tokens: 3,
      cache_write_tokens: 4,
      invocations: 7,
      input_cost: null,
      output_cost: null,
      total_cost: null,
      unsettled: 0,
      unpriced: 0,
      estimated: 3,
      estimated_cost: null,
    });
    expect(jsonOf(row())).toMatchObject({
      ...{ input_cost: '0.001', output_cost: '2', total_cost: '2.001', estimated_cost: '0.5' },
    });
  });
});

test.each<[string, Parameters<typeof nothing>, string]>([
  ['not aggregated', [['2026-11-21'], 0, '', '2026-11-21'], 'no report of 2026-11-21 yet: `tollgate meter run` '],
  [
    'in the future',
    [['2026-11-22'], 0, 'tenant acme', '2026-11-21'],
    'no report of 2026-11-22: it is 2026-11-21 (UTC)',
  ],
  [
    'of others alone',
    [['2026-11-20', '2026-11-21'], 2, 'tenant acme', '2026-11-21'],
    'no usage of tenant acme on 2026-11-20 to ',
  ],
])('a report of nothing says why: %s', (_, args, says) => expect(nothing(...args)).toContain(says));
