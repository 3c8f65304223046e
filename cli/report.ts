import { type Command, Option } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { REPORT_MAX_DAYS } from '../contract/limits.ts';
import { reportKey } from '../metering/layout.ts';
import {
  REPORT_COLUMNS,
  type ReportRow,
  readReportCsv,
  reportCells,
  reportCsv,
  reportRows,
} from '../metering/report.ts';
import { dayOf, daysBetween, hourOf, parseDay } from '../metering/window.ts';
import { print, printJson, table, warn } from './print.ts';
import type { Target } from './target.ts';

interface Options {
  day?: string;
  from?: string;
  to?: string;
  tenant?: string;
  format: 'table' | 'csv' | 'json';
}

export function register(program: Command, target: () => Promise<Target>): void {
  program
    .command('report')
    .description('what was used and what it cost, by tenant, cost centre and model; today unless a day is given')
    .option('--day <day>', 'one day of UTC: 2026-11-21')
    .option('--from <day>', 'the first of several days')
    .option('--to <day>', 'the last of them; today unless given')
    .option('--tenant <tenant>', 'only this tenant')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'csv', 'json']).default('table'))
    .action(async (options: Options) => {
      const days = daysOf(options, dayOf(hourOf(Date.now())));
      const reports = await readReports(await target(), days);
      const all = reportRows(reports.flatMap(readReportCsv));
      const rows = all.filter(({ tenant }) => options.tenant === undefined || tenant === options.tenant);
      if (rows.length === 0) warn(nothing(days, reports.length, options.tenant));
      printRows(rows, options.format);
    });
}

/** @throws TollgateError `invalid_request` naming the option */
export function daysOf({ day, from, to }: Pick<Options, 'day' | 'from' | 'to'>, today: string): string[] {
  if (day !== undefined && (from !== undefined || to !== undefined))
    throw bad('--day', '--day is one day, --from and --to are several: give one or the other.');
  if (from === undefined && to !== undefined) throw bad('--from', '--to needs --from.');
  const first = parseDay(day ?? from ?? today, day === undefined ? '--from' : '--day');
  const last = day === undefined ? parseDay(to ?? today, '--to') : first;
  const days = daysBetween(first, last);
  if (days.length === 0) throw bad('--from', `--from ${first} is after --to ${last}.`);
  if (days.length > REPORT_MAX_DAYS) throw bad('--from', `a report covers at most ${REPORT_MAX_DAYS} days.`);
  return days;
}

async function readReports({ clientConfig, bucket }: Target, days: readonly string[]): Promise<string[]> {
  const [{ S3Client }, { createStore }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('../metering/store.ts'),
  ]);
  const store = createStore({ client: new S3Client(clientConfig), bucket: await bucket() });
  const reports: string[] = [];
  for (const day of days) {
    const report = await store.read(reportKey(day));
    if (report !== null) reports.push(report);
  }
  return reports;
}

function nothing(days: readonly string[], reports: number, tenant: string | undefined): string {
  const when = days.length === 1 ? days[0] : `${days[0]} to ${days.at(-1)}`;
  const whose = tenant === undefined ? '' : ` of tenant ${tenant}`;
  return reports === 0
    ? `no report of ${when} yet: \`tollgate meter run\` aggregates the calls made so far`
    : `no usage${whose} on ${when}`;
}

function printRows(rows: readonly ReportRow[], format: Options['format']): void {
  if (format === 'csv') print(reportCsv(rows));
  else if (format === 'json') printJson(rows.map(jsonOf));
  else if (rows.length > 0) print(reportTable(rows));
}

const TEXTS = 3;
const MONEY: ReadonlySet<string> = new Set(['input_cost', 'output_cost', 'total_cost']);

/** Money as exact text, null when it is not known; counts as numbers, which a reader of JSON can add up. */
export function jsonOf(row: ReportRow): Record<string, string | number | null> {
  const cells = reportCells(row);
  return Object.fromEntries(
    REPORT_COLUMNS.map((column, i) => {
      const cell = cells[i] ?? { number: '' };
      if ('text' in cell) return [column, cell.text];
      if (MONEY.has(column)) return [column, cell.number === '' ? null : cell.number];
      return [column, Number(cell.number)];
    }),
  );
}

/** Numbers to the right, and money with as many decimals as its column needs to be exact, so that the points align. */
export function reportTable(rows: readonly ReportRow[]): string {
  const texts = rows.map((row) => reportCells(row).map((cell) => ('text' in cell ? cell.text : cell.number)));
  const columns = REPORT_COLUMNS.map((column, i) => {
    const cells = texts.map((row) => row[i] ?? '');
    return i < TEXTS ? cells : toTheRight(column, MONEY.has(column) ? sameDecimals(cells) : cells);
  });
  const heads = REPORT_COLUMNS.map((column, i) => column.padStart(i < TEXTS ? 0 : (columns[i]?.[0]?.length ?? 0)));
  return table(
    heads,
    rows.map((_, line) => columns.map((cells) => cells[line] ?? '')),
  );
}

function toTheRight(column: string, cells: readonly string[]): string[] {
  const width = Math.max(column.length, ...cells.map((cell) => cell.length));
  return cells.map((cell) => (cell || '-').padStart(width));
}

function sameDecimals(amounts: readonly string[]): string[] {
  const decimals = Math.max(2, ...amounts.map((amount) => amount.split('.')[1]?.length ?? 0));
  return amounts.map((amount) => {
    const [whole = '', fraction = ''] = amount.split('.');
    return amount === '' ? '' : `${whole}.${fraction.padEnd(decimals, '0')}`;
  });
}

function bad(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-option', message });
}
