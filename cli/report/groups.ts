import { TOKEN_KINDS } from '../../contract/usage.ts';
import { OUTCOME_COLUMNS } from '../../metering/ledger/told.ts';
import { moneyCell, TOKEN_COLUMNS } from '../../metering/ledger/usage-file.ts';
import { DIMENSION_COLUMNS, type Group, type Grouping, totalOf } from '../../metering/report/groups.ts';
import type { Column, Row } from './columns.ts';

/** What most calls have none of: a table leaves the column out when every row says 0. */
const SELDOM: ReadonlySet<string> = new Set([
  ...(['cacheWrite1h', 'reasoning', 'images', 'embeddings', 'searches', 'calls'] as const).map(
    (kind) => TOKEN_COLUMNS[kind],
  ),
  ...OUTCOME_COLUMNS,
]);
/** And what nearly all have is in no table. */
const USUAL = 'stop_end' satisfies (typeof OUTCOME_COLUMNS)[number];

const count = (name: string): Column => ({ name, kind: 'count' });
const money = (name: string): Column => ({ name, kind: 'money' });

/** What came last stands behind all others, so that who reads by position reads on. */
const LAST_KINDS = ['searches', 'calls'] as const;
const FIRST_KINDS = TOKEN_KINDS.filter((kind) => !LAST_KINDS.some((last) => last === kind));

/** The columns of a grouped report: period, dimensions, tokens by kind, calls, costs and what is open. */
export function groupColumns({ by, period }: Grouping): Column[] {
  const names = [...(period === 'total' ? [] : [period]), ...by.map((dimension) => DIMENSION_COLUMNS[dimension])];
  return [
    ...names.map((name): Column => ({ name, kind: 'text' })),
    ...FIRST_KINDS.map((kind) => count(TOKEN_COLUMNS[kind])),
    count('invocations'),
    count('estimated'),
    ...['input_cost', 'output_cost', 'total_cost'].map(money),
    count('unsettled'),
    count('unpriced'),
    money('estimated_cost'),
    ...LAST_KINDS.map((kind) => count(TOKEN_COLUMNS[kind])),
    ...OUTCOME_COLUMNS.map(count),
  ];
}

/** A group's cells in the order of groupColumns. */
export function groupRow(group: Group, { period }: Grouping): Row {
  const number = (value: number | bigint) => ({ number: value.toString() });
  const { cost } = group;
  return [
    ...(period === 'total' ? [] : [{ text: group.period }]),
    ...group.names.map((text) => ({ text })),
    ...FIRST_KINDS.map((kind) => number(group.tokens[kind])),
    number(group.invocations),
    number(group.estimated),
    ...[cost?.input ?? null, cost?.output ?? null, totalOf(group)].map(moneyCell),
    number(group.unsettled),
    number(group.unpriced),
    moneyCell(cost?.estimated ?? null),
    ...LAST_KINDS.map((kind) => number(group.tokens[kind])),
    ...OUTCOME_COLUMNS.map((_, i) => number(group.told[i] ?? 0n)),
  ];
}

/** Without the seldom columns that are 0 in every row. */
export function fitting(columns: readonly Column[], rows: readonly Row[]): { columns: Column[]; rows: Row[] } {
  const kept = columns.map(
    ({ name }, i) =>
      name !== USUAL && (!SELDOM.has(name) || rows.some((row) => (row[i] as { number?: string })?.number !== '0')),
  );
  return { columns: columns.filter((_, i) => kept[i]), rows: rows.map((row) => row.filter((_, i) => kept[i])) };
}
