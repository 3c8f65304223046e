import * as v from 'valibot';
import { PRICES_MAX } from '../contract/limits/registry.ts';
import { PLACES_MAX } from '../contract/limits/routing.ts';
import {
  CONTAINERS,
  DIALECTS,
  type Lifecycle,
  type Place,
  type Speech,
  STATUSES,
  type Target,
} from '../contract/model.ts';
import type { Routing } from '../contract/routing.ts';
import { runtimeOf } from '../policies/kinds.ts';
import { type Described, describedDocument, describedMembers } from './description.ts';
import { type Evaluated, evaluatedMember } from './evaluation/evaluated.ts';
import { checkFallbacks, fallbackIds } from './fallbacks.ts';
import {
  actor,
  badEntry,
  checkAll,
  isoMilliseconds,
  isoSeconds,
  milliseconds,
  modelId,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  seconds,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { checkPlaces, placeDocument, placeSchema, routingSchema } from './places.ts';
import type { PriceVersion } from './price.ts';
import { checkedPrices, priceDocument, priceSchema } from './prices/entry.ts';
import { checkTarget, targetSchema } from './target.ts';

export interface ModelEntry extends Speech, Described {
  /** The registry id: what a caller writes. */
  id: string;
  /** Of several places that of the first. */
  target: Target;
  /** Where its document lists `targets`, all of them; one at least. */
  places?: Place[];
  routing?: Partial<Routing>;
  /** Registry ids of what answers in its place when none of its places can. */
  fallbacks?: string[];
  lifecycle: Lifecycle;
  /** What the lifecycle was before the model was retired by hand; restore brings it back. */
  beforeRetirement?: Lifecycle;
  /** The same of a deprecation by hand, where it was more than active; restore brings that back, one step at a time. */
  beforeDeprecation?: Lifecycle;
  /** Sorted by `from`, then region and tier; in a region and tier no two of one moment or one name. */
  prices: PriceVersion[];
  /** How it was evaluated, sorted by template, each once. Only `eval take`, `eval record` and the schedule write it. */
  evaluated?: Evaluated[];
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

const lifecycle = v.strictObject({
  status: v.picklist(STATUSES, 'unknown-status'),
  deprecatedAt: v.exactOptional(seconds),
  sunsetAt: v.exactOptional(seconds),
  successor: v.exactOptional(modelId),
});

function first<T>(item: T, index: number, list: readonly T[]): boolean {
  return list.indexOf(item) === index;
}

export const modelSchema = v.strictObject({
  v: schemaVersion,
  id: modelId,
  ...describedMembers,
  target: v.exactOptional(targetSchema),
  targets: v.exactOptional(
    v.pipe(v.array(placeSchema, 'not-a-list'), v.minLength(1, 'empty'), v.maxLength(PLACES_MAX, 'too-many')),
  ),
  routing: v.exactOptional(routingSchema),
  fallbacks: v.exactOptional(fallbackIds),
  dialects: v.exactOptional(
    v.pipe(
      v.array(v.picklist(DIALECTS, 'unknown-dialect'), 'not-a-list'),
      v.minLength(1, 'empty'),
      v.checkItems(first, 'twice'),
    ),
  ),
  container: v.exactOptional(v.picklist(CONTAINERS, 'unknown-container')),
  lifecycle,
  beforeRetirement: v.exactOptional(lifecycle),
  beforeDeprecation: v.exactOptional(lifecycle),
  prices: v.pipe(v.array(priceSchema, 'not-a-list'), v.maxLength(PRICES_MAX, 'too-many')),
  evaluated: evaluatedMember,
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/**
 * @param document an item without its keys, or what a file holds
 * @throws TollgateError `bad_entry` naming the field, e.g. `targets[2].target.modelArns[1]` or `prices[0].input`
 */
export function parseModel(document: unknown): ModelEntry {
  const { v: _, target, targets, ...rest } = parseWith(modelSchema, document);
  const entry = { ...rest, ...placed(target, targets) };
  const filled = { ...entry, lifecycle: datedLifecycle(entry.lifecycle, entry.updatedAt) };
  // Of what a file has made active again there is nothing to bring back.
  if (entry.lifecycle.status === 'active') delete filled.beforeDeprecation;
  const checkBefore = (member: 'beforeRetirement' | 'beforeDeprecation'): void => {
    if (entry[member] !== undefined) checkLifecycle(entry[member], entry.id, member);
  };
  checkAll(
    () => (entry.places === undefined ? checkTarget(entry.target) : checkPlaces(entry.places, entry.routing)),
    () => checkSpeech(entry),
    () => checkFallbacks(entry.fallbacks, entry.id),
    () => {
      filled.prices = checkedPrices(entry.prices);
    },
    () => checkLifecycle(filled.lifecycle, entry.id, 'lifecycle'),
    () => checkBefore('beforeRetirement'),
    () => checkBefore('beforeDeprecation'),
  );
  return filled;
}

/** One target, or a list of places: what has both, or neither, does not say where it is. */
function placed(target: Target | undefined, targets: Place[] | undefined): Pick<ModelEntry, 'target' | 'places'> {
  if (targets === undefined) {
    if (target === undefined) throw badEntry('target', 'missing');
    return { target };
  }
  const [first] = targets;
  if (target !== undefined || first === undefined) throw badEntry('targets', 'beside-a-target');
  return { target: first.target, places: targets };
}

/** The written form of an entry; parseModel reads it back to the same entry. */
export function modelDocument(entry: ModelEntry): Document {
  return {
    v: SCHEMA_VERSION,
    id: entry.id,
    ...describedDocument(entry),
    ...(entry.places === undefined ? { target: { ...entry.target } } : { targets: entry.places.map(placeDocument) }),
    ...(entry.routing === undefined ? {} : { routing: { ...entry.routing } }),
    ...(entry.fallbacks === undefined ? {} : { fallbacks: [...entry.fallbacks] }),
    ...speechOf(entry),
    lifecycle: lifecycleDocument(entry.lifecycle),
    ...(entry.beforeRetirement === undefined ? {} : { beforeRetirement: lifecycleDocument(entry.beforeRetirement) }),
    ...(entry.beforeDeprecation === undefined ? {} : { beforeDeprecation: lifecycleDocument(entry.beforeDeprecation) }),
    prices: entry.prices.map(priceDocument),
    ...(entry.evaluated === undefined ? {} : { evaluated: structuredClone(entry.evaluated) as unknown as Document[] }),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

/** As an entry has it; a list of its own. */
export function speechOf({ dialects, container }: Speech): Speech {
  return {
    ...(dialects === undefined ? {} : { dialects: [...dialects] }),
    ...(container === undefined ? {} : { container }),
  };
}

/** What a target cannot be spoken to in would fail at every call. */
function checkSpeech({ target, dialects = [], container }: Pick<ModelEntry, 'target'> & Speech): void {
  const hosted = runtimeOf(target) === 'sagemaker-runtime';
  if (container !== undefined && !hosted) throw badEntry('container', 'not-an-endpoint');
  const wrong = dialects.findIndex((dialect) => (hosted ? dialect === 'converse' : dialect === 'generate'));
  if (wrong >= 0) throw badEntry(`dialects[${wrong}]`, 'not-of-this-kind');
}

export function lifecycleDocument({ status, deprecatedAt, sunsetAt, successor }: Lifecycle): Document {
  return {
    status,
    ...(deprecatedAt === undefined ? {} : { deprecatedAt: isoSeconds(deprecatedAt) }),
    ...(sunsetAt === undefined ? {} : { sunsetAt: isoSeconds(sunsetAt) }),
    ...(successor === undefined ? {} : { successor }),
  };
}

// Somebody who sets only the status in the DynamoDB console has deprecated the model, and the header needs a date.
function datedLifecycle(lifecycle: Lifecycle, updatedAt: number): Lifecycle {
  if (lifecycle.status !== 'deprecated' || lifecycle.deprecatedAt !== undefined) return lifecycle;
  const end = lifecycle.sunsetAt ?? Number.POSITIVE_INFINITY;
  return { ...lifecycle, deprecatedAt: Math.min(Math.floor(updatedAt / 1000), end) };
}

function checkLifecycle({ deprecatedAt, sunsetAt, successor }: Lifecycle, id: string, at: string): void {
  if (successor === id) throw badEntry(`${at}.successor`, 'is-the-model-itself');
  // RFC 9745 section 4: the sunset must not be earlier than the deprecation.
  if (deprecatedAt !== undefined && sunsetAt !== undefined && sunsetAt < deprecatedAt)
    throw badEntry(`${at}.sunsetAt`, 'before-the-deprecation');
}
