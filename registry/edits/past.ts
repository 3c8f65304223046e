import { EVERY_KIND, kindNamed } from '../all-kinds.ts';
import { type Document, type Item, type Items, isOf, type Key } from '../items.ts';
import { HISTORY_SK_PREFIXES, historyPartition } from '../keys.ts';
import { isRecord, recordOf } from './history.ts';
import { nameOf } from './same.ts';
import type { HistoryRecord } from './types.ts';

/** The registry as it was at a moment, and by which edit each item was what it was. */
export interface Past {
  /** Reads as of then; writes nothing. */
  items: Items;
  /** Undefined of an item of which the history knows nothing. */
  madeBy(item: Pick<Item, 'key'>): HistoryRecord | undefined;
}

/**
 * Reads the whole history: for an operator's question, never for a call.
 *
 * @param at milliseconds since 1970: what was in force then, edits of that millisecond included
 */
export async function readPast(items: Items, at: number): Promise<Past> {
  const all = await items.scan();
  const records = HISTORY_SK_PREFIXES.map((prefix) => all.filter(({ key }) => key.sk.startsWith(prefix)));
  const now = all.filter(({ key }) => EVERY_KIND.some(({ sk }) => isOf(key, sk)));
  const histories = new Map<string, HistoryRecord[]>();
  // Old ones first: their order is time, and of the others the number.
  for (const item of records.reverse().flatMap((some) => some.sort((a, b) => (a.key.sk < b.key.sk ? -1 : 1)))) {
    if (!isRecord(item) || !item.key.pk.startsWith('HISTORY#')) continue;
    const known = histories.get(item.key.pk);
    if (known === undefined) histories.set(item.key.pk, [recordOf(item)]);
    else known.push(recordOf(item));
  }
  const then = new Map<string, Item>();
  const by = new Map<string, HistoryRecord>();
  for (const [partition, history] of histories) {
    const last = history.findLast((record) => Date.parse(record.at) <= at && !isNote(record));
    if (last === undefined) continue;
    by.set(partition, last);
    const key = last.after === null ? undefined : keyOf(last);
    if (key) then.set(nameOf(key), { key, document: last.after as Document });
  }
  // What was put into the table past the writer has no history: it is taken to have been there.
  for (const item of now) if (!histories.has(historyPartition(item.key))) then.set(nameOf(item.key), item);
  return { items: frozenItems([...then.values()]), madeBy: ({ key }) => by.get(historyPartition(key)) };
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

/** What was read, asked again as a table. */
export function frozenItems(found: readonly Item[]): Items {
  const partitions = Map.groupBy(found, ({ key }) => key.pk);
  const sorted = (some: readonly Item[]): Item[] => [...some].sort((a, b) => (nameOf(a.key) < nameOf(b.key) ? -1 : 1));
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
    list: async (sk) => sorted(found.filter(({ key }) => key.sk === sk)),
    scan: async (sk) => sorted(found.filter(({ key }) => sk === undefined || isOf(key, sk))),
    write: async () => {
      throw new Error('what was cannot be written');
    },
  };
}
