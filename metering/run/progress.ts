import { LATE_HOURS } from '../../contract/limits/metering.ts';
import { PROGRESS_KEY } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';
import { type Hour, hourText, parseHour } from '../window.ts';

/**
 * How far the runs have come, so that a run after a long outage begins where the last good one ended. It is written only
 * after a run in which nothing failed; an older value, left by a slower run, merely makes the next one look at more.
 */
export interface Progress {
  /** Everything delivered before this hour is done. */
  delivered: Hour;
  /** Milliseconds since 1970: hours that had pending calls due until then have been looked at again. */
  due: number;
}

/**
 * From which hour of delivery on to look for raw objects that are not done. Earlier than the watermark by as much as an
 * object may be late: one that is named for an hour before it may have come after the run that set it.
 *
 * @returns undefined: everything
 */
export function lookFrom(progress: Progress | null): Hour | undefined {
  return progress === null ? undefined : progress.delivered - LATE_HOURS;
}

/** @returns null before the first good run, and also when the object is not what we write: then all is looked at again */
export async function readProgress(store: Pick<UsageStore, 'read'>): Promise<Progress | null> {
  const text = await store.read(PROGRESS_KEY);
  if (text === null) return null;
  try {
    const { delivered, due } = JSON.parse(text) as { delivered: string; due: number };
    return Number.isSafeInteger(due) ? { delivered: parseHour(delivered), due } : null;
  } catch {
    return null;
  }
}

export async function writeProgress(store: UsageStore, { delivered, due }: Progress): Promise<void> {
  await store.put(PROGRESS_KEY, JSON.stringify({ delivered: hourText(delivered), due }), {
    contentType: 'application/json',
  });
}
