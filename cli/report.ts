import { type Command, InvalidArgumentError, Option } from 'commander';
import { reportKey } from '../metering/ledger/layout.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import { DIMENSIONS, type Dimension, type Grouping } from '../metering/report/groups.ts';
import { REPORT_PERIODS, type ReportPeriod } from '../metering/report/period.ts';
import { REPORT_COLUMNS, type ReportRow, readReportCsv, reportCells, reportRows } from '../metering/report/report.ts';
import { readProgress } from '../metering/run/progress.ts';
import { dayOf, hourOf } from '../metering/window.ts';
import { type Answer, FORMATS, type Format } from './answer.ts';
import { type DayOptions, daysOf, daysText } from './days.ts';
import { counted, printOrSave, warn } from './print.ts';
import {
  type Column,
  columnsCsv,
  columnsTable,
  costliest,
  type Row,
  rowJson,
  textOf,
  totalRow,
} from './report/columns.ts';
import { gatherGroups, gatherOverview, type Question } from './report/gather.ts';
import { fitting, groupColumns, groupRow } from './report/groups.ts';
import { toFile } from './report/out.ts';
import { reportPage } from './report/page.ts';
import { askedOf, checkKnown, type Given, isAsked } from './report/whose.ts';
import { openStore } from './store.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

interface Options extends DayOptions, Given {
  by?: Dimension[];
  period?: ReportPeriod;
  top?: number;
  out?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<Options>(program, target, 'report', {
    about: 'what was used and what it cost, by tenant, cost centre and model; today unless a day is given',
    options: (verb) =>
      verb
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
            .choices([...FORMATS, 'html'])
            .default('table'),
        )
        .option('-q, --quiet', 'the first names of the rows only')
        .option('--out <file>', 'write it there instead of to stdout'),
    run: async (options, at) => {
      const { out, quiet } = options;
      const format = options.format as Format | 'html';
      const days = daysOf(options, dayOf(hourOf(Date.now())));
      const where = await at.target();
      const question: Question = { days, asked: await askedOf(options, where) };
      if (format !== 'html' || quiet) {
        const answer = await reportAnswer(where, question, options);
        return format === 'html' ? answer : toFile(answer, 'report', format, out);
      }
      printOrSave(await reportHtml(where, question, options), out);
      return undefined;
    },
  });
}

/** What a report is grouped by unless told otherwise. */
const USUAL: readonly Dimension[] = ['tenant', 'cost-center', 'model'];

async function reportHtml(where: Target, question: Question, { by, period, top }: Options): Promise<string> {
  const store = await openStore(where);
  const grouping: Grouping = { by: by ?? USUAL, period: period ?? 'total' };
  const overview = await gatherOverview(store, question, grouping, await readProgress(store));
  if (overview.total === undefined) await tellNothing(where, question, overview.hours);
  return reportPage({ stage: where.stage, region: where.region, at: new Date().toISOString(), overview, top });
}

/** What is printed; a report of nothing says so on stderr. */
async function reportAnswer(where: Target, question: Question, options: Options): Promise<Answer> {
  const { by, period } = options;
  const store = await openStore(where);
  if (by === undefined && period === undefined) return dayReports(where, store, question, options);
  const grouping: Grouping = { by: by ?? USUAL, period: period ?? 'total' };
  const { groups, hours } = await gatherGroups(store, question, grouping);
  if (groups.length === 0) await tellNothing(where, question, hours);
  const rows = groups.map((group) => groupRow(group, grouping));
  return answerOf(groupColumns(grouping), rows, options, grouping.period === 'total' ? 0 : 1);
}

/** The days' own reports, as the aggregation wrote them. */
async function dayReports(where: Target, store: UsageStore, question: Question, options: Options): Promise<Answer> {
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
  return answerOf(DAY_COLUMNS, rows.map(reportCells), options, 0);
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

/** @param named the column of the names that `-q` leaves */
function answerOf(columns: readonly Column[], all: readonly Row[], { top }: Options, named: number): Answer {
  const { rows, rest } = costliest(columns, all, top);
  return {
    text: () => {
      if (rows.length === 0) return '';
      const others = rest.length === 0 ? [] : [totalRow(columns, rest, counted(rest.length, 'other'))];
      const seen = fitting(columns, all.length === 1 ? rows : [...rows, ...others, totalRow(columns, all)]);
      return columnsTable(seen.columns, seen.rows);
    },
    json: () => rows.map((row) => rowJson(columns, row)),
    csv: () => columnsCsv(columns, rows),
    ids: () => [...new Set(rows.map((row) => textOf(row[named])))],
  };
}

const MONEY: ReadonlySet<string> = new Set(['input_cost', 'output_cost', 'total_cost', 'estimated_cost']);
const TEXTS = 3;

/** The columns of a day's report, by kind. */
export const DAY_COLUMNS: readonly Column[] = REPORT_COLUMNS.map((name, i) => ({
  name,
  kind: i < TEXTS ? 'text' : MONEY.has(name) ? 'money' : 'count',
}));

function dimensions(list: string): Dimension[] {
  const named = list.split(',').map((name) => name.trim().replace(/^cost-centre$/, 'cost-center'));
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
