import { EVERY_KIND, kindNamed } from '../all-kinds.ts';
import { firstOf, type Item, type Items, isOf, type Key } from '../items.ts';
import { historyPartition } from '../keys.ts';
import { historyOf, isRecord, recordOf } from './history.ts';
import { logBackwards } from './log.ts';
import { nameOf } from './same.ts';
import type { HistoryRecord } from './types.ts';

/** The registry as it was at a moment, and by which edit each item was what it was. */
export interface Past {
  /** Reads as of then; writes nothing. */
  items: Items;
  /** Undefined of an item of which the history knows nothing. */
  madeBy(item: Pick<Item, 'key'>): Promise<HistoryRecord | undefined>;
}

type Changed = ReadonlyMap<string, Key>;

/** With more items changed since, the table is read whole: their histories are a query each. */
const CHANGED_MAX = 500;

/**
 * The registry of then is the one of now, but for what the log says was changed since: that is read in its history. Where the log
 * does not reach back so far, or tells of too much, all is read: for an operator's question, never for a call.
 *
 * @param at milliseconds since 1970: what was in force then, edits of that millisecond included
 */
export async function readPast(items: Items, at: number): Promise<Past> {
  const logged = await changedSince(items, at);
  const table = logged === undefined ? frozenItems(await items.scan()) : items;
  const changed = logged ?? (await everChanged(table));
  const madeBy: Past['madeBy'] = async ({ key }) =>
    (await historyOf(table, key)).findLast((record) => Date.parse(record.at) <= at && !isNote(record));

  async function was(key: Key): Promise<Item | undefined> {
    const { after = null } = (await madeBy({ key })) ?? {};
    return after === null ? undefined : { key, document: after };
  }

  async function then(now: readonly Item[], wanted: (key: Key) => boolean): Promise<Item[]> {
    const kept = now.filter(({ key }) => !changed.has(nameOf(key)) && EVERY_KIND.some(({ sk }) => isOf(key, sk)));
    const before = await Promise.all([...changed.values()].filter(wanted).map(was));
    return sorted([...kept, ...before.filter((item) => item !== undefined)]);
  }

  const partition: Items['partition'] = async (pk) => then(await table.partition(pk), (key) => key.pk === pk);
  const batch: Items['batch'] = async (keys) => {
    const names = new Set(keys.map(nameOf));
    return then(await table.batch(keys), (key) => names.has(nameOf(key)));
  };
  return {
    madeBy,
    items: {
      batch,
      partition,
      get: async (key) => (await batch([key]))[0],
      range: async (pk, range) => frozenItems(await partition(pk)).range(pk, range),
      list: async (sk, under = '') =>
        then(await table.list(sk, under), (key) => key.sk === sk && key.pk.startsWith(under)),
      page: async (sk, from) => firstOf(await then(await table.list(sk, from.under), (key) => key.sk === sk), from),
      scan: async (sk) => then(await table.scan(sk), (key) => sk === undefined || isOf(key, sk)),
      write: unwritable,
    },
  };
}

/** What the log says was changed after a moment; undefined: it does not say all of it, or more than is asked one by one. */
async function changedSince(items: Items, at: number): Promise<Changed | undefined> {
  const changed = new Map<string, Key>();
  for await (const edit of logBackwards(items)) {
    // The log's times never go backwards.
    if (Date.parse(edit.at) <= at) return changed;
    changed.set(nameOf(edit.key), edit.key);
    if (changed.size > CHANGED_MAX) return undefined;
  }
  return undefined;
}

/** All that has a history, of what has gone too. What was put into the table past the writer has none: it is taken to have been there. */
async function everChanged(table: Items): Promise<Changed> {
  const all = await table.scan();
  const records = all.filter((item) => item.key.pk.startsWith('HISTORY#') && isRecord(item));
  const partitions = new Set(records.map(({ key }) => key.pk));
  const now = all.filter(({ key }) => partitions.has(historyPartition(key))).map(({ key }) => key);
  const then = records.flatMap((item) => keyOf(recordOf(item)) ?? []);
  return new Map([...now, ...then].map((key) => [nameOf(key), key]));
}

/** A note tells of something beside the item: its documents are none of an entry. */
function isNote({ before, after }: HistoryRecord): boolean {
  return (before ?? after)?.v === undefined;
}

/** The key of the entry that a record left; undefined where it is of a form that is not read any more. */
function keyOf({ kind, after }: HistoryRecord): Key | undefined {
  try {
    const found = kindNamed(kind);
    return found.keyOf(found.parse(after));
  } catch {
    return undefined;
  }
}

function sorted(some: readonly Item[]): Item[] {
  return [...some].sort((a, b) => (nameOf(a.key) < nameOf(b.key) ? -1 : 1));
}

async function unwritable(): Promise<never> {
  throw new Error('what was cannot be written');
}

/** What was read, asked again as a table. */
export function frozenItems(found: readonly Item[]): Items {
  const partitions = Map.groupBy(found, ({ key }) => key.pk);
  const batch: Items['batch'] = async (keys) =>
    keys.flatMap(({ pk, sk }) => partitions.get(pk)?.filter(({ key }) => key.sk === sk) ?? []);
  return {
    batch,
    get: async (key) => (await batch([key]))[0],
    partition: async (pk) => sorted(partitions.get(pk) ?? []),
    range: async (pk, { from = '', to = '\u{10FFFF}', backwards = false, limit }) => {
      const some = sorted(partitions.get(pk) ?? []).filter(({ key: { sk } }) => sk >= from && sk <= to);
      return (backwards ? some.reverse() : some).slice(0, limit);
    },
    page: async (sk, from) =>
      firstOf(
        found.filter(({ key }) => key.sk === sk),
        from,
      ),
    list: async (sk, under = '') => sorted(found.filter(({ key }) => key.sk === sk && key.pk.startsWith(under))),
    scan: async (sk) => sorted(found.filter(({ key }) => sk === undefined || isOf(key, sk))),
    write: unwritable,
  };
}
