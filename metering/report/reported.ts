import { csvRows, originalText, safeText } from '../../contract/csv.ts';
import { MONEY_SCALE, type Money } from '../money.ts';
import { noTokens } from '../price.ts';
import { type Added, DIMENSION_MEMBERS, type Dimension, type Grouping, type Groups } from './groups.ts';
import { periodOf } from './period.ts';
import type { REPORT_COLUMNS } from './report.ts';

/** What the days' own reports tell apart. */
const NAMED = { tenant: 'tenant_id', 'cost-center': 'cost_center', model: 'model_id' } as const satisfies Partial<
  Record<Dimension, ReportColumn>
>;
type ReportColumn = (typeof REPORT_COLUMNS)[number];
export type Reported = keyof typeof NAMED;

/** Of each row. An amount is kept in three whole numbers, each far below 2^53: exact, and several times as quick as big ones. */
const COUNTS = [
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'invocations',
  'unsettled',
  'unpriced',
  'estimated',
] as const satisfies readonly ReportColumn[];
const AMOUNTS = ['input_cost', 'output_cost', 'estimated_cost'] as const satisfies readonly ReportColumn[];
const PARTS = 3;
const PART = MONEY_SCALE / 2;

interface Sums {
  day: string;
  names: readonly string[];
  counts: number[];
  /** PARTS of each amount: dollars, and twice so many decimals. */
  amounts: number[];
  priced: boolean;
}

/** Whether the days' reports are enough for it. */
export function isReported(by: readonly Dimension[]): by is readonly Reported[] {
  return by.every((dimension) => Object.hasOwn(NAMED, dimension));
}

/** Whose rows are wanted; absent: everybody's, of every model. */
export interface OfWhom {
  tenant?: string | undefined;
  model?: string | undefined;
  tenants?: ReadonlySet<string> | undefined;
  /** Of these alone, as `namesKey` has what rows are added up by. */
  names?: ReadonlySet<string> | undefined;
}

/** @param names in the order of the dimensions */
export function namesKey(names: readonly string[]): string {
  return names.join('\0');
}

/**
 * Adds up days' reports, for who waits for it: as `readReportCsv` and `Groups` do, and several times as quickly where there are
 * 10,000 tenants, since a row becomes no object of its own.
 */
export class ReportedSums {
  readonly #by: readonly Reported[];
  readonly #grouping: Grouping;
  readonly #whose: readonly (readonly [ReportColumn, ReadonlySet<string>])[];
  readonly #names: ReadonlySet<string> | undefined;
  readonly #sums = new Map<string, Sums>();

  constructor(by: readonly Reported[], grouping: Grouping, { tenant, model, tenants, names }: OfWhom) {
    this.#names =
      names === undefined ? undefined : new Set([...names].map((one) => namesKey(one.split('\0').map(safeText))));
    this.#by = by;
    this.#grouping = grouping;
    const cells = (texts: Iterable<string>) => new Set([...texts].map(safeText));
    this.#whose = [
      ...(tenant === undefined ? [] : [['tenant_id', cells([tenant])] as const]),
      ...(model === undefined ? [] : [['model_id', cells([model])] as const]),
      ...(tenants === undefined ? [] : [['tenant_id', cells(tenants)] as const]),
    ];
  }

  /** How many sums there are. */
  get size(): number {
    return this.#sums.size;
  }

  /** @param csv as `reportCsv` writes it @throws Error naming the column, when the text is not of its making */
  add(day: string, csv: string): void {
    const period = periodOf(day, this.#grouping.period);
    let columns: Columns | undefined;
    for (const { cells } of csvRows(csv)) {
      if (columns === undefined) columns = columnsIn(cells, this.#by, this.#whose);
      else if (columns.whose.every(([at, wanted]) => wanted.has(cells[at] ?? '')))
        this.#row(day, period, cells, columns);
    }
  }

  #row(day: string, period: string, cells: readonly string[], { names, counts, amounts }: Columns): void {
    let named = '';
    for (let i = 0; i < names.length; i++) named += i === 0 ? cells[names[i] ?? -1] : `\0${cells[names[i] ?? -1]}`;
    if (this.#names !== undefined && !this.#names.has(named)) return;
    const key = `${period}\n${named}`;
    let sums = this.#sums.get(key);
    if (sums === undefined) {
      sums = {
        day,
        names: names.map((at) => originalText(cells[at] ?? '')),
        counts: COUNTS.map(() => 0),
        amounts: AMOUNTS.flatMap(() => [0, 0, 0]),
        priced: false,
      };
      this.#sums.set(key, sums);
    }
    for (let i = 0; i < counts.length; i++)
      sums.counts[i] = (sums.counts[i] ?? 0) + wholeOf(cells[counts[i] ?? -1], COUNTS[i]);
    if (cells[amounts[0] ?? -1] === '') return;
    sums.priced = true;
    for (let i = 0; i < amounts.length; i++) addAmount(sums.amounts, i * PARTS, cells[amounts[i] ?? -1], AMOUNTS[i]);
  }

  /** Adds what was added up to groups of the same grouping. */
  into(groups: Groups): void {
    for (const [day, all] of Map.groupBy(this.#sums.values(), (one) => one.day))
      groups.add(
        day,
        all.map((one) => addedOf(one, this.#by)),
      );
  }
}

interface Columns {
  names: readonly number[];
  counts: readonly number[];
  amounts: readonly number[];
  whose: readonly (readonly [number, ReadonlySet<string>])[];
}

/** Those of an earlier release had no estimates: there they read as 0. */
function columnsIn(
  head: readonly string[],
  by: readonly Reported[],
  whose: readonly (readonly [ReportColumn, ReadonlySet<string>])[],
): Columns {
  const at = (column: ReportColumn): number => {
    const found = head.indexOf(column);
    if (found < 0 && !column.startsWith('estimated')) throw new Error(`the object has no column ${column}`);
    return found;
  };
  return {
    names: by.map((dimension) => at(NAMED[dimension])),
    counts: COUNTS.map(at),
    amounts: AMOUNTS.map(at),
    whose: whose.map(([column, wanted]) => [at(column), wanted]),
  };
}

function wholeOf(text: string | undefined, column: string | undefined): number {
  if (text === undefined) return 0;
  const value = Number(text);
  if (text !== '' && value >= 0 && Number.isInteger(value)) return value;
  throw new Error(`${column} is not a whole number`);
}

function addAmount(sums: number[], first: number, text: string | undefined, column: string | undefined): void {
  if (text === undefined) return;
  const [whole = '', fraction = '', ...more] = text.split('.');
  const parts = [whole, fraction.slice(0, PART).padEnd(PART, '0'), fraction.slice(PART).padEnd(PART, '0')];
  for (let i = 0; i < PARTS; i++) {
    const value = Number(parts[i]);
    if (
      parts[i] === '' ||
      more.length > 0 ||
      fraction.length > MONEY_SCALE ||
      !(value >= 0) ||
      !Number.isInteger(value)
    )
      throw new Error(`${column} is not an amount`);
    sums[first + i] = (sums[first + i] ?? 0) + value;
  }
}

function amountOf(amounts: readonly number[], first: number): Money {
  const unit = 10n ** BigInt(PART);
  return amounts.slice(first, first + PARTS).reduce((sum, part) => sum * unit + exact(part), 0n);
}

function addedOf({ names, counts, amounts, priced }: Sums, by: readonly Reported[]): Added {
  const [
    input = 0,
    output = 0,
    cacheRead = 0,
    cacheWrite = 0,
    invocations = 0,
    unsettled = 0,
    unpriced = 0,
    estimated = 0,
  ] = counts;
  return {
    ...Object.fromEntries(by.map((dimension, i) => [DIMENSION_MEMBERS[dimension], names[i] ?? ''])),
    tokens: {
      ...noTokens(),
      input: exact(input),
      output: exact(output),
      cacheRead: exact(cacheRead),
      cacheWrite: exact(cacheWrite),
    },
    ...{ invocations, unsettled, unpriced, estimated, refused: 0, failed: 0 },
    cost: priced
      ? { input: amountOf(amounts, 0), output: amountOf(amounts, PARTS), estimated: amountOf(amounts, 2 * PARTS) }
      : null,
  };
}

/** @throws Error for a sum that is beyond what numbers are exact to: none of a ledger is */
function exact(sum: number): bigint {
  if (Number.isSafeInteger(sum)) return BigInt(sum);
  throw new Error('the reports hold more than can be added up exactly');
}
