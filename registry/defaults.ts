import { isTollgateError } from '../contract/errors.ts';
import type { DefaultsEntry } from './bounds.ts';
import type { Change, Edits, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { SCHEMA_VERSION } from './fields.ts';
import type { Document, Key } from './items.ts';
import { DEFAULTS_KEY } from './keys.ts';
import { DEFAULTS } from './kinds.ts';

export interface DefaultsWriter {
  /** Undefined: there are none. @throws TollgateError `bad_entry` naming the field of a malformed item */
  showDefaults(): Promise<DefaultsEntry | undefined>;
  /**
   * Says what holds of every tenant that has none of its own, from the authorizer's cache time on.
   *
   * @param defaults as the document has them, not trusted; left out they stay, null takes one away
   * @throws TollgateError `bad_entry` naming the member
   */
  putDefaults(defaults: object): Promise<Change<DefaultsEntry>>;
  /** The only way to be rid of a malformed item, too. @throws TollgateError `not_found` */
  removeDefaults(): Promise<Change<undefined>>;
}

export function defaultsWriter(edits: Edits): DefaultsWriter {
  return {
    async showDefaults() {
      try {
        return await edits.show(DEFAULTS, DEFAULTS_KEY);
      } catch (error) {
        if (isTollgateError(error, 'not_found')) return undefined;
        throw error;
      }
    },
    async putDefaults(given) {
      const { key, make } = defaultsEdit(given);
      return edits.put(DEFAULTS, key, make);
    },
    removeDefaults: async () => edits.remove(DEFAULTS, DEFAULTS_KEY, 'remove'),
  };
}

export function defaultsEdit(given: object): { key: Key; make: Make } {
  return {
    key: DEFAULTS_KEY,
    make: (_, before) => merged(before, { ...(given as Document), v: SCHEMA_VERSION }),
  };
}
