import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseTenantId } from '../contract/identity.ts';
import { reportKey } from '../metering/ledger/layout.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import { DIMENSIONS, type Dimension, type Grouping } from '../metering/report/groups.ts';
import { REPORT_PERIODS, type ReportPeriod } from '../metering/report/period.ts';
import { REPORT_COLUMNS, readReportCsv, reportCells, reportRows } from '../metering/report/report.ts';
import { readProgress } from '../metering/run/progress.ts';
import { dayOf, hourOf } from '../metering/window.ts';
import { type DayOptions, daysOf, daysText } from './days.ts';
import { printOrSave, warn } from './print.ts';
import { hasTenant, openRegistry } from './registry.ts';
import { type Column, columnsCsv, columnsTable, type Row, rowJson, totalRow } from './report/columns.ts';
import { gatherGroups, gatherOverview } from './report/gather.ts';
import { fitting, groupColumns, groupRow } from './report/groups.ts';
import { reportPage } from './report/page.ts';
import { openStore } from './store.ts';
import type { Target } from './target.ts';

interface Options extends DayOptions {
  tenant?: string;
  by?: Dimension[];
  period?: ReportPeriod;
  format: 'table' | 'csv' | 'json' | 'html';
  out?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  program
    .command('report')
    .description('what was used and what it cost, by tenant, cost centre and model; today unless a day is given')
    .option('--day <day>', 'one day of UTC: 2026-11-21')
    .option('--from <day>', 'the first of several days')
    .option('--to <day>', 'the last of them; today unless given')
    .option('--tenant <tenant>', 'only this tenant')
    .option('--by <list>', `add up by these: ${DIMENSIONS.join(',')}`, dimensions)
    .addOption(new Option('--period <period>', 'and by these: weeks are of ISO 8601').choices(REPORT_PERIODS))
    .addOption(
      new Option('--format <format>', 'how to print; html is a page that needs nothing else')
        .choices(['table', 'csv', 'json', 'html'])
        .default('table'),
    )
    .option('--out <file>', 'write it there instead of to stdout')
    .action(async (options: Options) => {
      if (options.tenant !== undefined) parseTenantId(options.tenant, '--tenant');
      const where = await target();
      const days = daysOf(options, dayOf(hourOf(Date.now())));
      printOrSave(await reportText(where, days, options), options.out);
    });
}

/** What a report is grouped by unless told otherwise. */
const USUAL: readonly Dimension[] = ['tenant', 'cost-center', 'model'];

/** What is printed; a report of nothing says so on stderr. */
async function reportText(where: Target, days: readonly string[], options: Options): Promise<string> {
  const { by, period, format, tenant } = options;
  const store = await openStore(where);
  const grouping: Grouping = { by: by ?? USUAL, period: period ?? 'total' };
  if (format === 'html') {
    const overview = await gatherOverview(store, { days, tenant }, grouping, await readProgress(store));
    if (overview.total === undefined) await tellNothing(where, days, overview.hours, tenant);
    return reportPage({ stage: where.stage, region: where.region, at: new Date().toISOString(), overview });
  }
  if (by === undefined && period === undefined) return dayReports(where, store, days, options);
  const { groups, hours } = await gatherGroups(store, { days, tenant }, grouping);
  if (groups.length === 0) await tellNothing(where, days, hours, tenant);
  const rows = groups.map((group) => groupRow(group, grouping));
  const columns = groupColumns(grouping);
  if (format !== 'table') return formatted(columns, rows, format);
  const seen = fitting(columns, rows);
  return formatted(seen.columns, seen.rows, format);
}

/** The days' own reports, as the aggregation wrote them. */
async function dayReports(
  where: Target,
  store: UsageStore,
  days: readonly string[],
  { tenant, format }: Options,
): Promise<string> {
  const reports: string[] = [];
  for (const day of days) {
    const report = await store.read(reportKey(day));
    if (report !== null) reports.push(report);
  }
  const rows = reportRows(reports.flatMap((csv) => readReportCsv(csv, { tenant })));
  if (rows.length === 0) await tellNothing(where, days, reports.length, tenant);
  return formatted(DAY_COLUMNS, rows.map(reportCells), format);
}

/** @param found reports or hours of those days that there are, whoever's */
async function tellNothing(
  where: Target,
  days: readonly string[],
  found: number,
  tenant: string | undefined,
): Promise<void> {
  warn(nothing(days, found, tenant, dayOf(hourOf(Date.now()))));
  if (tenant !== undefined && !(await hasTenant(await openRegistry(where), tenant)))
    warn(`tollgate: the registry has no tenant ${tenant}`);
}

/** Why a report has no row, and what to do about it. */
export function nothing(days: readonly string[], found: number, tenant: string | undefined, today: string): string {
  const whose = tenant === undefined ? '' : ` of tenant ${tenant}`;
  if (found > 0) return `no usage${whose} on ${daysText(days)}`;
  if (String(days[0]) > today) return `no report of ${daysText(days)}: it is ${today} (UTC)`;
  return `no report of ${daysText(days)} yet: \`tollgate meter run\` aggregates the calls made so far`;
}

function formatted(columns: readonly Column[], rows: readonly Row[], format: Options['format']): string {
  if (format === 'csv') return columnsCsv(columns, rows);
  if (format === 'json')
    return JSON.stringify(
      rows.map((row) => rowJson(columns, row)),
      null,
      2,
    );
  if (rows.length === 0) return '';
  return columnsTable(columns, rows.length === 1 ? rows : [...rows, totalRow(columns, rows)]);
}

const MONEY: ReadonlySet<string> = new Set(['input_cost', 'output_cost', 'total_cost', 'estimated_cost']);
const TEXTS = 3;

/** The columns of a day's report, by kind. */
export const DAY_COLUMNS: readonly Column[] = REPORT_COLUMNS.map((name, i) => ({
  name,
  kind: i < TEXTS ? 'text' : MONEY.has(name) ? 'money' : 'count',
}));

function dimensions(list: string): Dimension[] {
  const named = list.split(',').map((name) => name.trim());
  const unknown = named.find((name) => !(DIMENSIONS as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`${JSON.stringify(unknown)} is none of ${DIMENSIONS.join(', ')}.`);
  return [...new Set(named)] as Dimension[];
}
