import { TollgateError } from '../../contract/errors.ts';
import { BACKFILL_MAX_DAYS } from '../../contract/limits/metering.ts';
import { backfillKey } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';
import { type Hour, hourText, parseHour, parseHourOrDay } from '../window.ts';

/** Hours to be computed anew, both included. */
export interface Range {
  from: Hour;
  to: Hour;
}

/**
 * @param from an hour or a day of UTC, as `2026-11-01` or `2026-11-01T09`; @param to likewise, the last one
 * @throws TollgateError `invalid_request` naming the field
 */
export function parseRange(from: string, to: string, names = { from: 'from', to: 'to' }): Range {
  const range = { from: parseHourOrDay(from, 'first', names.from), to: parseHourOrDay(to, 'last', names.to) };
  if (range.from > range.to) throw bad(names.from, `${names.from} ${from} is after ${names.to} ${to}.`);
  if (range.to - range.from >= BACKFILL_MAX_DAYS * 24)
    throw bad(names.from, `${names.from} to ${names.to} may cover at most ${BACKFILL_MAX_DAYS} days.`);
  return range;
}

/** How far a backfill has come, kept in the bucket, so that the same command goes on where it was broken off. */
export interface BackfillState {
  /** Everything before it was tried. */
  next: Hour;
  /** What could not be written. */
  failed: Hour[];
}

/** @returns null when the range was not begun, and also when the object is not what we write: then all is done anew */
export async function readBackfill(store: UsageStore, range: Range): Promise<BackfillState | null> {
  const text = await store.read(backfillKey(range.from, range.to));
  if (text === null) return null;
  try {
    const { next, failed } = JSON.parse(text) as { next: string; failed: string[] };
    return { next: parseHour(next), failed: failed.map((hour) => parseHour(hour)) };
  } catch {
    return null;
  }
}

export async function writeBackfill(store: UsageStore, range: Range, { next, failed }: BackfillState): Promise<void> {
  const text = JSON.stringify({ next: hourText(next), failed: failed.map(hourText) });
  await store.put(backfillKey(range.from, range.to), text, { contentType: 'application/json' });
}

/**
 * What is left to do: the hours that failed, and those that were not tried. Of a backfill that has ended well it is
 * everything, because who gives the command once more wants it done once more.
 *
 * @param last nothing after it: it has not begun
 */
export function hoursLeft(state: BackfillState | null, { from, to }: Range, last: Hour): Hour[] {
  const end = Math.min(to, last);
  const done = state !== null && state.next > end && state.failed.length === 0;
  const { next, failed } = state === null || done ? { next: from, failed: [] } : state;
  return [...failed, ...Array.from({ length: Math.max(0, end - next + 1) }, (_, i) => next + i)];
}

function bad(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-range', message });
}
