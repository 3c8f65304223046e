import { isTollgateError } from '../../contract/errors.ts';
import { QUARANTINED_CHARS, QUARANTINED_LISTED } from '../../contract/limits/metering.ts';
import type { UsageRecord } from '../../contract/usage.ts';
import { isControlMessage, type Parsed, parseUsage, parseUsageLine, withinDelivery } from '../parse.ts';
import { type Hour, hourOf } from '../window.ts';
import {
  DONE_PREFIX,
  deliveryHour,
  doneKey,
  hourIndexPrefix,
  partition,
  quarantineKey,
  RAW_PREFIX,
  rawName,
} from './layout.ts';
import { CORRUPT, eachLine } from './lines.ts';
import { PlainLines } from './plain.ts';
import { LINES_TYPE } from './replace.ts';
import type { UsageStore } from './store.ts';

/** What a raw object holds. */
export interface RawScan {
  name: string;
  /** The hours that its calls began in. */
  hours: Set<Hour>;
  /** Lines that cannot be used; 1 for an object that is no whole gzip, of which then no line is used. */
  quarantined: number;
}

/** An entry of the quarantine: one JSON line. */
interface Quarantined {
  raw: string;
  /** Counted from 1; 0 is the object itself. */
  line: number;
  reason: string;
  field: string;
  text: string;
}

/**
 * Reads a raw object and notes in the bucket which hours it touches and which of its lines cannot be used. Noting it
 * twice changes nothing. The hours still have to be written.
 *
 * @param name as layout.rawName gives it
 */
export async function scanRaw(store: UsageStore, name: string): Promise<RawScan> {
  const hours = new Set<Hour>();
  const bad: Quarantined[] = [];
  let quarantined = 0;
  let line = 0;
  const delivered = deliveryHour(name);
  try {
    for await (const block of store.lines(RAW_PREFIX + name))
      eachLine(block, (from, to) => {
        line++;
        if (from === to) return;
        const { record, rejection } = parseLine(block, from, to, delivered);
        if (record) {
          hours.add(hourOf(record.at));
          return;
        }
        const text = block.toString('utf8', from, to);
        if (isControlMessage(text)) return;
        if (++quarantined <= QUARANTINED_LISTED)
          bad.push({ raw: RAW_PREFIX + name, line, ...rejection, text: text.slice(0, QUARANTINED_CHARS) });
      });
  } catch (error) {
    if (!isTollgateError(error) || error.reason !== CORRUPT) throw error;
    // How many lines come out before the break depends on chunk sizes; none are used, so that every run agrees.
    hours.clear();
    bad.splice(0, bad.length, { raw: RAW_PREFIX + name, line: 0, reason: CORRUPT, field: '', text: '' });
    quarantined = 1;
  }
  if (bad.length > 0)
    await store.put(quarantineKey(name), bad.map((entry) => `${JSON.stringify(entry)}\n`).join(''), {
      contentType: LINES_TYPE,
    });
  for (const hour of hours) await store.put(hourIndexPrefix(hour) + name, '');
  return { name, hours, quarantined };
}

/**
 * @param from list what was delivered from this hour on; undefined: everything
 * @param until and up to this one, included
 * @returns names of raw objects that are not done yet, in the order of their delivery
 */
export async function undoneRaw(
  store: Pick<UsageStore, 'list'>,
  from?: Hour,
  until = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  // A partition's own name sorts just before the objects in it.
  const after = (prefix: string) => (from === undefined ? undefined : prefix + partition(from));
  const done = new Set<string>();
  for await (const key of store.list(DONE_PREFIX, after(DONE_PREFIX))) done.add(key);
  const names: string[] = [];
  for await (const key of store.list(RAW_PREFIX, after(RAW_PREFIX))) {
    const name = rawName(key);
    if (name === undefined || done.has(doneKey(name))) continue;
    if (deliveryHour(name) > until) break;
    names.push(name);
  }
  return names;
}

/** The records of an hour in a raw object, in batches. */
export function recordsOf(store: UsageStore, name: string, hour: Hour): AsyncGenerator<UsageRecord[]> {
  return recordsWhen(store, name, (at) => hourOf(at) === hour);
}

/** Those in a raw object whose calls began when it is wanted, in batches. */
export async function* recordsWhen(
  store: Pick<UsageStore, 'lines'>,
  name: string,
  wanted: (at: number) => boolean,
): AsyncGenerator<UsageRecord[]> {
  const delivered = deliveryHour(name);
  for await (const block of store.lines(RAW_PREFIX + name)) {
    const records: UsageRecord[] = [];
    eachLine(block, (from, to) => {
      const { record } = parseLine(block, from, to, delivered);
      if (record && wanted(record.at)) records.push(record);
    });
    yield records;
  }
}

/** Remembers nothing but texts, so that it may be shared. */
const plain = new PlainLines();

/** A line as we wrote it is read out of its bytes; any other, and one that has a fault, as the text that it is. */
function parseLine(block: Buffer, from: number, to: number, delivered: Hour): Parsed {
  const usage = plain.usage(block, from, to);
  const parsed = usage === undefined ? parseUsageLine(block.toString('utf8', from, to)) : parseUsage(usage);
  return withinDelivery(parsed, delivered);
}

/** Names of the raw objects that were noted to touch the hour. */
export async function namesOf(store: UsageStore, hour: Hour): Promise<string[]> {
  const prefix = hourIndexPrefix(hour);
  const names: string[] = [];
  for await (const key of store.list(prefix)) names.push(key.slice(prefix.length));
  return names;
}
