import { type Command, InvalidArgumentError, Option } from 'commander';
import { reportKey } from '../metering/ledger/layout.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import { DIMENSIONS, type Dimension, type Grouping } from '../metering/report/groups.ts';
import { REPORT_PERIODS, type ReportPeriod } from '../metering/report/period.ts';
import { REPORT_COLUMNS, type ReportRow, readReportCsv, reportCells, reportRows } from '../metering/report/report.ts';
import { readProgress } from '../metering/run/progress.ts';
import { dayOf, hourOf } from '../metering/window.ts';
import { type DayOptions, daysOf, daysText } from './days.ts';
import { counted, printOrSave, warn } from './print.ts';
import { type Column, columnsCsv, columnsTable, costliest, type Row, rowJson, totalRow } from './report/columns.ts';
import { gatherGroups, gatherOverview, type Question } from './report/gather.ts';
import { fitting, groupColumns, groupRow } from './report/groups.ts';
import { reportPage } from './report/page.ts';
import { askedOf, checkKnown, type Given, isAsked } from './report/whose.ts';
import { openStore } from './store.ts';
import type { Target } from './target.ts';

interface Options extends DayOptions, Given {
  by?: Dimension[];
  period?: ReportPeriod;
  top?: number;
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
    .option('--model <model>', 'only this model, by its registry id')
    .option('--label <key=value>', 'only tenants with this label; several times: with all of them', several)
    .option('--by <list>', `add up by these: ${DIMENSIONS.join(',')}`, dimensions)
    .addOption(new Option('--period <period>', 'and by these: weeks are of ISO 8601').choices(REPORT_PERIODS))
    .option('--top <count>', 'only so many rows, the costliest first; a table adds the others up', wholeAboveZero)
    .addOption(
      new Option('--format <format>', 'how to print; html is a page that needs nothing else')
        .choices(['table', 'csv', 'json', 'html'])
        .default('table'),
    )
    .option('--out <file>', 'write it there instead of to stdout')
    .action(async (options: Options) => {
      const where = await target();
      const days = daysOf(options, dayOf(hourOf(Date.now())));
      printOrSave(await reportText(where, { days, asked: await askedOf(options, where) }, options), options.out);
    });
}

/** What a report is grouped by unless told otherwise. */
const USUAL: readonly Dimension[] = ['tenant', 'cost-center', 'model'];

/** What is printed; a report of nothing says so on stderr. */
async function reportText(where: Target, question: Question, options: Options): Promise<string> {
  const { by, period, format } = options;
  const store = await openStore(where);
  const grouping: Grouping = { by: by ?? USUAL, period: period ?? 'total' };
  if (format === 'html') {
    const overview = await gatherOverview(store, question, grouping, await readProgress(store));
    if (overview.total === undefined) await tellNothing(where, question, overview.hours);
    const page = { stage: where.stage, region: where.region, at: new Date().toISOString(), overview };
    return reportPage({ ...page, top: options.top });
  }
  if (by === undefined && period === undefined) return dayReports(where, store, question, options);
  const { groups, hours } = await gatherGroups(store, question, grouping);
  if (groups.length === 0) await tellNothing(where, question, hours);
  const rows = groups.map((group) => groupRow(group, grouping));
  const columns = groupColumns(grouping);
  if (format !== 'table') return formatted(columns, rows, options);
  const seen = fitting(columns, rows);
  return formatted(seen.columns, seen.rows, options);
}

/** The days' own reports, as the aggregation wrote them. */
async function dayReports(where: Target, store: UsageStore, question: Question, options: Options): Promise<string> {
  const { days, asked } = question;
  const found: ReportRow[] = [];
  let reports = 0;
  for (const day of days) {
    const report = await store.read(reportKey(day));
    if (report === null) continue;
    reports++;
    for (const row of readReportCsv(report, asked)) if (isAsked(asked, row)) found.push(row);
  }
  const rows = reportRows(found);
  if (rows.length === 0) await tellNothing(where, question, reports);
  return formatted(DAY_COLUMNS, rows.map(reportCells), options);
}

/**
 * @param found reports or hours of those days that there are, whoever's
 * @throws TollgateError `not_found` where nobody knows whom or what was asked for
 */
async function tellNothing(where: Target, { days, asked }: Question, found: number): Promise<void> {
  if (asked.text !== '') await checkKnown(asked, where);
  warn(nothing(days, found, asked.text, dayOf(hourOf(Date.now()))));
}

/** Why a report has no row, and what to do about it. */
export function nothing(days: readonly string[], found: number, asked: string, today: string): string {
  const whose = asked === '' ? '' : ` of ${asked}`;
  if (found > 0) return `no usage${whose} on ${daysText(days)}`;
  if (String(days[0]) > today) return `no report of ${daysText(days)}: it is ${today} (UTC)`;
  return `no report of ${daysText(days)} yet: \`tollgate meter run\` aggregates the calls made so far`;
}

function formatted(columns: readonly Column[], all: readonly Row[], { format, top }: Options): string {
  const { rows, rest } = costliest(columns, all, top);
  if (format === 'csv') return columnsCsv(columns, rows);
  if (format === 'json')
    return JSON.stringify(
      rows.map((row) => rowJson(columns, row)),
      null,
      2,
    );
  if (rows.length === 0) return '';
  const others = rest.length === 0 ? [] : [totalRow(columns, rest, counted(rest.length, 'other'))];
  return columnsTable(columns, all.length === 1 ? rows : [...rows, ...others, totalRow(columns, all)]);
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

function several(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function wholeAboveZero(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
