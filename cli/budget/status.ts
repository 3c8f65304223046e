import type { Budget } from '../../contract/budget.ts';
import type { CounterStatus } from '../../metering/budget-status.ts';
import { formatMoney } from '../../metering/money.ts';
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
  const number = (amount: bigint) => ({ number: amountText(amount, unit) });
  return [
    ...[tenant, id, from, per, of ?? '', enforcement, unit].map(text),
    ...[amounts.limit, amounts.settled, amounts.reserved, amounts.left].map(number),
    { number: String(amounts.percent) },
    ...[period, window.name, resetText(window.until)].map(text),
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
      `${amountText(amounts.limit, budget.unit)} ${budget.unit} a ${budget.period}${budget.enforcement === 'soft' ? ', soft' : ''}`,
      amountText(amounts.settled, budget.unit),
      amountText(amounts.reserved, budget.unit),
      amountText(amounts.left, budget.unit),
      `${amounts.percent} %`,
      resetText(window.until),
    ]),
  );
}

function countsText({ per }: Budget, of: string | null): string {
  if (of === null) return `each ${per}: none yet`;
  return of === '' ? 'the whole tenant' : `${per} ${of}`;
}

function amountText(amount: bigint, unit: Budget['unit']): string {
  return unit === 'usd' ? formatMoney(amount) : String(amount);
}

function resetText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
