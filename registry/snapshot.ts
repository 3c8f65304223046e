import { isTollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import type { AliasesEntry } from './alias.ts';
import { boundsOf, type DefaultsEntry } from './bounds.ts';
import type { BudgetsEntry } from './budget.ts';
import type { BundleEntry } from './bundle.ts';
import type { ClientEntry } from './client.ts';
import type { HistoryRecord, Listing } from './edit.ts';
import { isRecord, recordOf, shown } from './edits/history.ts';
import { frozenItems } from './edits/past.ts';
import type { Grant } from './grant.ts';
import { grantsOf, type Held } from './held.ts';
import { type Item, type Items, isOf } from './items.ts';
import { grantedAt, MODEL_SK, modelKey, STAGE_PARTITION, tenantPartition } from './keys.ts';
import {
  ALIASES,
  BUDGETS,
  BUNDLE,
  CLIENT,
  DEFAULTS,
  GRANT,
  type Kind,
  MODEL,
  read,
  TENANT,
  type Unusable,
} from './kinds.ts';
import { createLookup } from './lookup.ts';
import type { ModelEntry } from './model.ts';
import type { TenantEntries } from './reader.ts';
import type { TenantEntry } from './tenant.ts';

/** An edit, and of what: `GRANT#acme#nova-lite`, `MODEL#nova-lite`, `TENANT#acme`. */
export interface RegistryChange extends HistoryRecord {
  item: string;
}

/** The whole registry as it was read once, so that everything said of it is said of the same state. */
export interface Snapshot {
  tenants: readonly TenantEntry[];
  models: readonly ModelEntry[];
  /** As they were written. */
  grants: readonly Grant[];
  /** As they hold: by model, those of bundles too. */
  held: readonly Held[];
  bundles: readonly BundleEntry[];
  /** One, or none. */
  defaults: readonly DefaultsEntry[];
  budgets: readonly BudgetsEntry[];
  /** One, or none. */
  aliases: readonly AliasesEntry[];
  /** Whose tokens are whose, where the registry says it. */
  clients: readonly ClientEntry[];
  /** Items that cannot be used, and grants that do not fit their model. */
  unusable: readonly Unusable[];
  /** What the data path would read, by its own code; without the tenants for whom it would find no answer. */
  entries: ReadonlyMap<TenantId, TenantEntries>;
  /** Every edit there ever was, oldest first, of what has gone too. */
  changes: readonly RegistryChange[];
}

const PARTITIONS_AT_ONCE = 32;

const HISTORY_PK_PREFIX = 'HISTORY#';

/**
 * Reads the whole table, once: for an operator's review, never for a call.
 *
 * @param clock milliseconds since 1970
 * @throws TollgateError `unavailable`
 */
export async function readSnapshot(items: Items, clock: () => number): Promise<Snapshot> {
  return snapshotOf(await items.scan(), clock);
}

/**
 * The same of some tenants: their items, all models, and what is the stage's; without clients and history. A model that is a moment
 * old, and neither granted nor in a bundle, may not be in it.
 *
 * @param tenants those that are not there are left out
 * @throws TollgateError `unavailable`
 */
export async function readSnapshotOf(
  tenants: readonly TenantId[],
  items: Items,
  clock: () => number,
): Promise<Snapshot> {
  const [own, stage, listed] = await Promise.all([
    partitionsOf(tenants, items),
    items.partition(STAGE_PARTITION),
    items.list(MODEL_SK),
  ]);
  const granted = ofKind(own, GRANT).flatMap(({ key }) => grantedAt(key).model ?? []);
  const bundled = listOf(stage, BUNDLE).entries.flatMap(({ models }) => models);
  const keys = [...granted, ...bundled].map(modelKey).concat(listed.map(({ key }) => key));
  const distinct = new Map(keys.map((key) => [key.pk, key]));
  return snapshotOf([...own, ...stage, ...(await items.batch([...distinct.values()]))], clock);
}

/** Some at once: of a page of tenants each is a query. */
async function partitionsOf(tenants: readonly TenantId[], items: Items): Promise<Item[]> {
  const found: Item[] = [];
  for (let begin = 0; begin < tenants.length; begin += PARTITIONS_AT_ONCE) {
    const some = tenants.slice(begin, begin + PARTITIONS_AT_ONCE);
    found.push(...(await Promise.all(some.map((id) => items.partition(tenantPartition(id))))).flat());
  }
  return found;
}

async function snapshotOf(all: readonly Item[], clock: () => number): Promise<Snapshot> {
  const current = all.filter(({ key }) => !key.pk.startsWith(HISTORY_PK_PREFIX));
  const unusable = new Map<string, Unusable>();
  const note = (one: Unusable): void => void unusable.set(`${one.pk} ${one.sk}`, one);
  const entriesOf = <Entry>(kind: Kind<Entry>): Entry[] => {
    const listing = listOf(current, kind);
    listing.unusable.forEach(note);
    return listing.entries;
  };
  const [tenants, grants, models] = [entriesOf(TENANT), entriesOf(GRANT), entriesOf(MODEL)];
  const [budgets, aliases, clients] = [entriesOf(BUDGETS), entriesOf(ALIASES), entriesOf(CLIENT)];
  const [bundles, defaults] = [entriesOf(BUNDLE), entriesOf(DEFAULTS)];
  const reader = createLookup({
    items: frozenItems(current),
    clock,
    onUnusable: note,
    // All of it is at hand: what was read of a model holds for every tenant.
    memoryMs: Number.MAX_SAFE_INTEGER,
  });
  const entries = new Map<TenantId, TenantEntries>();
  for (const { id } of tenants) {
    const found = await reader.tenant(id).catch(undecided);
    if (found !== null) entries.set(id, found);
  }
  const changes = all
    .filter((item) => item.key.pk.startsWith(HISTORY_PK_PREFIX) && isRecord(item))
    .map(changeOf)
    .sort(byOrder);
  const held = heldBy(grants, tenants, bundles, defaults[0]);
  const stored = { tenants, models, grants, bundles, defaults, budgets, aliases, clients };
  return { ...stored, held, unusable: [...unusable.values()], entries, changes };
}

function heldBy(
  grants: readonly Grant[],
  tenants: readonly TenantEntry[],
  bundles: readonly BundleEntry[],
  defaults: DefaultsEntry | undefined,
): Held[] {
  const bounds = new Map(tenants.map((tenant) => [tenant.id, boundsOf(tenant, defaults)]));
  const models = new Map(bundles.map((bundle) => [bundle.id, bundle.models]));
  return [...Map.groupBy(grants, ({ tenant }) => tenant)].flatMap(([tenant, own]) =>
    grantsOf(own, models, bounds.get(tenant) ?? {}),
  );
}

/** The data path answers 503 then; which item is at fault has been noted. */
function undecided(error: unknown): null {
  if (isTollgateError(error, 'unavailable')) return null;
  throw error;
}

function ofKind(items: readonly Item[], { sk }: Kind<unknown>): Item[] {
  return items.filter(({ key }) => isOf(key, sk));
}

/** Those of the kind, in the order of their keys. */
function listOf<Entry>(items: readonly Item[], kind: Kind<Entry>): Listing<Entry> {
  const listing: Listing<Entry> = { entries: [], unusable: [] };
  for (const item of ofKind(items, kind as Kind<unknown>).sort(byKey)) {
    const one = read(item, kind);
    if ('entry' in one) listing.entries.push(one.entry);
    else listing.unusable.push(one.unusable);
  }
  return listing;
}

function changeOf(item: Item): RegistryChange {
  return { item: item.key.pk.slice(HISTORY_PK_PREFIX.length), ...shown(recordOf(item)) };
}

/** As the log has them; before there was one, by time. */
function byOrder(a: RegistryChange, b: RegistryChange): number {
  const [one, other] = [a.edit ?? 0, b.edit ?? 0];
  if (one !== other) return one - other;
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.item < b.item ? -1 : 1;
}

function byKey({ key: a }: Item, { key: b }: Item): number {
  if (a.pk !== b.pk) return a.pk < b.pk ? -1 : 1;
  return a.sk < b.sk ? -1 : 1;
}
