import { isTollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import type { AliasesEntry } from './alias.ts';
import { boundsOf, type DefaultsEntry } from './bounds.ts';
import type { BudgetsEntry } from './budget.ts';
import type { BundleEntry } from './bundle.ts';
import type { ClientEntry } from './client.ts';
import type { HistoryRecord, Listing } from './edit.ts';
import { recordOf } from './edits/history.ts';
import { frozenItems } from './edits/past.ts';
import type { Grant } from './grant.ts';
import { grantsOf, type Held } from './held.ts';
import type { Item, Items } from './items.ts';
import {
  ALIASES_SK,
  BUDGETS_SK,
  BUNDLE_SK_PREFIX,
  CLIENT_SK,
  DEFAULTS_SK,
  GRANT_SK_PREFIX,
  HISTORY_SK_PREFIXES,
  MODEL_SK,
  TENANT_SK,
} from './keys.ts';
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

const HISTORY_PK_PREFIX = 'HISTORY#';

/**
 * Reads the whole table, several times over: for an operator's review, never for a call.
 *
 * @param clock milliseconds since 1970
 * @throws TollgateError `unavailable`
 */
export async function readSnapshot(items: Items, clock: () => number): Promise<Snapshot> {
  const [tenants, grants, models, budgets, aliases, clients, bundles, defaults, ...histories] = await Promise.all([
    items.scan({ equals: TENANT_SK }),
    items.scan({ beginsWith: GRANT_SK_PREFIX }),
    items.scan({ equals: MODEL_SK }),
    items.scan({ equals: BUDGETS_SK }),
    items.scan({ equals: ALIASES_SK }),
    items.scan({ equals: CLIENT_SK }),
    items.scan({ beginsWith: BUNDLE_SK_PREFIX }),
    items.scan({ equals: DEFAULTS_SK }),
    ...HISTORY_SK_PREFIXES.map((prefix) => items.scan({ beginsWith: prefix })),
  ]);
  const [tenantList, grantList, modelList] = [listed(tenants, TENANT), listed(grants, GRANT), listed(models, MODEL)];
  const [budgetList, aliasList, clientList] = [
    listed(budgets, BUDGETS),
    listed(aliases, ALIASES),
    listed(clients, CLIENT),
  ];
  const [bundleList, defaultsList] = [listed(bundles, BUNDLE), listed(defaults, DEFAULTS)];
  const unusable = new Map<string, Unusable>();
  const note = (one: Unusable): void => void unusable.set(`${one.pk} ${one.sk}`, one);
  for (const one of [
    tenantList,
    grantList,
    modelList,
    budgetList,
    aliasList,
    clientList,
    bundleList,
    defaultsList,
  ].flatMap((list) => list.unusable))
    note(one);
  const reader = createLookup({
    items: frozenItems([...tenants, ...grants, ...models, ...budgets, ...aliases, ...bundles, ...defaults]),
    clock,
    onUnusable: note,
    // All of it is at hand: what was read of a model holds for every tenant.
    memoryMs: Number.MAX_SAFE_INTEGER,
  });
  const entries = new Map<TenantId, TenantEntries>();
  for (const { id } of tenantList.entries) {
    const found = await reader.tenant(id).catch(undecided);
    if (found !== null) entries.set(id, found);
  }
  return {
    tenants: tenantList.entries,
    grants: grantList.entries,
    held: heldBy(grantList.entries, tenantList.entries, bundleList.entries, defaultsList.entries[0]),
    bundles: bundleList.entries,
    defaults: defaultsList.entries,
    models: modelList.entries,
    budgets: budgetList.entries,
    aliases: aliasList.entries,
    clients: clientList.entries,
    unusable: [...unusable.values()],
    entries,
    changes: histories
      .flat()
      .filter(({ key }) => key.pk.startsWith(HISTORY_PK_PREFIX))
      .map(changeOf)
      .sort(byOrder),
  };
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

function listed<Entry>(found: readonly Item[], kind: Kind<Entry>): Listing<Entry> {
  const listing: Listing<Entry> = { entries: [], unusable: [] };
  for (const item of [...found].sort(byKey)) {
    const one = read(item, kind);
    if ('entry' in one) listing.entries.push(one.entry);
    else listing.unusable.push(one.unusable);
  }
  return listing;
}

function changeOf(item: Item): RegistryChange {
  return { item: item.key.pk.slice(HISTORY_PK_PREFIX.length), ...recordOf(item) };
}

/** As the log has them; before there was one, by time. */
function byOrder(a: RegistryChange, b: RegistryChange): number {
  const [one, other] = [a.edit ?? 0, b.edit ?? 0];
  if (one !== other) return one - other;
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.item < b.item ? -1 : 1;
}

function byKey(a: Item, b: Item): number {
  const [one, other] = [`${a.key.pk} ${a.key.sk}`, `${b.key.pk} ${b.key.sk}`];
  return one < other ? -1 : 1;
}
