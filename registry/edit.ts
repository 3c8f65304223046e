import { TollgateError } from '../contract/errors.ts';
import type { Clock } from '../contract/log.ts';
import { isoMilliseconds, SCHEMA_VERSION } from './fields.ts';
import type { Document, Expected, Item, Items, Key, Write } from './items.ts';
import { historyKey, historyPartition, STAGE_PARTITION } from './keys.ts';
import { type Kind, read, type Unusable } from './kinds.ts';

/** What every edit writes into the entry that it makes. */
export interface Stamp {
  version: number;
  /** Milliseconds since 1970. */
  at: number;
  by: string;
}

export interface Change<Entry> {
  entry: Entry;
  /** False when the entry was that already; nothing was written then. */
  changed: boolean;
}

export interface Listing<Entry> {
  /** Sorted by key. */
  entries: Entry[];
  unusable: Unusable[];
}

/** One edit as the history keeps it. */
export interface HistoryRecord {
  /** ISO 8601. */
  at: string;
  by: string;
  /** What was done, e.g. `retire`. */
  change: string;
  /** The entry as it was written before and after; null: there was, or is, none. */
  before: Document | null;
  after: Document | null;
}

/** @param before what is there, valid or not */
export type Make = (stamp: Stamp, before: Document | undefined) => Document;

export interface Edits {
  /** @throws TollgateError `not_found`; `bad_entry` naming the field of an item that is malformed */
  show<Entry>(kind: Kind<Entry>, key: Key): Promise<Entry>;
  list<Entry>(kind: Kind<Entry>, items: Promise<Item[]>): Promise<Listing<Entry>>;
  /**
   * Makes an entry, or replaces it whatever it holds: a malformed one is repaired so.
   * @param base the version that the editor started from, if known: another one in the table is a conflict
   */
  put<Entry>(kind: Kind<Entry>, key: Key, make: Make, base?: number): Promise<Change<Entry>>;
  /**
   * Makes those that are absent, in one transaction; what is there is left alone.
   * @param entries at most 50: each is two items of a transaction, which DynamoDB limits to 100
   * @returns how many were made
   */
  create(entries: readonly { kind: Kind<unknown>; key: Key; make: Make }[]): Promise<number>;
  /** Changes a model or tenant that is there. `make` throws to refuse. @param change its name in the history */
  alter<Entry>(kind: Kind<Entry>, key: Key, change: string, make: (entry: Entry) => Entry): Promise<Change<Entry>>;
  /** @throws TollgateError `not_found` */
  remove<Entry>(kind: Kind<Entry>, key: Key, change: string): Promise<void>;
  /** Writes into an entry's history what was done beside it; the entry stays as it is, or absent. */
  note(kind: Kind<unknown>, key: Key, change: string, before: Document, after: Document): Promise<void>;
  /** Oldest first. */
  history(key: Key): Promise<HistoryRecord[]>;
}

export interface EditOptions {
  items: Items;
  clock: Clock;
  /** Who edits; written into the entry and its history. */
  actor: string;
}

/**
 * Every edit of the registry goes through here: validated by the kind's own schema, made only if the item is still the
 * one that was read, and recorded, with what was there before, in the same transaction.
 */
export function createEdits({ items, clock, actor }: EditOptions): Edits {
  /** The item as it will be, and its history. */
  function writesOf(
    kind: Kind<unknown>['name'],
    key: Key,
    change: string,
    before: Item | undefined,
    stamp: Stamp,
    after: Document | null,
  ): Write[] {
    const at = isoMilliseconds(stamp.at);
    const record = { v: SCHEMA_VERSION, kind, change, at, by: actor };
    return [
      after === null
        ? { kind: 'delete', key, expected: expected(before) }
        : { kind: 'put', key, document: after, expected: expected(before) },
      {
        kind: 'put',
        key: historyKey(key, at, stamp.version),
        document: { ...record, before: before?.document ?? null, after },
        expected: { is: 'absent' },
      },
    ];
  }

  function stampAfter(before: Item | undefined): Stamp {
    return { version: versionOf(before) + 1, at: clock(), by: actor };
  }

  return {
    show: async (kind, key) => existing(kind, key, await items.get(key)),

    async list(kind, found) {
      const listing: Listing<ReturnType<typeof kind.parse>> = { entries: [], unusable: [] };
      for (const item of [...(await found)].sort((a, b) => compare(a.key, b.key))) {
        const one = read(item, kind);
        if ('entry' in one) listing.entries.push(one.entry);
        else listing.unusable.push(one.unusable);
      }
      return listing;
    },

    async put(kind, key, make, base) {
      const before = await items.get(key);
      if (base !== undefined && before !== undefined && versionOf(before) !== base)
        throw new TollgateError('conflict', { field: 'version', reason: 'changed-meanwhile' });
      const stamp = stampAfter(before);
      const entry = kind.parse(make(stamp, before?.document));
      const after = kind.document(entry);
      const now = before && read(before, kind);
      if (now && 'entry' in now && same(kind.document(now.entry), after)) return { entry: now.entry, changed: false };
      await items.write(writesOf(kind.name, key, before ? 'replace' : 'create', before, stamp, after));
      return { entry, changed: true };
    },

    async create(entries) {
      const found = await items.batch(entries.map(({ key }) => key));
      const there = new Set(found.map(({ key }) => nameOf(key)));
      const absentOnes = entries.filter(({ key }) => !there.has(nameOf(key)));
      const writes = absentOnes.flatMap(({ kind, key, make }) => {
        const stamp = stampAfter(undefined);
        const after = kind.document(kind.parse(make(stamp, undefined)));
        return writesOf(kind.name, key, 'create', undefined, stamp, after);
      });
      if (writes.length > 0) await items.write(writes);
      return absentOnes.length;
    },

    async alter(kind, key, change, make) {
      const before = await items.get(key);
      const entry = existing(kind, key, before);
      const stamp = stampAfter(before);
      const made = kind.document(make(entry));
      if (same(kind.document(entry), made)) return { entry, changed: false };
      const at = isoMilliseconds(stamp.at);
      const after = { ...made, version: stamp.version, updatedAt: at, updatedBy: stamp.by };
      const altered = kind.parse(after);
      await items.write(writesOf(kind.name, key, change, before, stamp, after));
      return { entry: altered, changed: true };
    },

    async remove(kind, key, change) {
      const before = await items.get(key);
      if (before === undefined) throw absent(kind, key);
      await items.write(writesOf(kind.name, key, change, before, stampAfter(before), null));
    },

    async note(kind, key, change, before, after) {
      const stamp = stampAfter(await items.get(key));
      const at = isoMilliseconds(stamp.at);
      const document = { v: SCHEMA_VERSION, kind: kind.name, change, at, by: actor, before, after };
      await items.write([
        { kind: 'put', key: historyKey(key, at, stamp.version), document, expected: { is: 'absent' } },
      ]);
    },

    async history(key) {
      const found = await items.partition(historyPartition(key));
      return found.map(({ document }) => document as unknown as HistoryRecord);
    },
  };
}

function existing<Entry>(kind: Kind<Entry>, key: Key, item: Item | undefined): Entry {
  if (item === undefined) throw absent(kind, key);
  const found = read(item, kind);
  if ('entry' in found) return found.entry;
  const { field, reason } = found.unusable;
  throw new TollgateError('bad_entry', {
    field,
    reason,
    message: `The item ${key.pk} ${key.sk} of the table is not valid: ${field}: ${reason.replaceAll('-', ' ')}.`,
  });
}

function absent<Entry>(kind: Kind<Entry>, { pk, sk }: Key): TollgateError {
  const id = pk.slice(pk.indexOf('#') + 1);
  const what =
    kind.name === 'grant'
      ? `grant of ${sk.slice(sk.indexOf('#') + 1)} to ${id}`
      : kind.name === 'budgets'
        ? `budget of ${pk === STAGE_PARTITION ? 'the stage' : id}`
        : kind.name === 'client'
          ? 'such client of that issuer'
          : kind.name === 'aliases'
            ? 'alias'
            : `${kind.name} ${id}`;
  return new TollgateError('not_found', { field: kind.name, reason: 'no-such-item', message: `There is no ${what}.` });
}

function versionOf(item: Item | undefined): number {
  const version = item?.document.version;
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0 ? version : 0;
}

function expected(before: Item | undefined): Expected {
  if (before === undefined) return { is: 'absent' };
  const version = versionOf(before);
  return version === 0 ? { is: 'present' } : { is: 'version', version };
}

const STAMPS = new Set(['version', 'updatedAt', 'updatedBy', 'grantedAt', 'grantedBy']);

/** Whether two documents of one kind differ in nothing but who wrote them and when. */
function same(one: Document, other: Document): boolean {
  const content = (document: Document) =>
    JSON.stringify(Object.entries(document).filter(([member]) => !STAMPS.has(member)));
  return content(one) === content(other);
}

function nameOf({ pk, sk }: Key): string {
  return `${pk} ${sk}`;
}

function compare(a: Key, b: Key): number {
  if (a.pk !== b.pk) return a.pk < b.pk ? -1 : 1;
  return a.sk < b.sk ? -1 : 1;
}
