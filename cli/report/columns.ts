import { type Cell, writeCsv } from '../../metering/csv.ts';
import { formatMoney, parseMoney } from '../../metering/money.ts';
import { table } from '../print.ts';

/** text: as it is; count: a whole number; money: exact dollars, empty where they are not known. */
export interface Column {
  name: string;
  kind: 'text' | 'count' | 'money';
}

export type Row = readonly Cell[];

/** CSV that no spreadsheet takes for formulas. */
export function columnsCsv(columns: readonly Column[], rows: Iterable<Row>): string {
  return writeCsv(
    columns.map(({ name }) => name),
    rows,
  );
}

/** Money as exact text, null when it is not known; counts as numbers, which a reader of JSON can add up. */
export function rowJson(columns: readonly Column[], row: Row): Record<string, string | number | null> {
  return Object.fromEntries(
    columns.map(({ name, kind }, i) => {
      const text = textOf(row[i]);
      if (kind === 'text') return [name, text];
      return [name, kind === 'count' ? Number(text) : text === '' ? null : text];
    }),
  );
}

/** Numbers to the right, and money with as many decimals as its column needs to be exact, so that the points align. */
export function columnsTable(columns: readonly Column[], rows: readonly Row[]): string {
  const cells = columns.map(({ name, kind }, i) => {
    const texts = rows.map((row) => textOf(row[i]));
    return kind === 'text' ? texts : toTheRight(name, kind === 'money' ? sameDecimals(texts) : texts);
  });
  const heads = columns.map(({ name, kind }, i) => name.padStart(kind === 'text' ? 0 : (cells[i]?.[0]?.length ?? 0)));
  return table(
    heads,
    rows.map((_, line) => cells.map((column) => column[line] ?? '')),
  );
}

/** All rows added up, for people; an amount that is not known adds nothing, and of such amounts alone the sum is not known. */
export function totalRow(columns: readonly Column[], rows: readonly Row[], name = 'TOTAL'): Row {
  return columns.map(({ kind }, i): Cell => {
    if (kind === 'text') return { text: i === 0 ? name : '' };
    const known = rows.map((row) => textOf(row[i])).filter((text) => text !== '');
    if (kind === 'count') return { number: known.reduce((sum, text) => sum + BigInt(text), 0n).toString() };
    if (known.length === 0) return { number: '' };
    return { number: formatMoney(known.reduce((sum, text) => sum + (parseMoney(text) ?? 0n), 0n)) };
  });
}

/**
 * The rows that cost most, the costliest first, and the others. What is not known is behind what is.
 *
 * @param count of them; undefined: all rows, as they are
 */
export function costliest(
  columns: readonly Column[],
  rows: readonly Row[],
  count: number | undefined,
): { rows: readonly Row[]; rest: readonly Row[] } {
  if (count === undefined) return { rows, rest: [] };
  const at = columns.findIndex(({ name }) => name === 'total_cost');
  const costs = new Map(rows.map((row) => [row, parseMoney(textOf(row[at])) ?? -1n]));
  const sorted = rows.toSorted((a, b) => compare(costs.get(b) ?? -1n, costs.get(a) ?? -1n));
  return { rows: sorted.slice(0, count), rest: sorted.slice(count) };
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function textOf(cell: Cell | undefined): string {
  if (cell === undefined) return '';
  return 'text' in cell ? cell.text : cell.number;
}

function toTheRight(name: string, cells: readonly string[]): string[] {
  const width = Math.max(name.length, ...cells.map((cell) => cell.length));
  return cells.map((cell) => (cell || '-').padStart(width));
}

/** A sign does not matter; an amount that is not known stays empty. */
function sameDecimals(amounts: readonly string[]): string[] {
  const decimals = Math.max(2, ...amounts.map((amount) => amount.split('.')[1]?.length ?? 0));
  return amounts.map((amount) => {
    const [whole = '', fraction = ''] = amount.split('.');
    return amount === '' ? '' : `${whole}.${fraction.padEnd(decimals, '0')}`;
  });
}
