import type { UsageRow } from './aggregate.ts';
import { type Cell, readCsv, writeCsv } from './csv.ts';
import { formatMoney, type Money, parseMoney } from './money.ts';
import { type Hour, hourText } from './window.ts';

/** The columns of an hour's objects, in CSV and Parquet alike. `hour_start`, because `hour` is the partition's name. */
export const TEXT_COLUMNS = ['tenant_id', 'principal', 'cost_center', 'model_id', 'region', 'price_version'] as const;
export const TOKEN_COLUMNS = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens'] as const;
export const COUNT_COLUMNS = [
  'invocations',
  'counted',
  'refused',
  'failed',
  'estimated',
  'unsettled',
  'unpriced',
] as const;
export const MONEY_COLUMNS = ['input_cost', 'output_cost', 'total_cost'] as const;

export const USAGE_COLUMNS = [
  'hour_start',
  ...TEXT_COLUMNS,
  ...TOKEN_COLUMNS,
  ...COUNT_COLUMNS,
  ...MONEY_COLUMNS,
] as const;

/** A row's values by kind, in the order of the columns of that kind. */
export function valuesOf(row: UsageRow) {
  const { input, output, cacheRead, cacheWrite } = row.tokens;
  const { cost } = row;
  return {
    texts: [row.tenant, row.principal, row.costCenter, row.model, row.region, row.priceVersion],
    tokens: [input, output, cacheRead, cacheWrite],
    counts: [row.invocations, row.counted, row.refused, row.failed, row.estimated, row.unsettled, row.unpriced],
    money: cost ? [cost.input, cost.output, cost.input + cost.output] : [null, null, null],
  };
}

export function usageCsv(hour: Hour, rows: Iterable<UsageRow>): string {
  const hourStart: Cell = { number: `${hourText(hour)}:00:00Z` };
  return writeCsv(USAGE_COLUMNS, cells(rows, hourStart));
}

function* cells(rows: Iterable<UsageRow>, hourStart: Cell): Generator<Cell[]> {
  for (const row of rows) {
    const { texts, tokens, counts, money } = valuesOf(row);
    yield [
      hourStart,
      ...texts.map((text) => ({ text })),
      ...[...tokens, ...counts].map((number) => ({ number: number.toString() })),
      ...money.map(moneyCell),
    ];
  }
}

/** Exact; empty when the cost is not known. */
export function moneyCell(money: Money | null): Cell {
  return { number: money === null ? '' : formatMoney(money) };
}

/** What usageCsv wrote, as rows again. @throws Error naming the column when the text is not of its making */
export function readUsageCsv(csv: string): UsageRow[] {
  return readCsv(csv).map((cell) => ({
    tenant: textOf(cell, 'tenant_id'),
    principal: textOf(cell, 'principal'),
    costCenter: textOf(cell, 'cost_center'),
    model: textOf(cell, 'model_id'),
    region: textOf(cell, 'region'),
    priceVersion: textOf(cell, 'price_version'),
    tokens: tokensOf(cell),
    invocations: countOf(cell, 'invocations'),
    counted: countOf(cell, 'counted'),
    refused: countOf(cell, 'refused'),
    failed: countOf(cell, 'failed'),
    estimated: countOf(cell, 'estimated'),
    unsettled: countOf(cell, 'unsettled'),
    unpriced: countOf(cell, 'unpriced'),
    cost: costOfCells(cell),
  }));
}

type Cells = Record<string, string>;

export function textOf(cells: Cells, column: string): string {
  const text = cells[column];
  if (text === undefined) throw new Error(`the object has no column ${column}`);
  return text;
}

export function countOf(cells: Cells, column: string): number {
  return Number(wholeOf(cells, column));
}

export function tokensOf(cells: Cells): UsageRow['tokens'] {
  return {
    input: wholeOf(cells, 'input_tokens'),
    output: wholeOf(cells, 'output_tokens'),
    cacheRead: wholeOf(cells, 'cache_read_tokens'),
    cacheWrite: wholeOf(cells, 'cache_write_tokens'),
  };
}

export function costOfCells(cells: Cells): UsageRow['cost'] {
  if (textOf(cells, 'input_cost') === '') return null;
  return { input: moneyOf(cells, 'input_cost'), output: moneyOf(cells, 'output_cost') };
}

function wholeOf(cells: Cells, column: string): bigint {
  const text = textOf(cells, column);
  if (!/^\d+$/.test(text)) throw new Error(`${column} is not a whole number`);
  return BigInt(text);
}

function moneyOf(cells: Cells, column: string): Money {
  const money = parseMoney(textOf(cells, column));
  if (money === undefined) throw new Error(`${column} is not an amount`);
  return money;
}
