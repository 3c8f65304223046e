import type { CsvColumn } from '../../csv.ts';

/** What rows are grouped by. */
export type Group = 'day' | 'model' | 'principal';

/** A row of `GET /v1/usage`; amounts are exact decimals of US dollars, and null is not priced. */
export interface Row {
  day?: string;
  model?: string;
  principal?: string;
  tokens: Readonly<Record<string, number>>;
  invocations: number;
  input_cost: string | null;
  output_cost: string | null;
  total_cost: string | null;
  unsettled: number;
  unpriced: number;
  estimated: number;
}

export interface Usage {
  as_of: string;
  data: readonly Row[];
}

/** What bars and tables can be of. */
export const MEASURES = [
  { id: 'cost', label: 'Cost', of: ({ total_cost }: Row) => Number(total_cost ?? 0) },
  { id: 'calls', label: 'Calls', of: ({ invocations }: Row) => invocations },
  { id: 'tokens', label: 'Tokens', of: (row: Row) => tokensOf(row) },
] as const;

export type Measure = (typeof MEASURES)[number];

/** Those that are counted once: reasoning is part of the output. */
const COUNTED = ['input', 'output', 'cache_read', 'cache_write', 'cache_write_1h'];

export function tokensOf({ tokens }: Row): number {
  return COUNTED.reduce((sum, kind) => sum + (tokens[kind] ?? 0), 0);
}

export interface Totals {
  /** null: nothing of it is priced. */
  cost: number | null;
  calls: number;
  input: number;
  output: number;
  unpriced: number;
  unsettled: number;
  estimated: number;
}

export function totalsOf(rows: readonly Row[]): Totals {
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const priced = rows.filter(({ total_cost }) => total_cost !== null);
  return {
    cost: priced.length === 0 && rows.length > 0 ? null : sum(({ total_cost }) => Number(total_cost ?? 0)),
    calls: sum(({ invocations }) => invocations),
    input: sum(
      ({ tokens }) =>
        (tokens.input ?? 0) + (tokens.cache_read ?? 0) + (tokens.cache_write ?? 0) + (tokens.cache_write_1h ?? 0),
    ),
    output: sum(({ tokens }) => tokens.output ?? 0),
    unpriced: sum(({ unpriced }) => unpriced),
    unsettled: sum(({ unsettled }) => unsettled),
    estimated: sum(({ estimated }) => estimated),
  };
}

/** @returns rows of one group each, made of finer ones: sums in numbers that are shown, and never sent on */
export function grouped(rows: readonly Row[], by: Group): { name: string; rows: readonly Row[] }[] {
  return [...Map.groupBy(rows, (row) => row[by] ?? '')].map(([name, some]) => ({ name, rows: some }));
}

/** Exact, as the API told it. */
export function csvColumns(by: readonly Group[], rows: readonly Row[]): CsvColumn<Row>[] {
  const kinds = Object.keys(rows[0]?.tokens ?? {});
  const money = (name: 'input_cost' | 'output_cost' | 'total_cost'): CsvColumn<Row> => ({
    head: name,
    cell: ({ [name]: amount }) => (amount === null ? null : { number: amount }),
  });
  return [
    ...by.map((name): CsvColumn<Row> => ({ head: name, cell: ({ [name]: text }) => ({ text: text ?? '' }) })),
    { head: 'invocations', cell: ({ invocations }) => ({ number: invocations }) },
    ...kinds.map(
      (kind): CsvColumn<Row> => ({ head: headOf(kind), cell: ({ tokens }) => ({ number: tokens[kind] ?? 0 }) }),
    ),
    ...(['input_cost', 'output_cost', 'total_cost'] as const).map(money),
    { head: 'unpriced', cell: ({ unpriced }) => ({ number: unpriced }) },
    { head: 'unsettled', cell: ({ unsettled }) => ({ number: unsettled }) },
    { head: 'estimated', cell: ({ estimated }) => ({ number: estimated }) },
  ];
}

/** Not everything that is sold by the piece is a token. */
function headOf(kind: string): string {
  return COUNTED.includes(kind) || kind === 'reasoning' ? `${kind}_tokens` : kind;
}
