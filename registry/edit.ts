import { TollgateError } from '../contract/errors.ts';
import { type CommitOptions, commit, type EditOptions } from './edits/commit.ts';
import { historyOf, shown } from './edits/history.ts';
import type { Change, Edit, HistoryRecord, Listing, Make } from './edits/types.ts';
import { rollingBack, undoing } from './edits/undo.ts';
import type { Document, Item, Key } from './items.ts';
import { idAt, STAGE_PARTITION } from './keys.ts';
import { type Kind, read } from './kinds.ts';

export type { EditOptions, Seen } from './edits/commit.ts';
export type { Change, Edit, HistoryRecord, Listing, Make, Stamp } from './edits/types.ts';

export interface Edits {
  /** @throws TollgateError `not_found`; `bad_entry` naming the field of an item that is malformed */
  show<Entry>(kind: Kind<Entry>, key: Key): Promise<Entry>;
  list<Entry>(kind: Kind<Entry>, items: Promise<Item[]>): Promise<Listing<Entry>>;
  /** As commit of edits/commit.ts. */
  commit(edits: readonly Edit[], options?: CommitOptions): Promise<Change<unknown>[]>;
  /**
   * Makes an entry, or replaces it whatever it holds: a malformed one is repaired so.
   * @param base the version that the editor started from, if known: another one in the table is a conflict
   */
  put<Entry>(kind: Kind<Entry>, key: Key, make: Make, base?: number): Promise<Change<Entry>>;
  /**
   * Makes those that are absent, in one transaction; what is there is left alone.
   * @param entries at most 49: each is two items of a transaction, which DynamoDB limits to 100
   * @returns how many were made
   */
  create(entries: readonly { kind: Kind<unknown>; key: Key; make: Make }[]): Promise<number>;
  /** Changes an entry that is there. `make` throws to refuse. @param change its name in the history */
  alter<Entry>(kind: Kind<Entry>, key: Key, change: string, make: (entry: Entry) => Entry): Promise<Change<Entry>>;
  /** @throws TollgateError `not_found` */
  remove<Entry>(kind: Kind<Entry>, key: Key, change: string): Promise<Change<undefined>>;
  /** Writes into an entry's history what was done beside it; the entry stays as it is, or absent. */
  note(kind: Kind<unknown>, key: Key, change: string, before: Document, after: Document): Promise<void>;
  /** Oldest first, without what is secret. */
  history(key: Key): Promise<HistoryRecord[]>;
  /** Takes one edit back, as an edit of its own. @throws as `undoing` of edits/undo.ts */
  undo(edit: number): Promise<Change<unknown>>;
  /** Brings an item back to one of its versions, as an edit of its own. @throws TollgateError `not_found` */
  rollback<Entry>(kind: Kind<Entry>, key: Key, version: number): Promise<Change<Entry>>;
}

/**
 * Every edit of the registry goes through here: validated by the kind's own schema and against what it refers to, made only if the
 * item is still the one that was read, and recorded, with what was there before, in the same transaction.
 */
export function createEdits(options: EditOptions): Edits {
  const { items } = options;

  async function one<Entry>(edit: Edit<Entry>): Promise<Change<Entry>> {
    const [change] = await commit([edit as Edit], options);
    return change as Change<Entry>;
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

    commit: async (edits, more) => commit(edits, options, more),

    put: async (kind, key, make, base) =>
      one({ kind, key, change: putting, base, make: (stamp, before) => make(stamp, before?.document) }),

    async create(entries) {
      const made = await commit(
        entries.map(({ kind, key, make }) => ({
          ...{ kind, key, change: 'create' },
          make: (stamp, before) => (before === undefined ? make(stamp, undefined) : undefined),
        })),
        options,
      );
      return made.filter(({ changed }) => changed).length;
    },

    alter: async (kind, key, change, make) =>
      one({ kind, key, change, make: (_, before) => kind.document(make(existing(kind, key, before))) }),

    remove: async (kind, key, change) =>
      one({
        ...{ kind: kind as Kind<undefined>, key, change },
        make: (_, before) => {
          if (before === undefined) throw absent(kind, key);
          return null;
        },
      }),

    async note(kind, key, change, before, after) {
      await one({ kind, key, change, note: { before, after }, make: () => undefined });
    },

    history: async (key) => (await historyOf(items, key)).map(shown),
    undo: async (edit) => one(await undoing(items, edit)),
    rollback: async (kind, key, version) =>
      (await one(await rollingBack(items, kind, key, version))) as Change<ReturnType<typeof kind.parse>>,
  };
}

function putting(before: Document | undefined): string {
  return before === undefined ? 'create' : 'replace';
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

/** What is called by the name of all that one item holds. */
const ONE_OF: { readonly [name in Kind<unknown>['name']]?: string } = {
  aliases: 'alias',
  defaults: 'default',
  alerts: 'alert',
  evaluations: 'template',
  request: 'such request',
};

function absent<Entry>(kind: Kind<Entry>, { pk, sk }: Key): TollgateError {
  const id = idAt({ pk, sk });
  const what =
    kind.name === 'grant'
      ? `grant of ${sk.slice(sk.indexOf('#') + 1)} to ${id}`
      : kind.name === 'budgets'
        ? `budget of ${pk === STAGE_PARTITION ? 'the stage' : id}`
        : kind.name === 'client'
          ? 'such client of that issuer'
          : (ONE_OF[kind.name] ?? `${kind.name} ${id}`);
  return new TollgateError('not_found', { field: kind.name, reason: 'no-such-item', message: `There is no ${what}.` });
}

function compare(a: Key, b: Key): number {
  if (a.pk !== b.pk) return a.pk < b.pk ? -1 : 1;
  return a.sk < b.sk ? -1 : 1;
}
