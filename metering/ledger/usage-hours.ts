import { USAGE_READS_AT_ONCE } from '../../contract/limits/metering.ts';
import { type Hour, parseHour } from '../window.ts';
import { dayPrefix } from './layout.ts';
import type { UsageRow } from './row.ts';
import type { UsageStore } from './store.ts';
import { readUsageCsv, type Whose } from './usage-file.ts';

/**
 * Reads the hours of some days, at most USAGE_READS_AT_ONCE objects at a time, and gives each hour's rows away at once:
 * what is in memory does not grow with the number of days.
 *
 * @param take is given an hour's rows, in no particular order of the hours
 * @param only whose rows are wanted, of which model
 * @param atOnce objects read at a time; default USAGE_READS_AT_ONCE
 * @returns how many hours there were
 * @throws whatever the store throws; Error when an object is not one of ours
 */
export async function readUsage(
  store: Pick<UsageStore, 'list' | 'read'>,
  days: readonly string[],
  take: (day: string, rows: UsageRow[], hour: Hour) => void,
  only: Whose = {},
  atOnce: number = USAGE_READS_AT_ONCE,
): Promise<number> {
  let hours = 0;
  const objects = objectsOf(store, days);
  const work = async (): Promise<void> => {
    for await (const { day, key } of objects) {
      // dayPrefix, then `hour=09/`.
      const hour = parseHour(`${day}T${key.slice(dayPrefix(day).length + 5, -'/usage.csv'.length)}`);
      take(day, readUsageCsv((await store.read(key)) ?? '', only), hour);
      hours++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return hours;
}

/** An async generator answers one `next()` after the other, so several readers may share it. */
async function* objectsOf(
  store: Pick<UsageStore, 'list'>,
  days: readonly string[],
): AsyncGenerator<{ day: string; key: string }> {
  for (const day of days)
    for await (const key of store.list(dayPrefix(day))) if (key.endsWith('/usage.csv')) yield { day, key };
}
