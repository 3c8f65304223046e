import type { Clock } from '../../contract/log.ts';
import type { Counters } from '../budgets/counters.ts';
import { type ReportRow, reportCsv, reportRows } from '../report/report.ts';
import { TenantDays, writeTenantDays } from '../report/tenant-day.ts';
import { reportKey } from './layout.ts';
import { CSV_TYPE, replace } from './replace.ts';
import type { UsageStore } from './store.ts';
import { readUsage } from './usage-hours.ts';

export interface DayDependencies {
  store: UsageStore;
  clock: Clock;
  /** Where tenants' summaries go; null: nowhere. */
  counters: Pick<Counters, 'put'> | null;
}

/**
 * Writes a day's report from the day's hours, whole, and then each tenant's summary of the day.
 *
 * @param day as `2026-11-21`
 * @returns the key of the report
 * @throws whatever the store or the counters table throws; the day is then to be written again
 */
export async function writeDay(day: string, { store, clock, counters }: DayDependencies): Promise<string> {
  const key = reportKey(day);
  let asOf = clock();
  let tenants = new TenantDays(day);
  await replace(store, [key], async () => {
    asOf = clock();
    tenants = new TenantDays(day);
    let report: ReportRow[] = [];
    await readUsage(store, [day], (_, rows) => {
      report = reportRows([...report, ...rows]);
      if (counters) tenants.add(rows);
    });
    return [{ key, contentType: CSV_TYPE, body: reportCsv(report) }];
  });
  if (counters) await writeTenantDays(counters, tenants.list(asOf));
  return key;
}
