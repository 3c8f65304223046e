import type { UsageRow } from '../../metering/ledger/row.ts';
import type { UsageStore } from '../../metering/ledger/store.ts';
import { readUsage } from '../../metering/ledger/usage-hours.ts';
import { type Dimension, type Group, type Grouping, Groups } from '../../metering/report/groups.ts';
import { type Mover, moversOf } from '../../metering/report/movers.ts';
import { daysBefore, type ReportPeriod } from '../../metering/report/period.ts';
import type { Progress } from '../../metering/run/progress.ts';
import { type Asked, isAsked } from './whose.ts';

export interface Question {
  /** One after the other, in order. */
  days: readonly string[];
  asked: Asked;
}

/** Usage of some days, added up by period and dimensions. */
export async function gatherGroups(
  store: UsageStore,
  { days, asked }: Question,
  grouping: Grouping,
): Promise<{ groups: Group[]; hours: number }> {
  const groups = new Groups(grouping);
  const hours = await readAsked(store, days, asked, (day, rows) => groups.add(day, rows));
  return { groups: groups.list(), hours };
}

/** Everything that the page shows. */
export interface Overview extends Question {
  hours: number;
  /** The days before, as many. */
  before: readonly string[];
  /** The bars' period. */
  period: ReportPeriod;
  total: Group | undefined;
  totalBefore: Group | undefined;
  bars: Group[];
  tenants: Group[];
  models: Group[];
  costCenters: Group[];
  movers: Mover[];
  grouping: Grouping;
  rows: Group[];
  /** How far the ledger has come; null: it does not say. */
  progress: Progress | null;
}

const MOVERS_SHOWN = 100;

/** Bars are of days up to six weeks, of weeks up to seven months, then of months: so that each can be told apart. */
export function barPeriod(days: readonly string[]): ReportPeriod {
  if (days.length <= 45) return 'day';
  return days.length <= 214 ? 'week' : 'month';
}

/** One reading of the days, added up in every way that the page shows, and one of the days before. */
export async function gatherOverview(
  store: UsageStore,
  question: Question,
  grouping: Grouping,
  progress: Progress | null,
): Promise<Overview> {
  const { days, asked } = question;
  const before = daysBefore(days);
  const period = grouping.period === 'total' ? barPeriod(days) : grouping.period;
  // Each row is added up twice only, however many ways its sums are then put together.
  const bars = new Groups({ by: ['model'], period });
  const all = new Groups({ ...grouping, by: [...new Set([...EACH, ...grouping.by])] });
  const allBefore = new Groups({ by: EACH, period: 'total' });
  const hours = await readAsked(store, days, asked, (day, rows) => {
    bars.add(day, rows);
    all.add(day, rows);
  });
  await readAsked(store, before, asked, (day, rows) => allBefore.add(day, rows));
  const over = (groups: Groups, ...by: Dimension[]) => groups.by({ by, period: 'total' }).list();
  return {
    ...question,
    hours,
    before,
    period,
    grouping,
    progress,
    total: over(all)[0],
    totalBefore: over(allBefore)[0],
    bars: bars.list(),
    tenants: over(all, 'tenant'),
    costCenters: over(all, 'cost-center'),
    models: over(all, 'model'),
    rows: all.by(grouping).list(),
    movers: moversOf(over(all, 'tenant', 'model'), over(allBefore, 'tenant', 'model'), MOVERS_SHOWN),
  };
}

const EACH: readonly Dimension[] = ['tenant', 'cost-center', 'model'];

function readAsked(
  store: UsageStore,
  days: readonly string[],
  asked: Asked,
  take: (day: string, rows: UsageRow[]) => void,
): Promise<number> {
  const { tenant, model } = asked;
  return readUsage(
    store,
    days,
    (day, rows) =>
      take(
        day,
        rows.filter((row) => isAsked(asked, row)),
      ),
    { tenant, model },
  );
}
