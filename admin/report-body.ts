import { USAGE_ROWS_MAX } from '../contract/limits/metering.ts';
import { type Cell, writeCsv } from '../metering/csv.ts';
import { formatMoney, type Money } from '../metering/money.ts';
import {
  DIMENSION_COLUMNS,
  DIMENSION_MEMBERS,
  type Dimension,
  type Group,
  type Grouping,
  Groups,
  totalOf,
} from '../metering/report/groups.ts';
import type { Mover } from '../metering/report/movers.ts';
import { REPORT_COLUMNS, reportCells } from '../metering/report/report.ts';
import { costliestFirst } from '../metering/report/summary.ts';
import type { Reply } from './route.ts';

/** How reports are told: amounts exact, as text; null where they are not known. */

type Order = (a: Group, b: Group) => number;

/**
 * @param top how many rows are told one by one
 * @param order of which the first are; the costliest unless given
 */
export function reportBody(groups: readonly Group[], grouping: Grouping, top: number, order: Order = costliestFirst) {
  const sorted = groups.toSorted((a, b) => order(a, b) || costliestFirst(a, b));
  const others = sorted.slice(top);
  return {
    items: sorted.slice(0, top).map((group) => ({ ...namesOf(group, grouping), ...sumsOf(group) })),
    ...(others.length === 0 ? {} : { others: { rows: others.length, ...totalBody(together(others)) } }),
  };
}

/** Of everything; of nothing that nothing was used. */
export function totalBody(group: Group | undefined) {
  return group === undefined ? null : sumsOf(group);
}

/** @returns a file in the columns of a day’s report, behind those of the period and of the grouping; as many rows as there may be, the costliest first */
export function reportCsv(
  groups: readonly Group[],
  { by, period }: Grouping,
  name: string,
  top = USAGE_ROWS_MAX,
): Reply {
  const columns = [
    ...(period === 'total' ? [] : [period]),
    ...by.map((dimension) => DIMENSION_COLUMNS[dimension]),
    ...REPORT_COLUMNS.slice(NAMES),
  ];
  const rows = groups.toSorted(costliestFirst).slice(0, top);
  const cells = rows.map((group): Cell[] => [
    ...[...(period === 'total' ? [] : [group.period]), ...group.names].map((text) => ({ text })),
    ...reportCells({ ...group, tenant: '', costCenter: '', model: '' }).slice(NAMES),
  ]);
  return {
    body: writeCsv(columns, cells),
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name}.csv"`,
      ...(rows.length < groups.length ? { 'x-tollgate-rows-left': String(groups.length - rows.length) } : {}),
    },
  };
}

/** Tenant, cost centre and model, which begin a row of a day’s report. */
const NAMES = REPORT_COLUMNS.indexOf('model_id') + 1;

export function moverBody({ names, before, now, change }: Mover, by: readonly Dimension[]) {
  const named = Object.fromEntries(by.map((dimension, i) => [DIMENSION_MEMBERS[dimension], names[i]]));
  return { ...named, before: formatMoney(before), now: formatMoney(now), change: formatMoney(change) };
}

/** What a group cost; `0` of nothing. */
export function moneyOf(group: Group | undefined): string | null {
  const money: Money | null = group === undefined ? 0n : totalOf(group);
  return money === null ? null : formatMoney(money);
}

/** Whether something of it is in no sum, or in one as our estimate. */
export function isOpen({ unpriced, unsettled, estimated }: Group): boolean {
  return unpriced + unsettled + estimated > 0;
}

function namesOf(group: Group, { by, period }: Grouping) {
  return {
    ...(period === 'total' ? {} : { period: group.period }),
    ...Object.fromEntries(by.map((dimension, i) => [DIMENSION_MEMBERS[dimension], group.names[i]])),
  };
}

function sumsOf(group: Group) {
  const { tokens, invocations, estimated, unsettled, unpriced, cost } = group;
  return {
    tokens: {
      input: Number(tokens.input),
      output: Number(tokens.output),
      cacheRead: Number(tokens.cacheRead),
      cacheWrite: Number(tokens.cacheWrite + tokens.cacheWrite1h),
    },
    invocations,
    cost: cost && {
      input: formatMoney(cost.input),
      output: formatMoney(cost.output),
      total: moneyOf(group),
      estimated: formatMoney(cost.estimated),
    },
    ...{ unsettled, unpriced, estimated },
  };
}

function together(groups: readonly Group[]): Group | undefined {
  const sum = new Groups({ by: [], period: 'total' });
  // Of whatever days: there is one period.
  sum.add(
    '1970-01-01',
    groups.map(({ names: _, period: __, ...sums }) => sums),
  );
  return sum.list()[0];
}
