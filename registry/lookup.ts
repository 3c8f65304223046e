import type { Budget } from '../contract/budget.ts';
import { asTollgateError, TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { REGISTRY_MEMORY_MS, REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import type { Clock } from '../contract/log.ts';
import type { AliasShare, AllowedModel, Lifecycle, Published } from '../contract/model.ts';
import { sharesOf } from './alias.ts';
import { budgetsInForce, EVERY_TENANT } from './budget.ts';
import { descriptionOf } from './description.ts';
import { withKnownSuccessor } from './entitled.ts';
import { isModelId } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Item, Items } from './items.ts';
import {
  ALIASES_KEY,
  BUDGETS_SK,
  budgetsKey,
  clientKey,
  GRANT_SK_PREFIX,
  grantKey,
  MODEL_SK,
  modelKey,
  TENANT_SK,
  tenantPartition,
} from './keys.ts';
import { ALIASES, BUDGETS, CLIENT, GRANT, type Kind, MODEL, read, TENANT, type Unusable } from './kinds.ts';
import { isPublished } from './lifecycle.ts';
import { Memory } from './memory.ts';
import { type ModelEntry, speechOf } from './model.ts';
import type { ClientReader, DescriptionReader, PriceReader, RegistryReader, TenantEntries } from './reader.ts';
import { isDirect, placedUnder, restrictionsOf } from './restrictions.ts';
import type { TenantEntry } from './tenant.ts';
import { within } from './within.ts';

export interface LookupOptions {
  items: Pick<Items, 'partition' | 'batch'>;
  clock: Clock;
  /** Called once per read of the item, not once per use of what is remembered. */
  onUnusable: (unusable: Unusable) => void;
  /** Milliseconds for which what was read is remembered; 0 remembers nothing. */
  memoryMs?: number;
  /** Remember tenants, too: for a caller that asks on every call. Models always are. */
  rememberTenants?: boolean;
  /** Milliseconds for one question with its retries. */
  timeoutMs?: number;
}

/** What is known of a model id: its entry, that its item is unusable, or that there is none. */
type Known = { is: 'entry'; entry: ModelEntry } | { is: 'unusable' } | { is: 'absent' };

/** An owner's budgets; none when it has no item of them. */
type OwnedBudgets = readonly Budget[] | 'unusable';

/** By model, of the aliases that it is behind. */
type Shares = ReadonlyMap<string, AliasShare[]>;

/** What is every tenant's. */
interface Stage {
  budgets: OwnedBudgets;
  /** None where they cannot be read: what is called by an alias is refused then, and nothing else is. */
  aliases: Shares;
}

const STAGE_KEY = budgetsKey(EVERY_TENANT);
const NO_STAGE: Stage = { budgets: [], aliases: new Map() };

/**
 * The data path's and metering's questions, answered from the table. At most two round trips for a tenant (more only
 * where DynamoDB pages): its partition, then those of its models, and the stage's budgets and aliases, that are not
 * remembered. A failure remembers nothing.
 */
export function createLookup(options: LookupOptions): RegistryReader & PriceReader & ClientReader & DescriptionReader {
  const { items, clock, onUnusable } = options;
  const memoryMs = options.memoryMs ?? REGISTRY_MEMORY_MS;
  const models = new Memory<Known>(clock, memoryMs);
  const tenants = new Memory<TenantEntries>(clock, memoryMs);
  const stages = new Memory<Stage>(clock, memoryMs);
  const clients = new Memory<TenantId>(clock, memoryMs);
  const bounded = <T>(ask: (signal: AbortSignal) => Promise<T>) =>
    within(options.timeoutMs ?? REGISTRY_TIMEOUT_MS, 'registry-timeout', ask);

  /** @returns undefined for an item that cannot be used, which has been reported by then */
  function usable<Entry>(item: Item, kind: Kind<Entry>): Entry | undefined {
    const found = read(item, kind);
    if ('entry' in found) return found.entry;
    onUnusable(found.unusable);
    return undefined;
  }

  function budgetsOf(item: Item | undefined): OwnedBudgets {
    if (item === undefined) return [];
    return usable(item, BUDGETS)?.budgets ?? 'unusable';
  }

  /** What is no tenant's alone: models, and what is the stage's where that is asked for. One round for both. */
  async function lookUpShared(
    ids: readonly string[],
    of: { stage: boolean },
    signal: AbortSignal,
  ): Promise<{ known: Map<string, Known>; stage: Stage }> {
    const known = new Map<string, Known>();
    for (const id of ids) {
      const remembered = models.get(id);
      if (remembered !== undefined) known.set(id, remembered);
    }
    let stage = of.stage ? stages.get(STAGE_KEY.pk) : NO_STAGE;
    const missing = ids.filter((id) => !known.has(id));
    const keys = [...missing.map(modelKey), ...(stage === undefined ? [STAGE_KEY, ALIASES_KEY] : [])];
    const answer = keys.length === 0 ? [] : await items.batch(keys, signal);
    const found = new Map(answer.map((item) => [item.key.sk === MODEL_SK ? item.key.pk : item.key.sk, item]));
    for (const id of missing) {
      const item = found.get(modelKey(id).pk);
      const entry = item && usable(item, MODEL);
      const now: Known = entry ? { is: 'entry', entry } : { is: item ? 'unusable' : 'absent' };
      known.set(id, now);
      models.set(id, now);
    }
    if (stage === undefined) {
      const aliases = found.get(ALIASES_KEY.sk);
      stage = {
        budgets: budgetsOf(found.get(STAGE_KEY.sk)),
        aliases: sharesOf((aliases && usable(aliases, ALIASES))?.aliases ?? []),
      };
      stages.set(STAGE_KEY.pk, stage);
    }
    return { known, stage };
  }

  async function lookUpTenant(id: TenantId, signal: AbortSignal): Promise<TenantEntries | null> {
    const partition = await items.partition(tenantPartition(id), signal);
    let tenant: TenantEntry | undefined;
    let unusable = 0;
    let own: OwnedBudgets = [];
    const grants: Grant[] = [];
    for (const item of partition) {
      if (item.key.sk === TENANT_SK) {
        tenant = usable(item, TENANT);
      } else if (item.key.sk.startsWith(GRANT_SK_PREFIX)) {
        const grant = usable(item, GRANT);
        if (grant) grants.push(grant);
        else unusable++;
      } else if (item.key.sk === BUDGETS_SK) {
        own = budgetsOf(item);
      } else {
        // A kind that this version does not know may be a restriction; not understanding it must show.
        onUnusable({ ...item.key, field: 'sk', reason: 'unknown-kind' });
        unusable++;
      }
    }
    if (tenant === undefined) return null;
    const ids = grants.map(({ model }) => model);
    const { known, stage } = await lookUpShared(ids, { stage: true }, signal);
    unusable += grants.filter(({ model }) => known.get(model)?.is === 'unusable').length;
    const granted = new Set<string>();
    const fitting = grants.flatMap((grant) => {
      const found = known.get(grant.model);
      if (found?.is !== 'entry') return [];
      const { lifecycle } = found.entry;
      // Not among the granted ones either: a successor or fallback that is a draft is none yet.
      if (!isPublished(lifecycle)) return [];
      // The model may have been edited since the grant was written.
      const fit = together(grant, found.entry);
      if (!('fault' in fit)) {
        granted.add(grant.model);
        return [{ grant, entry: found.entry, lifecycle, fit }];
      }
      onUnusable({ ...grantKey(grant), ...fit.fault });
      unusable++;
      return [];
    });
    const { suspended, costCenter, plan } = tenant;
    const budgets = inForce(own, stage.budgets, suspended);
    return {
      id,
      suspended,
      costCenter,
      hasPlan: plan !== undefined,
      models: fitting.map((one) => allowed(one, granted, stage.aliases)).sort((a, b) => (a.id < b.id ? -1 : 1)),
      budgets,
      unusable,
    };
  }

  async function ofEach<Told>(ids: readonly string[], told: (entry: ModelEntry) => Told): Promise<Map<string, Told>> {
    const wanted = [...new Set(ids)].filter(isModelId);
    const { known } = await bounded((signal) => lookUpShared(wanted, { stage: false }, signal));
    return new Map([...known].flatMap(([id, model]) => (model.is === 'entry' ? [[id, told(model.entry)]] : [])));
  }

  return {
    async tenant(id) {
      const remembered = options.rememberTenants ? tenants.get(id) : undefined;
      if (remembered !== undefined) return remembered;
      const found = await bounded((signal) => lookUpTenant(id, signal));
      if (options.rememberTenants && found !== null) tenants.set(id, found);
      return found;
    },
    async clientTenant(client) {
      const key = clientKey(client);
      const remembered = clients.get(key.pk);
      if (remembered !== undefined) return remembered;
      const [item] = await bounded((signal) => items.batch([key], signal));
      const found = item && usable(item, CLIENT);
      if (found === undefined) return null;
      clients.set(key.pk, found.tenant);
      return found.tenant;
    },
    prices: (ids) =>
      ofEach(ids, ({ id, prices, target, places }) => ({
        id,
        prices,
        target,
        ...(places === undefined ? {} : { places }),
      })),
    descriptions: (ids) => ofEach(ids, descriptionOf),
  };
}

/** @throws TollgateError `unavailable`: a budget that cannot be read is not none, so nothing is called until it can */
function inForce(own: OwnedBudgets, stage: OwnedBudgets, suspended: boolean): Budget[] {
  // Refused as suspended, whatever it may use up.
  if (suspended) return [];
  if (own !== 'unusable' && stage !== 'unusable') return budgetsInForce(own, stage);
  throw new TollgateError('unavailable', { reason: 'budgets-unusable', retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function together(grant: Grant, entry: ModelEntry): Pick<AllowedModel, 'target' | 'places'> | { fault: Fault } {
  try {
    return placedUnder(grant, entry);
  } catch (error) {
    const { field = 'grant', reason = 'unusable' } = asTollgateError(error);
    return { fault: { field, reason } };
  }
}

type Fault = Pick<Unusable, 'field' | 'reason'>;

interface Fitting {
  grant: Grant;
  entry: ModelEntry;
  lifecycle: Lifecycle<Published>;
  /** Where the grant lets the model be called. */
  fit: Pick<AllowedModel, 'target' | 'places'>;
}

function allowed(
  { grant, entry, lifecycle, fit }: Fitting,
  granted: ReadonlySet<string>,
  shares: Shares,
): AllowedModel {
  const { actions, trace } = grant;
  const { id, routing } = entry;
  const aliases = shares.get(id);
  const fallbacks = (grant.fallbacks ?? entry.fallbacks ?? []).filter((one) => granted.has(one));
  return {
    id,
    ...fit,
    ...(routing === undefined ? {} : { routing }),
    actions,
    lifecycle: withKnownSuccessor(lifecycle, granted),
    ...(aliases === undefined ? {} : { aliases }),
    ...(fallbacks.length === 0 ? {} : { fallbacks }),
    ...speechOf(entry),
    ...(isDirect(grant) ? { direct: true as const } : {}),
    ...(trace ? { trace } : {}),
    ...restrictionsOf(grant),
  };
}
