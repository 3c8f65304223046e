import type { UsageStore } from '../../metering/ledger/store.ts';
import { readUsage } from '../../metering/ledger/usage-hours.ts';
import { type Dimension, type Group, type Grouping, Groups } from '../../metering/report/groups.ts';
import { type Mover, moversOf } from '../../metering/report/movers.ts';
import { daysBefore, type ReportPeriod } from '../../metering/report/period.ts';
import type { Progress } from '../../metering/run/progress.ts';

export interface Question {
  /** One after the other, in order. */
  days: readonly string[];
  /** Only this tenant. */
  tenant?: string | undefined;
}

/** Usage of some days, added up by period and dimensions. */
export async function gatherGroups(
  store: UsageStore,
  { days, tenant }: Question,
  grouping: Grouping,
): Promise<{ groups: Group[]; hours: number }> {
  const groups = new Groups(grouping);
  const hours = await readUsage(store, days, (day, rows) =>
    groups.add(day, tenant === undefined ? rows : rows.filter((row) => row.tenant === tenant)),
  );
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
  movers: Mover[];
  grouping: Grouping;
  rows: Group[];
  /** How far the ledger has come; null: it does not say. */
  progress: Progress | null;
}

const MOVERS_SHOWN = 10;

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
  const { days, tenant } = question;
  const before = daysBefore(days);
  const period = grouping.period === 'total' ? barPeriod(days) : grouping.period;
  const over = (...by: Dimension[]) => new Groups({ by, period: 'total' });
  const now = {
    total: over(),
    bars: new Groups({ by: ['model'], period }),
    tenants: over('tenant'),
    models: over('model'),
    pairs: over('tenant', 'model'),
    rows: new Groups(grouping),
  };
  const earlier = { total: over(), pairs: over('tenant', 'model') };
  const into =
    (sums: Record<string, Groups>): Parameters<typeof readUsage>[2] =>
    (day, rows) => {
      const ours = tenant === undefined ? rows : rows.filter((row) => row.tenant === tenant);
      for (const groups of Object.values(sums)) groups.add(day, ours);
    };
  const hours = await readUsage(store, days, into(now));
  await readUsage(store, before, into(earlier));
  return {
    ...question,
    hours,
    before,
    period,
    grouping,
    progress,
    total: now.total.list()[0],
    totalBefore: earlier.total.list()[0],
    bars: now.bars.list(),
    tenants: now.tenants.list(),
    models: now.models.list(),
    rows: now.rows.list(),
    movers: moversOf(now.pairs.list(), earlier.pairs.list(), MOVERS_SHOWN),
  };
}
