import { isTollgateError, type Problem, TollgateError } from '../contract/errors.ts';
import type { Clock } from '../contract/log.ts';
import type { Lifecycle, Place } from '../contract/model.ts';
import { placesOf, targetsOf } from '../contract/places.ts';
import type { Alias } from './alias.ts';
import type { Change, Edits, Listing, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { badEntry, isModelId, isoSeconds, SCHEMA_VERSION } from './fields.ts';
import type { Document, Items, Key, Plain } from './items.ts';
import { ALIASES_KEY, BUNDLE_SK_PREFIX, GRANT_SK_PREFIX, MODEL_SK, modelKey, STAGE_PARTITION } from './keys.ts';
import { ALIASES, MODEL } from './kinds.ts';
import { usability } from './lifecycle.ts';
import type { ModelEntry } from './model.ts';
import { type PriceWriter, priceWriter } from './prices.ts';

export interface ModelWriter extends PriceWriter {
  listModels(): Promise<Listing<ModelEntry>>;
  /** @throws TollgateError `not_found`, `bad_entry` */
  showModel(id: string): Promise<ModelEntry>;
  /**
   * Makes a model, or changes what the document names of one; null takes a member away.
   * @param document as showModel's document; `version`, if there, must be the table's; who and when are set anew
   * @throws TollgateError `bad_entry` naming the field, `policy_too_large`, `conflict`
   */
  putModel(document: unknown): Promise<Change<ModelEntry>>;
  /** Makes a model of a draft: whom it was granted to may call it from now on. @throws TollgateError `bad_entry` of what is none */
  activateModel(id: string): Promise<Change<ModelEntry>>;
  /** @param end dates in seconds since 1970; `deprecatedAt` is now, or what it was, unless given */
  deprecateModel(
    id: string,
    end: { deprecatedAt?: number; sunsetAt?: number; successor?: string },
  ): Promise<Change<ModelEntry>>;
  /** The end at once; restoreModel undoes it. */
  retireModel(id: string, end?: { successor?: string }): Promise<Change<ModelEntry>>;
  /**
   * Undoes the last step to a model's end: of a retired one it brings back what was before, active, or deprecated with its
   * dates; of one that is deprecated, or past its sunset, what was before that.
   */
  restoreModel(id: string): Promise<Change<ModelEntry>>;
  /**
   * Takes a model out of the registry that nobody can call and nothing names any more; its usage and history stay.
   *
   * @throws TollgateError `bad_entry` of all that stands against it
   */
  deleteModel(id: string): Promise<Change<undefined>>;
  /**
   * Takes a model's places in a region out of use, or brings them back.
   *
   * @throws TollgateError `bad_entry` naming `region` where the model has none there; naming `targets` where no other would be
   *   left; naming `lifecycle.status` of a model that is retired
   */
  drainPlaces(id: string, region: string, drained: boolean): Promise<Change<ModelEntry>>;
}

export function modelWriter(edits: Edits, items: Items, clock: Clock): ModelWriter {
  return {
    ...priceWriter(edits, keyOf),

    listModels: () => edits.list(MODEL, items.list(MODEL_SK)),

    showModel: async (id) => edits.show(MODEL, keyOf(id)),

    async putModel(document) {
      const { key, make, version } = modelEdit(document);
      return edits.put(MODEL, key, make, version);
    },

    async activateModel(id) {
      return edits.alter(MODEL, keyOf(id), 'activate', (model) => {
        const { status } = model.lifecycle;
        if (status === 'active') return model;
        if (status !== 'draft')
          throw refused('lifecycle.status', `is-${status}`, `The model is ${status}: restore undoes that.`);
        return { ...model, lifecycle: notOver({ ...model.lifecycle, status: 'active' }, clock) };
      });
    },

    async deprecateModel(id, end) {
      return edits.alter(MODEL, keyOf(id), 'deprecate', (model) => {
        notDraft(model.lifecycle);
        if (model.lifecycle.status === 'retired')
          throw refused('lifecycle.status', 'is-retired', 'The model is retired: restore it first.');
        const deprecatedAt = end.deprecatedAt ?? model.lifecycle.deprecatedAt ?? nowSeconds(clock);
        const lifecycle: Lifecycle = { ...model.lifecycle, ...end, status: 'deprecated', deprecatedAt };
        const before = model.lifecycle.status === 'active' ? beyondActive(model.lifecycle) : {};
        return { ...model, ...before, lifecycle: notOver(lifecycle, clock) };
      });
    },

    async retireModel(id, end = {}) {
      return edits.alter(MODEL, keyOf(id), 'retire', (model) => {
        notDraft(model.lifecycle);
        const beforeRetirement = model.lifecycle.status === 'retired' ? model.beforeRetirement : model.lifecycle;
        const lifecycle: Lifecycle = { ...model.lifecycle, ...end, status: 'retired' };
        return { ...model, lifecycle, ...(beforeRetirement === undefined ? {} : { beforeRetirement }) };
      });
    },

    async restoreModel(id) {
      return edits.alter(MODEL, keyOf(id), 'restore', ({ beforeRetirement, ...model }) => {
        notDraft(model.lifecycle);
        if (model.lifecycle.status === 'retired')
          return { ...model, lifecycle: notOver(beforeRetirement ?? withoutRetirement(model.lifecycle), clock) };
        if (usability(model.lifecycle, nowSeconds(clock)).state === 'usable') return model;
        const { beforeDeprecation = { status: 'active' }, ...rest } = model;
        return { ...rest, lifecycle: notOver(beforeDeprecation, clock) };
      });
    },

    async deleteModel(id) {
      const key = keyOf(id);
      const model = await edits.show(MODEL, key);
      const [grants, stage, { entries: models }, aliases] = await Promise.all([
        items.scan({ equals: `${GRANT_SK_PREFIX}${id}` }),
        items.partition(STAGE_PARTITION),
        edits.list(MODEL, items.list(MODEL_SK)),
        edits.show(ALIASES, ALIASES_KEY).then(({ aliases }) => aliases, noneThere),
      ]);
      const against: Problem[] = [];
      const names = (path: string, reason: string, by: readonly string[]): void => {
        if (by.length > 0)
          against.push({
            path,
            reason,
            message: `The model is still ${reason.replaceAll('-', ' ')} ${by.join(', ')}.`,
          });
      };
      if (!['retired', 'draft'].includes(model.lifecycle.status))
        against.push({ path: 'lifecycle.status', reason: 'in-use', message: 'The model is in use: retire it first.' });
      names(
        'grants',
        'granted-to',
        grants.map((item) => String(item.document.tenant)),
      );
      names(
        'aliases',
        'behind-the-alias',
        aliases.filter((alias) => Object.hasOwn(alias.models, id)).map((alias) => alias.id),
      );
      const bundles = stage.filter(
        ({ key: { sk }, document }) => sk.startsWith(BUNDLE_SK_PREFIX) && holds(document.models, id),
      );
      names(
        'bundles',
        'in-the-bundle',
        bundles.map(({ key }) => key.sk.slice(BUNDLE_SK_PREFIX.length)),
      );
      const named = models.filter((other) => other.id !== id);
      names(
        'fallbacks',
        'the-fallback-of',
        idsOf(named, ({ fallbacks }) => fallbacks?.includes(id) === true),
      );
      names(
        'successor',
        'the-successor-of',
        idsOf(named, ({ lifecycle, beforeRetirement }) =>
          [lifecycle, beforeRetirement].some((one) => one?.successor === id),
        ),
      );
      const [first] = against;
      if (first !== undefined)
        throw new TollgateError('bad_entry', {
          field: first.path,
          reason: first.reason,
          problems: against,
          message: `The model ${id} cannot be deleted yet: ${against.map(({ message }) => message).join(' ')}`,
        });
      return edits.remove(MODEL, key, 'delete');
    },

    async drainPlaces(id, region, drained) {
      return edits.alter(MODEL, keyOf(id), drained ? 'drain' : 'restore', (model) => {
        // Whoever restores a retired one means the model.
        if (model.lifecycle.status === 'retired')
          throw refused('lifecycle.status', 'is-retired', 'The model is retired: restore it first.');
        const regions = targetsOf(model).map((target) => target.region);
        if (!regions.includes(region))
          throw refused('region', 'no-place-there', `The model has no place in ${region}, but in ${once(regions)}.`);
        const places = placesOf(model).map((place) =>
          place.target.region === region ? drainedIf(drained, place) : place,
        );
        if (places.every((place) => place.drained === true))
          throw refused('targets', 'all-drained', `It has no other place that is in use: to end the model, retire it.`);
        return model.places === undefined ? model : { ...model, places };
      });
    },
  };
}

function holds(list: Plain | undefined, id: string): boolean {
  return Array.isArray(list) && list.includes(id);
}

function idsOf(models: readonly ModelEntry[], are: (one: ModelEntry) => boolean): string[] {
  return models.filter(are).map(({ id }) => id);
}

/** Aliases that cannot be read name what nobody can tell: they are to be repaired first. */
function noneThere(error: unknown): Alias[] {
  if (isTollgateError(error, 'not_found')) return [];
  throw error;
}

function drainedIf(wanted: boolean, { drained: _, ...place }: Place): Place {
  return wanted ? { ...place, drained: true } : place;
}

function once(names: readonly string[]): string {
  return [...new Set(names)].join(', ');
}

function keyOf(id: string): Key {
  if (!isModelId(id)) throw badEntry('id', 'not-a-model-id');
  return modelKey(id);
}

/** The edit that a file asks for. @throws TollgateError `bad_entry` when it does not say of which model */
export function modelEdit(document: unknown): { key: Key; make: Make; version: number | undefined } {
  const { id, version, content } = opened(document);
  // What stands for another member takes its place.
  const instead = {
    ...(content.targets === undefined ? {} : { target: null }),
    ...(content.target === undefined ? {} : { targets: null }),
    ...(content.lifecycle === undefined ? {} : { beforeRetirement: null, beforeDeprecation: null }),
  };
  const make: Make = (_, before) => {
    const was = (before?.lifecycle as Document | undefined)?.status;
    // To its callers it would never have been there: what was published ends by retirement, which says so.
    if (was !== undefined && was !== 'draft' && (content.lifecycle as Document | null | undefined)?.status === 'draft')
      throw refused(
        'lifecycle.status',
        'was-published',
        `The model is ${was}, so it cannot be a draft again: retire it.`,
      );
    return { prices: [], ...merged(before, { v: SCHEMA_VERSION, ...instead, ...content }) };
  };
  return { key: keyOf(id), make, version };
}

/** What a file holds, without what the registry itself writes. */
function opened(document: unknown): { id: string; version: number | undefined; content: Document } {
  if (document === null || typeof document !== 'object' || Array.isArray(document))
    throw badEntry('entry', 'not-an-object');
  const { version, updatedAt: _at, updatedBy: _by, evaluated: _evaluated, ...content } = document as Document;
  if (version !== undefined && typeof version !== 'number') throw badEntry('version', 'not-a-number');
  if (typeof content.id !== 'string') throw badEntry('id', content.id === undefined ? 'missing' : 'not-text');
  return { id: content.id, version, content };
}

/** @throws TollgateError `bad_entry`: what nobody has called yet has no end that a caller would be told of */
function notDraft({ status }: Lifecycle): void {
  if (status === 'draft')
    throw refused('lifecycle.status', 'is-a-draft', 'The model is a draft: activate it, or delete it.');
}

/** What there is to remember of an active one. */
function beyondActive(lifecycle: Lifecycle): Pick<ModelEntry, 'beforeDeprecation'> {
  return Object.keys(lifecycle).length === 1 ? {} : { beforeDeprecation: lifecycle };
}

/** Retired by hand in the table, so that what was before is not known but its dates still tell. */
function withoutRetirement(lifecycle: Lifecycle): Lifecycle {
  const dated = lifecycle.deprecatedAt !== undefined || lifecycle.sunsetAt !== undefined;
  return { ...lifecycle, status: dated ? 'deprecated' : 'active' };
}

/** @throws TollgateError `bad_entry` when the model would be at its end all the same */
function notOver(lifecycle: Lifecycle, clock: Clock): Lifecycle {
  if (lifecycle.sunsetAt !== undefined && usability(lifecycle, nowSeconds(clock)).state === 'retired')
    throw refused(
      'lifecycle.sunsetAt',
      'sunset-passed',
      `Its sunset, ${isoSeconds(lifecycle.sunsetAt)}, has passed: set a later one.`,
    );
  return lifecycle;
}

function refused(field: string, reason: string, message: string): TollgateError {
  return new TollgateError('bad_entry', { field, reason, message });
}

function nowSeconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
