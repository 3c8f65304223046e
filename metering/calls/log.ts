import { isTollgateError } from '../../contract/errors.ts';
import { CALLS_KEPT, LOG_READS_FOR_MS, OBJECTS_READ_AT_ONCE } from '../../contract/limits/metering.ts';
import type { Clock } from '../../contract/log.ts';
import type { UsageRecord } from '../../contract/usage.ts';
import { CORRUPT } from '../ledger/lines.ts';
import { recordsWhen } from '../ledger/raw.ts';
import type { UsageStore } from '../ledger/store.ts';
import { HOUR_MS, type Hour, hourOf } from '../window.ts';
import type { FoundCall } from './find.ts';
import { type Floor, floorOf, Kept } from './kept.ts';
import { byDelivery, createObjects, oldestHour, undone } from './objects.ts';

/**
 * The log of calls, page by page, the newest first, out of the raw lines alone: it is kept for as long as they are, and nothing is
 * written for it. The bucket is read an hour of calls at a time, and of an hour only those objects that were noted to hold lines of
 * it, or are not aggregated yet.
 */

export interface Wanted {
  /** Milliseconds since 1970: calls that began from then on; undefined: as far back as there are lines. */
  since?: number | undefined;
  /** And before then. */
  until: number;
  /** What each line says of it; lines that are not wanted are not kept in memory. */
  is(record: UsageRecord): boolean;
  /** What all of its lines together say. */
  ended(call: FoundCall): boolean;
  limit: number;
}

/** Where the next page begins. */
export interface Position {
  /** Calls that began in it, or before. */
  hour: Hour;
  /** The newest of its objects that is not told in full; absent: none of them is told. */
  first?: string;
  /** From `first` to this one they are told down to `floor`. */
  last?: string;
  floor?: Floor;
}

export interface Page {
  calls: FoundCall[];
  /** Absent: there are no more. */
  next?: Position;
  /** Milliseconds since 1970: down to here everything was looked at. */
  lookedBackTo: number;
}

type Store = Pick<UsageStore, 'list' | 'lines' | 'read'>;

/**
 * One page. It ends when it is full, or when so much time is spent that an answer should be given, and then goes on at `next`; each
 * page comes further, however large an hour is.
 *
 * @param from the `next` of the page before
 * @param most attempts in memory at once
 * @throws whatever the store throws
 */
export async function pageOfCalls(
  store: Store,
  wanted: Wanted,
  clock: Clock,
  from?: Position,
  most = CALLS_KEPT,
): Promise<Page> {
  const { limit, until } = wanted;
  const oldest = await oldestHour(store, wanted.since);
  let position = from ?? { hour: hourOf(until - 1) };
  if (oldest === undefined || position.hour < oldest) return { calls: [], lookedBackTo: wanted.since ?? until };
  const spent = spentAfter(clock);
  const objects = createObjects(store, await undone(store, oldest, position.hour), oldest);
  const calls: FoundCall[] = [];
  while (position.hour >= oldest) {
    const within = { room: limit - calls.length, kept: new Kept(position.floor, most), spent };
    const reading = await readHour(store, await objects(position.hour), position, wanted, within);
    calls.push(...reading.calls);
    const { next } = reading;
    position = next ?? { hour: position.hour - 1 };
    if (position.hour >= oldest && (calls.length >= limit || spent()))
      return { calls, next: position, lookedBackTo: next?.floor?.[0] ?? calls.at(-1)?.at ?? after(position.hour) };
  }
  return { calls, lookedBackTo: wanted.since ?? oldest * HOUR_MS };
}

function after(hour: Hour): number {
  return (hour + 1) * HOUR_MS;
}

/** @returns whether no more should be begun */
function spentAfter(clock: Clock): () => boolean {
  const end = clock() + LOG_READS_FOR_MS;
  return () => clock() >= end;
}

interface Reading {
  calls: FoundCall[];
  /** Where to go on in the hour; absent: all of it is told. */
  next?: Position;
}

async function readHour(
  store: Store,
  names: readonly string[],
  { hour, first, last, floor }: Position,
  { since = Number.NEGATIVE_INFINITY, until, is, ended }: Wanted,
  { room, kept, spent }: { room: number; kept: Kept; spent: () => boolean },
): Promise<Reading> {
  const notBefore = (name: string | undefined): number => {
    const at = name === undefined ? 0 : names.findIndex((one) => byDelivery(one, name) >= 0);
    return at < 0 ? names.length : at;
  };
  const begin = notBefore(first);
  // What is below the floor is so in these objects alone: in older ones a call may stand that began after it.
  const stop = last === undefined ? names.length : notBefore(last) + 1;
  const read = (some: readonly string[], take: (record: UsageRecord) => void) =>
    Promise.all(
      some.map((name) => eachRecord(store, name, (at) => at >= since && at < until && hourOf(at) === hour, take)),
    );
  const rows = (): FoundCall[] => kept.calls().filter(ended);
  let end = begin;
  // One is enough for a page of most stages; who wants few of many calls has ever more read at once.
  let width = floor === undefined ? 1 : OBJECTS_READ_AT_ONCE;
  while (end < stop && (floor !== undefined || end === begin || (rows().length < room && !spent()))) {
    const some = names.slice(end, Math.min(stop, end + width));
    await read(some, (record) => is(record) && kept.add(record));
    end += some.length;
    width = Math.min(2 * width, OBJECTS_READ_AT_ONCE);
  }
  // What its newer objects say of these was told with them.
  const open = kept.unended();
  for (let at = 0; at < begin && open.size > 0; at += OBJECTS_READ_AT_ONCE) {
    const some = names.slice(at, Math.min(begin, at + OBJECTS_READ_AT_ONCE));
    // Of what cannot be looked up in time nothing is told, rather than that it has no end.
    if (spent()) {
      kept.drop(new Set(open.values()));
      break;
    }
    const ended = new Set<string>();
    await read(some, ({ phase, invocationId, requestId }) => {
      if (phase === 'finished' && open.delete(invocationId)) ended.add(requestId);
    });
    kept.drop(ended);
  }
  const found = rows().filter((call) => begin === 0 || call.attempts.at(-1)?.finished?.outcome !== 'retried');
  const told = found.slice(0, room);
  const [at, through] = [names[begin], names[end - 1]];
  const lowest = told.length < found.length ? floorOf(told.at(-1)) : kept.lowest;
  if (lowest !== undefined && at !== undefined && through !== undefined)
    return { calls: told, next: { hour, first: at, last: through, floor: lowest } };
  const rest = names[end];
  return { calls: told, ...(rest === undefined ? {} : { next: { hour, first: rest } }) };
}

/** An object that is gone, or is no whole gzip, has no lines: the ledger has none of it either. */
async function eachRecord(
  store: Store,
  name: string,
  when: (at: number) => boolean,
  take: (record: UsageRecord) => void,
): Promise<void> {
  try {
    for await (const records of recordsWhen(store, name, when)) for (const record of records) take(record);
  } catch (error) {
    const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
    if (httpStatusCode !== 404 && !(isTollgateError(error) && error.reason === CORRUPT)) throw error;
  }
}
