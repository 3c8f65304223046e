import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { type Alias, type AliasesEntry, parseAlias, sorted } from './alias.ts';
import type { Edits, HistoryRecord } from './edit.ts';
import { badEntry } from './fields.ts';
import type { Items } from './items.ts';
import { ALIASES_KEY, modelKey } from './keys.ts';
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
  setAlias(alias: unknown): Promise<{ alias: Alias; changed: boolean }>;
  /** @throws TollgateError `not_found` */
  removeAlias(id: string): Promise<void>;
  /** All of them, and the only way to be rid of a malformed item. @throws TollgateError `not_found` */
  removeAliases(): Promise<void>;
  /** Every edit, oldest first. */
  aliasHistory(): Promise<HistoryRecord[]>;
}

export function aliasWriter(edits: Edits, items: Items): AliasWriter {
  const held = async (): Promise<AliasesEntry | undefined> => {
    try {
      return await edits.show(ALIASES, ALIASES_KEY);
    } catch (error) {
      if (isTollgateError(error, 'not_found')) return undefined;
      throw error;
    }
  };
  const isModel = async (id: string): Promise<boolean> => (await items.get(modelKey(id))) !== undefined;

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
      if (await isModel(alias.id)) throw badEntry('id', 'is-a-model');
      for (const model of Object.keys(alias.models))
        if (!(await isModel(model))) throw badEntry(`models.${model}`, 'no-such-model');
      const { changed } =
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
      return { alias, changed };
    },

    async removeAlias(id) {
      const aliases = (await held())?.aliases ?? [];
      if (!aliases.some((alias) => alias.id === id)) throw noSuchAlias(id);
      await edits.alter(ALIASES, ALIASES_KEY, `remove ${id}`, (entry) => ({
        ...entry,
        aliases: entry.aliases.filter((alias) => alias.id !== id),
      }));
    },

    removeAliases: async () => edits.remove(ALIASES, ALIASES_KEY, 'remove'),
    aliasHistory: async () => edits.history(ALIASES_KEY),
  };
}

/** Asked before a model is made: callers would no longer know which of the two they name. @throws TollgateError `bad_entry` */
export async function checkNoAlias(id: string, edits: Edits): Promise<void> {
  const entry = await edits.show(ALIASES, ALIASES_KEY).catch((error: unknown) => {
    // Aliases that cannot be read are none to any caller.
    if (isTollgateError(error, 'not_found') || isTollgateError(error, 'bad_entry')) return undefined;
    throw error;
  });
  if (entry?.aliases.some((alias) => alias.id === id)) throw badEntry('id', 'is-an-alias');
}

function noSuchAlias(id: string): TollgateError {
  return new TollgateError('not_found', {
    field: 'alias',
    reason: 'no-such-alias',
    message: `There is no alias ${id}.`,
  });
}
