import type { UsageRow } from './aggregate.ts';
import { dayPrefix, reportKey } from './layout.ts';
import { CSV_TYPE, replace } from './replace.ts';
import { reportCsv, reportRows } from './report.ts';
import type { UsageStore } from './store.ts';
import { readUsageCsv } from './usage-file.ts';

/**
 * Writes a day's report from the day's hours, whole.
 *
 * @param day as `2026-11-21`
 * @returns the key of the report
 */
export async function writeReport(store: UsageStore, day: string): Promise<string> {
  const key = reportKey(day);
  await replace(store, [key], async () => {
    const rows: UsageRow[] = [];
    for await (const object of store.list(dayPrefix(day)))
      if (object.endsWith('/usage.csv'))
        for (const row of readUsageCsv((await store.read(object)) ?? '')) rows.push(row);
    return [{ key, contentType: CSV_TYPE, body: reportCsv(reportRows(rows)) }];
  });
  return key;
}
