import type { Clock, WriteLine } from '../../contract/log.ts';
import type { Counters } from '../budgets/counters.ts';
import { type ReportRow, reportCsv, reportRows } from '../report/report.ts';
import { TenantDays, writeTenantDays } from '../report/tenant-day.ts';
import { followLedger } from './follow.ts';
import { answersKey, reportKey } from './layout.ts';
import { CSV_TYPE, replace } from './replace.ts';
import type { UsageStore } from './store.ts';
import { readUsage } from './usage-hours.ts';

export interface DayDependencies {
  store: UsageStore;
  clock: Clock;
  /** Where tenants' summaries go, and what budgets count; null: nowhere. */
  counters: Pick<Counters, 'put' | 'partition' | 'update'> | null;
  write?: WriteLine;
}

/**
 * Writes a day's report and what its answers told from the day's hours, whole, then each tenant's summary of the day, and has the budgets' counters
 * follow what the day costs.
 *
 * @param day as `2026-11-21`
 * @returns the key of the report
 * @throws whatever the store or the counters table throws; the day is then to be written again
 */
export async function writeDay(day: string, { store, clock, counters, write }: DayDependencies): Promise<string> {
  const key = reportKey(day);
  let asOf = clock();
  const answers = answersKey(day);
  let tenants = new TenantDays(day);
  await replace(store, [key, answers], async () => {
    asOf = clock();
    tenants = new TenantDays(day);
    let report: ReportRow[] = [];
    // Loaded when a day is written, not when a run that has nothing to do starts.
    const told = new (await import('../monitor/answers.ts')).DayAnswers();
    await readUsage(store, [day], (_, rows, hour) => {
      told.add(hour, rows);
      report = reportRows([...report, ...rows]);
      if (counters) tenants.add(rows);
    });
    return [
      { key, contentType: CSV_TYPE, body: reportCsv(report) },
      { key: answers, contentType: CSV_TYPE, body: told.csv() },
    ];
  });
  if (counters === null) return key;
  await writeTenantDays(counters, tenants.list(asOf));
  await followLedger(day, { store, counters, clock, ...(write === undefined ? {} : { write }) });
  return key;
}
