import type { Budget } from '../../contract/budget.ts';
import type { CounterStatus } from '../../metering/budgets/status.ts';
import { formatAmount } from '../../metering/money.ts';
import { isoSeconds } from '../../registry/fields.ts';
import { table } from '../print.ts';
import { type Column, columnsCsv, type Row, rowJson } from '../report/columns.ts';

/** How far one counter has come, of one tenant. */
export interface StatusRow extends CounterStatus {
  tenant: string;
  /** Whether the budget is the tenant's own, or the stage's. */
  from: 'tenant' | 'stage';
}

const COLUMNS: readonly Column[] = [
  { name: 'tenant', kind: 'text' },
  { name: 'budget', kind: 'text' },
  { name: 'from', kind: 'text' },
  { name: 'per', kind: 'text' },
  { name: 'of', kind: 'text' },
  { name: 'enforcement', kind: 'text' },
  { name: 'unit', kind: 'text' },
  // Text of exact digits in JSON, too: dollars are no binary fractions.
  { name: 'limit', kind: 'money' },
  { name: 'settled', kind: 'money' },
  { name: 'reserved', kind: 'money' },
  { name: 'left', kind: 'money' },
  { name: 'percent', kind: 'count' },
  { name: 'period', kind: 'text' },
  { name: 'window', kind: 'text' },
  { name: 'resets_at', kind: 'text' },
];

function cellsOf({ tenant, from, budget, of, window, ...amounts }: StatusRow): Row {
  const { id, per, enforcement, unit, period } = budget;
  const text = (value: string) => ({ text: value });
  const number = (amount: bigint) => ({ number: formatAmount(amount, unit) });
  return [
    ...[tenant, id, from, per, of ?? '', enforcement, unit].map(text),
    ...[amounts.limit, amounts.settled, amounts.reserved, amounts.left].map(number),
    { number: String(amounts.percent) },
    ...[period, window.name, resetText(window)].map(text),
  ];
}

export function statusCsv(rows: readonly StatusRow[]): string {
  return columnsCsv(COLUMNS, rows.map(cellsOf));
}

export function statusJson(rows: readonly StatusRow[]): object[] {
  return rows.map((row) => rowJson(COLUMNS, cellsOf(row)));
}

export function statusTable(rows: readonly StatusRow[]): string {
  return table(
    ['tenant', 'budget', 'counts', 'limit', 'settled', 'reserved', 'left', 'used', 'resets at'],
    rows.map(({ tenant, from, budget, of, window, ...amounts }) => [
      tenant,
      `${budget.id}${from === 'stage' ? ' (stage)' : ''}`,
      countsText(budget, of),
      `${formatAmount(amounts.limit, budget.unit)} ${budget.unit} a ${budget.period}${budget.enforcement === 'soft' ? ', soft' : ''}`,
      formatAmount(amounts.settled, budget.unit),
      formatAmount(amounts.reserved, budget.unit),
      formatAmount(amounts.left, budget.unit),
      `${amounts.percent} %`,
      resetText(window),
    ]),
  );
}

function countsText({ per }: Budget, of: string | null): string {
  if (of === null) return `each ${per}: none yet`;
  return of === '' ? 'the whole tenant' : `${per} ${of}`;
}

function resetText({ until }: StatusRow['window']): string {
  return isoSeconds(until / 1000);
}
