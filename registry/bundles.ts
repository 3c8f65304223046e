import { TollgateError } from '../contract/errors.ts';
import type { BundleEntry } from './bundle.ts';
import type { Change, Edits, Listing, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { badEntry, isModelId, SCHEMA_VERSION } from './fields.ts';
import type { Document, Item, Items, Key } from './items.ts';
import { BUNDLE_GRANT_PREFIX, BUNDLE_SK_PREFIX, bundleKey, STAGE_PARTITION } from './keys.ts';
import { BUNDLE } from './kinds.ts';

/** What an operator says of a bundle, not trusted; what is left out stays as it was, and null takes it away. */
export interface GivenBundle {
  id: string;
  displayName?: string | null;
  models?: readonly string[];
  [member: string]: unknown;
}

/** Every method throws TollgateError `bad_entry` for an id that is none. */
export interface BundleWriter {
  listBundles(): Promise<Listing<BundleEntry>>;
  /** @throws TollgateError `not_found` */
  showBundle(id: string): Promise<BundleEntry>;
  /**
   * Makes a bundle, or changes what is given of one: of everybody who holds it, from the authorizer's cache time on.
   * @throws TollgateError `bad_entry` naming the member, e.g. `models[2]` for a model that is not there
   */
  putBundle(bundle: GivenBundle): Promise<Change<BundleEntry>>;
  /**
   * Puts models into a bundle, and takes others out of it.
   * @throws TollgateError `not_found`; `bad_entry` naming the member, also for one to be taken out that is not in it
   */
  changeBundle(id: string, models: { add?: readonly string[]; drop?: readonly string[] }): Promise<Change<BundleEntry>>;
  /** @throws TollgateError `not_found`; `bad_entry` while somebody holds it */
  removeBundle(id: string): Promise<Change<undefined>>;
}

export function bundleWriter(edits: Edits, items: Items): BundleWriter {
  return {
    listBundles: () =>
      edits.list(
        BUNDLE,
        items.partition(STAGE_PARTITION).then((all) => all.filter(({ key }) => key.sk.startsWith(BUNDLE_SK_PREFIX))),
      ),
    showBundle: async (id) => edits.show(BUNDLE, keyOf(id)),
    async putBundle(given) {
      const { key, make } = bundleEdit(given);
      return edits.put(BUNDLE, key, make);
    },
    changeBundle: async (id, { add = [], drop = [] }) =>
      edits.alter(BUNDLE, keyOf(id), add.length > 0 ? 'add' : 'drop', ({ models, ...bundle }) => {
        const stranger = drop.find((model) => !models.includes(model));
        if (stranger !== undefined)
          throw refused('models', 'not-in-it', `Of the models, ${stranger} is not in the bundle ${id}.`);
        return { ...bundle, models: [...models, ...add].filter((model) => !drop.includes(model)) };
      }),
    async removeBundle(id) {
      const key = keyOf(id);
      const holders = await items.scan({ equals: `${BUNDLE_GRANT_PREFIX}${id}` });
      if (holders.length > 0) throw refused('id', 'is-held', `The bundle ${id} is granted to ${namesOf(holders)}.`);
      return edits.remove(BUNDLE, key, 'remove');
    },
  };
}

/** @throws TollgateError `bad_entry` */
export function bundleEdit({ id, ...given }: GivenBundle): { key: Key; make: Make } {
  const make: Make = (_, before) => merged(before, { ...(given as Document), ...{ v: SCHEMA_VERSION, id } });
  return { key: keyOf(id), make };
}

function refused(field: string, reason: string, message: string): TollgateError {
  return new TollgateError('bad_entry', { field, reason, message });
}

function namesOf(grants: readonly Item[]): string {
  return grants.map(({ document }) => String(document.tenant)).join(', ');
}

function keyOf(id: string): Key {
  if (!isModelId(id)) throw badEntry('id', 'not-a-bundle-id');
  return bundleKey(id);
}
