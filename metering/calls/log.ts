import { isTollgateError } from '../../contract/errors.ts';
import { CALLS_KEPT, LATE_HOURS, LOG_READS_FOR_MS, OBJECTS_READ_AT_ONCE } from '../../contract/limits/metering.ts';
import type { Clock } from '../../contract/log.ts';
import type { UsageRecord } from '../../contract/usage.ts';
import { deliveryHour, hourIndexFrom, parseHourIndex, RAW_PREFIX, rawName } from '../ledger/layout.ts';
import { CORRUPT } from '../ledger/lines.ts';
import { recordsWhen, undoneRaw } from '../ledger/raw.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readProgress } from '../run/progress.ts';
import { HOUR_MS, type Hour, hourOf } from '../window.ts';
import { type Attempt, add, callsOf, type FoundCall } from './find.ts';

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

/** A call in the order of the log: when it began, and what it is called. */
export type Floor = readonly [at: number, requestId: string];

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
 * @throws whatever the store throws
 */
export async function pageOfCalls(store: Store, wanted: Wanted, clock: Clock, from?: Position): Promise<Page> {
  const { limit, until } = wanted;
  const oldest = await oldestHour(store, wanted.since);
  let position = from ?? { hour: hourOf(until - 1) };
  if (oldest === undefined || position.hour < oldest) return { calls: [], lookedBackTo: wanted.since ?? until };
  const spent = spentAfter(clock);
  const objects = createObjects(store, await undone(store, oldest, position.hour), oldest);
  const calls: FoundCall[] = [];
  while (position.hour >= oldest) {
    const reading = await readHour(store, await objects(position.hour), position, wanted, limit - calls.length, spent);
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

/** The hour before which no call can have a line; undefined: there is no line at all. */
async function oldestHour(store: Store, since: number | undefined): Promise<Hour | undefined> {
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
async function undone(store: Store, oldest: Hour, newest: Hour): Promise<string[]> {
  const { delivered } = (await readProgress(store)) ?? { delivered: oldest };
  if (newest + 1 < delivered - 1) return [];
  return undoneRaw(store, Math.max(oldest, delivered - 1), newest + 1);
}

/** @returns the objects that can hold lines of an hour, the one that was delivered last first */
function createObjects(store: Store, waiting: readonly string[], oldest: Hour): (hour: Hour) => Promise<string[]> {
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

function byDelivery(a: string, b: string): number {
  const [one, other] = [a, b].map((name) => name.slice(0, HOUR_CHARS) + deliveredAt(name));
  return (one as string) > (other as string) ? -1 : 1;
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
  room: number,
  spent: () => boolean,
): Promise<Reading> {
  const notBefore = (name: string | undefined): number => {
    const at = name === undefined ? 0 : names.findIndex((one) => byDelivery(one, name) >= 0 || one === name);
    return at < 0 ? names.length : at;
  };
  const begin = notBefore(first);
  // What is below the floor is so in these objects alone: in older ones a call may stand that began after it.
  const stop = last === undefined ? names.length : notBefore(last) + 1;
  const kept = new Kept(floor);
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
    if (spent()) break;
    await read(names.slice(at, Math.min(begin, at + OBJECTS_READ_AT_ONCE)), ({ phase, invocationId, requestId }) => {
      if (phase === 'finished' && open.has(invocationId)) kept.drop(requestId);
    });
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

function floorOf(call: FoundCall | undefined): Floor | undefined {
  return call && [call.at, call.requestId];
}

/** The newest calls of what was read, no more than fit into memory. */
class Kept {
  #attempts = new Map<string, Attempt>();
  readonly #below: Floor | undefined;
  /** Below it there are calls that were read and not kept; undefined: there are none. */
  lowest: Floor | undefined;

  /** @param below only calls that come after this one in the log */
  constructor(below: Floor | undefined) {
    this.#below = below;
  }

  add(record: UsageRecord): void {
    const one: Floor = [record.at, record.requestId];
    if (this.#below !== undefined && compare(one, this.#below) >= 0) return;
    if (this.lowest !== undefined && compare(one, this.lowest) < 0) return;
    add(this.#attempts, record);
    if (this.#attempts.size > CALLS_KEPT) this.#prune();
  }

  drop(request: string): void {
    for (const [id, { base }] of this.#attempts) if (base.requestId === request) this.#attempts.delete(id);
  }

  /** Of attempts without an end. */
  unended(): Set<string> {
    const open = [...this.#attempts].filter(([, { finished }]) => finished === undefined);
    return new Set(open.map(([id]) => id));
  }

  /** In the order of the log. */
  calls(): FoundCall[] {
    return callsOf(this.#attempts.values());
  }

  #prune(): void {
    const calls = this.calls().slice(0, CALLS_KEPT / 2);
    this.lowest = floorOf(calls.at(-1));
    this.#attempts = new Map(calls.flatMap(({ attempts }) => attempts.map((one) => [one.base.invocationId, one])));
  }
}

function compare([at, id]: Floor, [other, otherId]: Floor): number {
  return at - other || (id < otherId ? -1 : id > otherId ? 1 : 0);
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
