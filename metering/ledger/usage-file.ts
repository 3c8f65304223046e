import { REQUIRED_KINDS, TIERS, type Tier, TOKEN_KINDS, type TokenKind } from '../../contract/usage.ts';
import { type Cell, readCsv, writeCsv } from '../csv.ts';
import { formatMoney, type Money, parseMoney } from '../money.ts';
import { noTokens, type TokenSums } from '../price.ts';
import { type Hour, hourText } from '../window.ts';
import type { UsageRow } from './row.ts';
import { TOLD_COLUMNS } from './told.ts';

type Column = { name: string; kind: 'text' | 'whole' | 'money' };

const column = (kind: Column['kind']) => (name: string) => ({ name, kind });

/** The column of each kind, in every file of ours. */
export const TOKEN_COLUMNS: Readonly<Record<TokenKind, string>> = {
  input: 'input_tokens',
  output: 'output_tokens',
  cacheRead: 'cache_read_tokens',
  cacheWrite: 'cache_write_tokens',
  cacheWrite1h: 'cache_write_1h_tokens',
  reasoning: 'reasoning_tokens',
  images: 'images',
  embeddings: 'embeddings',
  searches: 'searches',
  calls: 'calls',
};

/** Kinds that came with a later release: their columns stand behind those that were there. */
const LATER_KINDS = ['cacheWrite1h', 'reasoning', 'images', 'embeddings'] as const satisfies readonly TokenKind[];
/** And behind those what came after them, and last. */
const LAST_KINDS = ['searches'] as const satisfies readonly TokenKind[];
const LATEST_KINDS = ['calls'] as const satisfies readonly TokenKind[];
const LATER: ReadonlySet<TokenKind> = new Set([...LATER_KINDS, ...LAST_KINDS, ...LATEST_KINDS]);

/**
 * The columns of an hour's objects, in CSV and Parquet alike. `hour_start`, because `hour` is the partition's name. A new
 * column is added at the end, so that who reads by position reads on.
 */
export const ROW_COLUMNS: readonly Column[] = [
  ...['tenant_id', 'principal', 'cost_center', 'model_id', 'region', 'price_version'].map(column('text')),
  ...REQUIRED_KINDS.map((kind) => TOKEN_COLUMNS[kind]).map(column('whole')),
  ...['invocations', 'counted', 'refused', 'failed', 'estimated', 'unsettled', 'unpriced'].map(column('whole')),
  ...['input_cost', 'output_cost', 'total_cost'].map(column('money')),
  ...['tier'].map(column('text')),
  ...[...LATER_KINDS.map((kind) => TOKEN_COLUMNS[kind]), 'retried'].map(column('whole')),
  ...['estimated_cost'].map(column('money')),
  ...LAST_KINDS.map((kind) => TOKEN_COLUMNS[kind]).map(column('whole')),
  ...['account'].map(column('text')),
  ...LATEST_KINDS.map((kind) => TOKEN_COLUMNS[kind]).map(column('whole')),
  ...['native_model'].map(column('text')),
  ...TOLD_COLUMNS.map(column('whole')),
];

export const USAGE_COLUMNS: readonly string[] = ['hour_start', ...ROW_COLUMNS.map(({ name }) => name)];

/** A row's values in the order of ROW_COLUMNS: text, whole numbers as bigint, money as units or null. */
export function valuesOf(row: UsageRow): (string | bigint | null)[] {
  const { tokens, cost } = row;
  const counts = [row.invocations, row.counted, row.refused, row.failed, row.estimated, row.unsettled, row.unpriced];
  return [
    ...[row.tenant, row.principal, row.costCenter, row.model, row.region, row.priceVersion],
    ...REQUIRED_KINDS.map((kind) => tokens[kind]),
    ...counts.map(BigInt),
    ...(cost ? [cost.input, cost.output, cost.input + cost.output] : [null, null, null]),
    row.tier,
    ...LATER_KINDS.map((kind) => tokens[kind]),
    BigInt(row.retried),
    cost?.estimated ?? null,
    ...LAST_KINDS.map((kind) => tokens[kind]),
    row.account ?? '',
    ...LATEST_KINDS.map((kind) => tokens[kind]),
    row.nativeModel,
    ...row.told,
  ];
}

export function usageCsv(hour: Hour, rows: Iterable<UsageRow>): string {
  const hourStart: Cell = { number: `${hourText(hour)}:00:00Z` };
  return writeCsv(USAGE_COLUMNS, cells(rows, hourStart));
}

function* cells(rows: Iterable<UsageRow>, hourStart: Cell): Generator<Cell[]> {
  for (const row of rows) {
    const values = valuesOf(row);
    yield [hourStart, ...ROW_COLUMNS.map(({ kind }, i) => cellOf(kind, values[i] ?? null))];
  }
}

function cellOf(kind: Column['kind'], value: string | bigint | null): Cell {
  if (typeof value === 'string') return { text: value };
  return kind === 'money' ? moneyCell(value) : { number: String(value) };
}

/** Exact; empty when the cost is not known. */
export function moneyCell(money: Money | null): Cell {
  return { number: money === null ? '' : formatMoney(money) };
}

/**
 * What usageCsv wrote, as rows again. Of an object from before a column was added, that column is 0, '', on-demand, or the stage's own account.
 *
 * @param only whose rows are wanted, of which model; the others are passed over, which is quick
 * @throws Error naming the column when the text is not of its making
 */
export function readUsageCsv(csv: string, only: Whose = {}): UsageRow[] {
  return readCsv(csv, columnsOf(only)).map((cell) => ({
    tenant: textOf(cell, 'tenant_id'),
    principal: textOf(cell, 'principal'),
    costCenter: textOf(cell, 'cost_center'),
    model: textOf(cell, 'model_id'),
    region: textOf(cell, 'region'),
    tier: tierOf(cell.tier ?? 'on-demand'),
    priceVersion: textOf(cell, 'price_version'),
    tokens: tokensOf(cell),
    invocations: countOf(cell, 'invocations'),
    counted: countOf(cell, 'counted'),
    refused: countOf(cell, 'refused'),
    failed: countOf(cell, 'failed'),
    retried: countOf(cell, 'retried', '0'),
    estimated: countOf(cell, 'estimated'),
    unsettled: countOf(cell, 'unsettled'),
    unpriced: countOf(cell, 'unpriced'),
    cost: costOfCells(cell),
    ...(cell.account ? { account: cell.account } : {}),
    nativeModel: textOf(cell, 'native_model', ''),
    told: TOLD_COLUMNS.map((name) => wholeOf(cell, name, '0')),
  }));
}

/** Whose rows are wanted; absent: everybody's, every model's. */
export interface Whose {
  tenant?: string | undefined;
  /** Registry id. */
  model?: string | undefined;
}

/** As readCsv asks for them. */
export function columnsOf({ tenant, model }: Whose): Record<string, string> {
  return {
    ...(tenant === undefined ? {} : { tenant_id: tenant }),
    ...(model === undefined ? {} : { model_id: model }),
  };
}

type Cells = Record<string, string>;

/** @param absent what an object that has no such column is taken to say; undefined: it must have it */
export function textOf(cells: Cells, column: string, absent?: string): string {
  const text = cells[column] ?? absent;
  if (text === undefined) throw new Error(`the object has no column ${column}`);
  return text;
}

export function countOf(cells: Cells, column: string, absent?: string): number {
  return Number(wholeOf(cells, column, absent));
}

export function tokensOf(cells: Cells): TokenSums {
  const sums = noTokens();
  for (const kind of TOKEN_KINDS) sums[kind] = wholeOf(cells, TOKEN_COLUMNS[kind], LATER.has(kind) ? '0' : undefined);
  return sums;
}

function tierOf(text: string): Tier {
  const tier = TIERS.find((name) => name === text);
  if (tier === undefined) throw new Error('tier is none');
  return tier;
}

export function costOfCells(cells: Cells): UsageRow['cost'] {
  if (textOf(cells, 'input_cost') === '') return null;
  return {
    input: moneyOf(cells, 'input_cost'),
    output: moneyOf(cells, 'output_cost'),
    estimated: moneyOf(cells, 'estimated_cost', '0'),
  };
}

function wholeOf(cells: Cells, column: string, absent?: string): bigint {
  const text = textOf(cells, column, absent);
  if (!/^\d+$/.test(text)) throw new Error(`${column} is not a whole number`);
  return BigInt(text);
}

export function moneyOf(cells: Cells, column: string, absent?: string): Money {
  const money = parseMoney(textOf(cells, column, absent));
  if (money === undefined) throw new Error(`${column} is not an amount`);
  return money;
}
