import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { type Alias, type AliasesEntry, parseAlias, sorted } from './alias.ts';
import type { Change, Edits, HistoryRecord } from './edit.ts';
import { badEntries, problemsOf } from './fields.ts';
import { ALIASES_KEY } from './keys.ts';
import { ALIASES } from './kinds.ts';

export interface AliasWriter {
  /** @throws TollgateError `bad_entry` naming the field of a malformed item */
  listAliases(): Promise<readonly Alias[]>;
  /** @throws TollgateError `not_found`, `bad_entry` */
  showAlias(id: string): Promise<Alias>;
  /**
   * Makes an alias, or replaces the one of its id.
   *
   * @param alias an Alias, not trusted
   * @throws TollgateError `bad_entry` naming the member: also for the id of a model, which no alias may have, and for a model that
   *   is not there; and when the item is malformed, since writing it anew would drop the aliases that cannot be read
   */
  setAlias(alias: unknown): Promise<Change<AliasesEntry> & { alias: Alias }>;
  /** @throws TollgateError `not_found` */
  removeAlias(id: string): Promise<Change<AliasesEntry>>;
  /** All of them, and the only way to be rid of a malformed item. @throws TollgateError `not_found` */
  removeAliases(): Promise<Change<undefined>>;
  /** Every edit, oldest first. */
  aliasHistory(): Promise<HistoryRecord[]>;
}

export function aliasWriter(edits: Edits): AliasWriter {
  const held = async (): Promise<AliasesEntry | undefined> => {
    try {
      return await edits.show(ALIASES, ALIASES_KEY);
    } catch (error) {
      if (isTollgateError(error, 'not_found')) return undefined;
      throw error;
    }
  };

  return {
    listAliases: async () => (await held())?.aliases ?? [],

    async showAlias(id) {
      const found = (await held())?.aliases.find((alias) => alias.id === id);
      if (found === undefined) throw noSuchAlias(id);
      return found;
    },

    async setAlias(given) {
      const alias = parseAlias(given);
      const before = await held();
      try {
        const change =
          before === undefined
            ? await edits.put(ALIASES, ALIASES_KEY, ({ version, at, by }, now) => {
                if (now !== undefined)
                  throw new TollgateError('conflict', { field: 'version', reason: 'changed-meanwhile' });
                return ALIASES.document({ aliases: [alias], version, updatedAt: at, updatedBy: by });
              })
            : await edits.alter(ALIASES, ALIASES_KEY, `set ${alias.id}`, (entry) => ({
                ...entry,
                aliases: sorted([...entry.aliases.filter(({ id }) => id !== alias.id), alias]),
              }));
        return { ...change, alias };
      } catch (error) {
        // It was given alone, and nobody who gave it counts those beside it.
        if (!isTollgateError(error, 'bad_entry')) throw error;
        throw badEntries(problemsOf(error).map((one) => ({ ...one, path: one.path.replace(/^aliases\[\d+\]\./, '') })));
      }
    },

    async removeAlias(id) {
      const aliases = (await held())?.aliases ?? [];
      if (!aliases.some((alias) => alias.id === id)) throw noSuchAlias(id);
      return edits.alter(ALIASES, ALIASES_KEY, `remove ${id}`, (entry) => ({
        ...entry,
        aliases: entry.aliases.filter((alias) => alias.id !== id),
      }));
    },

    removeAliases: async () => edits.remove(ALIASES, ALIASES_KEY, 'remove'),
    aliasHistory: async () => edits.history(ALIASES_KEY),
  };
}

function noSuchAlias(id: string): TollgateError {
  return new TollgateError('not_found', {
    field: 'alias',
    reason: 'no-such-alias',
    message: `There is no alias ${id}.`,
  });
}
