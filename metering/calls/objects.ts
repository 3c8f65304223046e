import { LATE_HOURS } from '../../contract/limits/metering.ts';
import { deliveryHour, hourIndexFrom, parseHourIndex, RAW_PREFIX, rawName } from '../ledger/layout.ts';
import { undoneRaw } from '../ledger/raw.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readProgress } from '../run/progress.ts';
import { type Hour, hourOf } from '../window.ts';

/** Which raw objects can hold lines of calls of an hour: those that a run noted, and those that none has taken on yet. */

type Store = Pick<UsageStore, 'list' | 'read'>;

/** The hour before which no call can have a line; undefined: there is no line at all. */
export async function oldestHour(store: Store, since: number | undefined): Promise<Hour | undefined> {
  for await (const key of store.list(RAW_PREFIX)) {
    const name = rawName(key);
    if (name === undefined) continue;
    const first = deliveryHour(name) - LATE_HOURS;
    return since === undefined ? first : Math.max(first, hourOf(since));
  }
  return undefined;
}

/**
 * Objects that no run has taken on yet. A line comes within the hour after its call began; one that is later is told once a run has
 * noted it.
 */
export async function undone(store: Store, oldest: Hour, newest: Hour): Promise<string[]> {
  const { delivered } = (await readProgress(store)) ?? { delivered: oldest };
  if (newest + 1 < delivered - 1) return [];
  return undoneRaw(store, Math.max(oldest, delivered - 1), newest + 1);
}

/** @returns the objects that can hold lines of an hour, the one that was delivered last first */
export function createObjects(
  store: Store,
  waiting: readonly string[],
  oldest: Hour,
): (hour: Hour) => Promise<string[]> {
  let noted = new Map<Hour, Set<string>>();
  let [from, span] = [Number.POSITIVE_INFINITY, SPAN_HOURS / 2];
  return async (hour) => {
    if (hour < from) {
      // An idle stage is gone through in ever longer steps.
      span *= 2;
      from = Math.max(oldest, hour - span + 1);
      noted = await notedIn(store, from, hour);
    }
    const late = waiting.filter((name) => deliveryHour(name) === hour || deliveryHour(name) === hour + 1);
    return [...new Set([...(noted.get(hour) ?? []), ...late])].sort(byDelivery);
  };
}

/** Hours whose objects are listed at once, at first: a day has some hundreds, of which S3 lists a thousand at a time. */
const SPAN_HOURS = 24;

async function notedIn(store: Store, from: Hour, to: Hour): Promise<Map<Hour, Set<string>>> {
  const found = new Map<Hour, Set<string>>();
  const { prefix, after: start } = hourIndexFrom(from);
  for await (const key of store.list(prefix, start)) {
    const { hour, name } = parseHourIndex(key);
    if (hour > to) break;
    found.set(hour, (found.get(hour) ?? new Set()).add(name));
  }
  return found;
}

/** The time in an object's name, as Firehose writes it there; by hours alone one could not tell which was the last. */
function deliveredAt(name: string): string {
  return /\d{4}(?:-\d{2}){5}.*$/.exec(name.slice(HOUR_CHARS))?.[0] ?? name.slice(HOUR_CHARS);
}

const HOUR_CHARS = 'dt=2026-11-21/hour=09/'.length;

/** Puts what was delivered last first. */
export function byDelivery(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => name.slice(0, HOUR_CHARS) + deliveredAt(name));
  return (one as string) > (other as string) ? -1 : 1;
}
