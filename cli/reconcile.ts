import { type Command, InvalidArgumentError } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { BILL_REJECTED_LISTED, REPORT_MAX_DAYS } from '../contract/limits/metering.ts';
import { stageName } from '../contract/names.ts';
import { spokeRoleName } from '../contract/spoke-list.ts';
import { type CurLine, type CurRecord, readCurLine } from '../metering/bill/cur-line.ts';
import {
  keepReconciliation,
  keptOf,
  type OtherBill,
  type ReconciliationReport,
  type Rejected,
} from '../metering/bill/kept.ts';
import { Reconciliation } from '../metering/bill/reconcile.ts';
import { BillSums } from '../metering/bill/sums.ts';
import type { UsageRow } from '../metering/ledger/row.ts';
import { readUsage } from '../metering/ledger/usage-hours.ts';
import { dayRange } from '../metering/report/day-range.ts';
import { kindOf } from '../policies/kinds.ts';
import type { ModelEntry } from '../registry/model.ts';
import type { Answer } from './answer.ts';
import { badOption } from './days.ts';
import { counted, warn } from './print.ts';
import { billFiles, billRecords } from './reconcile/bill.ts';
import { createNames, parseMapping } from './reconcile/names.ts';
import { reconcileCsv, reconcileJson, reconcileText } from './reconcile/print.ts';
import { openRegistry } from './registry.ts';
import { toFile } from './report/out.ts';
import { openStore } from './store.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

interface Options {
  cur: string[];
  from?: string;
  to?: string;
  tolerance: number;
  map?: Map<string, string>;
  role?: string;
  all?: true;
  keep: boolean;
  out?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<Options>(program, target, 'reconcile', {
    about: 'AWS’s bill against the ledger, by caller; exits 1 if they differ by more than the tolerance',
    options: (verb) =>
      verb
        .requiredOption('--cur <file...>', 'an export of CUR 2.0: CSV, gzipped CSV or Parquet, or folders of them')
        .option('--from <day>', 'the first day of UTC; the bill’s first unless given')
        .option('--to <day>', 'the last; the bill’s last unless given')
        .option('--tolerance <percent>', 'the difference that is none', percent, 1)
        .option('--map <name=model>', 'which model a name on the bill is; once for each', parseMapping)
        .option('--role <name>', 'the role whose sessions are ours, if not the stage’s own')
        .option('--all', 'show what agrees too')
        .option('--no-keep', 'leave no summary in the bucket of usage, which the API tells of')
        .option('--out <file>', 'write it there instead of to stdout'),
    run: async (options, at) => {
      const where = await at.target();
      const report = await reconcile(where, options);
      if (options.keep) await keep(where, report);
      for (const { file, line, field, reason } of report.rejected.listed)
        warn(`tollgate: ${file}:${line}: ${field}: ${reason}`);
      const differing = report.compared.filter(({ agrees, explained }) => !agrees && !explained);
      const answer: Answer = {
        text: () => reconcileText(report, options.all === true),
        json: () => reconcileJson(report),
        csv: () => reconcileCsv(report),
        ids: () => [...new Set(differing.map(({ tenant }) => tenant))],
        failure: failureOf(report.rejected.count, differing.length, options.tolerance),
      };
      return toFile(answer, 'reconcile', options.format, options.out);
    },
  });
}

/** Who may read the bucket and not write it has compared all the same. */
async function keep(where: Target, report: ReconciliationReport): Promise<void> {
  try {
    await keepReconciliation(await openStore(where), keptOf(report, Date.now()));
  } catch (error) {
    warn(`tollgate: no summary was left in the bucket of usage, for ${String(error)}; --no-keep leaves none`);
  }
}

function failureOf(rejected: number, differ: number, tolerance: number): TollgateError | undefined {
  if (rejected > 0)
    return failed(
      'unusable-lines',
      `${counted(rejected, 'line')} of the bill cannot be used, so it is not reconciled in full`,
    );
  if (differ === 0) return undefined;
  const what = `${counted(differ, 'measure')} ${differ === 1 ? 'differs' : 'differ'}`;
  return failed('differences', `${what} by more than ${tolerance} %`);
}

async function reconcile(where: Target, options: Options): Promise<ReconciliationReport> {
  const { cur, from, to, tolerance, map, role } = options;
  const bill = await readBill(billFiles(cur));
  const days = daysOfBill(bill.sums.days(), from, to);
  const [store, models] = await Promise.all([openStore(where), modelsOf(where)]);
  const strange = [...(map?.values() ?? [])].find((model) => !models.some(({ id }) => id === model));
  if (strange !== undefined) throw badOption('--map', `--map: There is no model ${strange}.`);
  const callers = new Map<string, { tenant: string; principal: string }>();
  // What is paid by the hour that it is there has nothing of a call on the bill.
  const hourly = new Set(models.filter(({ target }) => kindOf(target).paidBy === 'hour').map(({ id }) => id));
  const both = new Reconciliation();
  // What ran in another account is on the bill of that one, which is here only where the export is of all of an organisation.
  const billed = accountsOf(bill.sums);
  const otherBills = new Map<string, OtherBill>();
  await readUsage(store, days, (day, rows) => {
    for (const { tenant, principal } of rows) callers.set(JSON.stringify([tenant, principal]), { tenant, principal });
    const here = rows.filter((row) => {
      if (row.account === undefined || billed.has(row.account)) return true;
      otherBills.set(row.account, withRow(otherBills.get(row.account), row));
      return false;
    });
    both.addLedger(
      day,
      here.filter(({ model }) => !hourly.has(model)),
    );
  });
  const names = createNames({
    roles: role === undefined ? invokerRoles(where) : [role],
    ...(role === undefined ? { spokes: spokeRoleName(where.stage, '') } : {}),
    callers: callers.values(),
    models,
    said: map ?? new Map(),
  });
  const { lines, repeated, skipped } = bill;
  const read = { lines, ours: 0, elsewhere: 0, repeated, skipped: Object.fromEntries(skipped) };
  const asked = new Set(days);
  for (const line of bill.sums.list())
    if (asked.has(line.day)) read[both.addBill(line, names).is === 'ours' ? 'ours' : 'elsewhere'] += line.lines;
  const elsewhere = [...otherBills.values()].sort((a, b) => (a.account < b.account ? -1 : 1));
  return { ...both.result(tolerance), otherBills: elsewhere, days, tolerance, read, rejected: bill.rejected };
}

/** Of the callers on it. */
function accountsOf(sums: BillSums): Set<string> {
  return new Set([...sums.list()].map(({ principal }) => principal.split(':')[4] ?? ''));
}

function withRow(sum: OtherBill | undefined, { account = '', invocations, cost }: UsageRow): OtherBill {
  const { calls, usd } = sum ?? { calls: 0, usd: 0n };
  return { account, calls: calls + invocations, usd: usd + (cost === null ? 0n : cost.input + cost.output) };
}

/** The role's name, and the one without a region that it had before: a bill may be of both times. */
function invokerRoles({ stage, roleName }: Target): string[] {
  return [roleName('invoker'), stageName(stage, 'invoker')];
}

interface Bill {
  sums: BillSums;
  lines: number;
  repeated: number;
  skipped: Map<string, number>;
  rejected: ReconciliationReport['rejected'];
}

/** Every line once, also when a file was named twice or an export repeats one. */
async function readBill(files: readonly string[]): Promise<Bill> {
  const bill: Bill = {
    sums: new BillSums(),
    lines: 0,
    repeated: 0,
    skipped: new Map(),
    rejected: { count: 0, listed: [] },
  };
  const seen = new Set<string>();
  for (const file of files)
    for await (const { line, record } of billRecords(file)) {
      bill.lines++;
      const found = readCurLine(record);
      if (found.skipped !== undefined) bill.skipped.set(found.skipped, (bill.skipped.get(found.skipped) ?? 0) + 1);
      else if (found.rejection !== undefined) reject(bill, { file, line, ...found.rejection });
      else if (isRepeated(record, found.line, seen)) bill.repeated++;
      else bill.sums.add(found.line);
    }
  return bill;
}

function reject({ rejected }: Bill, one: Rejected): void {
  if (++rejected.count <= BILL_REJECTED_LISTED) rejected.listed.push(one);
}

/** AWS numbers the lines of a partition; the rest of the line makes the number unique beyond it. */
function isRepeated(record: CurRecord, { principal, billingName, kind, cost }: CurLine, seen: Set<string>): boolean {
  const { identity_line_item_id: id = '', identity_time_interval: interval = '' } = record;
  if (id === '') return false;
  const key = JSON.stringify([id, interval, principal, billingName, kind, String(cost)]);
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

function daysOfBill(found: readonly string[], from: string | undefined, to: string | undefined): string[] {
  const [first, last] = [from ?? found[0], to ?? found.at(-1)];
  if (first === undefined || last === undefined)
    throw badOption('--cur', 'the bill has no line of Amazon Bedrock: give --from and --to to compare with nothing.');
  const days = dayRange(first, last, { from: '--from', to: '--to' });
  const missing = days.filter((day) => !found.includes(day));
  if (missing.length > 0 && missing.length < REPORT_MAX_DAYS)
    warn(
      `tollgate: the bill has no line of ${missing.length === 1 ? missing[0] : `${missing.length} of these days, the first ${missing[0]}`}`,
    );
  return days;
}

async function modelsOf(where: Target): Promise<ModelEntry[]> {
  const { entries } = await (await openRegistry(where)).listModels();
  return entries;
}

function percent(text: string): number {
  if (/^\d{1,3}(\.\d{1,3})?$/.test(text) && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('It must be a percentage from 0 to 100, with up to 3 decimals.');
}

function failed(reason: string, message: string): TollgateError {
  return new TollgateError('internal', { reason, message });
}
