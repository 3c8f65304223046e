import type { Budget } from '../contract/budget.ts';
import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { REGISTRY_MEMORY_MS, REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import type { Clock } from '../contract/log.ts';
import { sharesOf } from './alias.ts';
import { joined, type Shares } from './allowed.ts';
import { type Bounds, boundsOf } from './bounds.ts';
import { budgetsInForce } from './budget.ts';
import { descriptionOf } from './description.ts';
import { isModelId } from './fields.ts';
import type { Grant } from './grant.ts';
import { type Bundles, grantsOf } from './held.ts';
import type { Item, Items } from './items.ts';
import {
  ALIASES_SK,
  BUDGETS_SK,
  BUNDLE_SK_PREFIX,
  clientKey,
  DEFAULTS_SK,
  GRANT_SK_PREFIX,
  modelKey,
  STAGE_PARTITION,
  TENANT_SK,
  tenantPartition,
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
import { Memory } from './memory.ts';
import type { ModelEntry } from './model.ts';
import type { ClientReader, DescriptionReader, PriceReader, RegistryReader, TenantEntries } from './reader.ts';
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

/** What is every tenant's. */
interface Stage {
  budgets: OwnedBudgets;
  /** None where they cannot be read: what is called by an alias is refused then, and nothing else is. */
  aliases: Shares;
  bundles: Bundles;
  defaults: Bounds | 'unusable';
}

/**
 * The data path's and metering's questions, answered from the table. At most two round trips for a tenant (more only
 * where DynamoDB pages): its partition and, at once, the stage's; then those of its models that are not remembered, as what
 * is the stage's is. A failure remembers nothing.
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

  async function lookUpModels(ids: Iterable<string>, signal: AbortSignal): Promise<Map<string, Known>> {
    const known = new Map<string, Known>();
    const missing: string[] = [];
    for (const id of ids) {
      const remembered = models.get(id);
      if (remembered === undefined) missing.push(id);
      else known.set(id, remembered);
    }
    const answer = missing.length === 0 ? [] : await items.batch(missing.map(modelKey), signal);
    const found = new Map(answer.map((item) => [item.key.pk, item]));
    for (const id of missing) {
      const item = found.get(modelKey(id).pk);
      const entry = item && usable(item, MODEL);
      const now: Known = entry ? { is: 'entry', entry } : { is: item ? 'unusable' : 'absent' };
      known.set(id, now);
      models.set(id, now);
    }
    return known;
  }

  async function lookUpStage(signal: AbortSignal): Promise<Stage> {
    const remembered = stages.get(STAGE_PARTITION);
    if (remembered !== undefined) return remembered;
    const bundles = new Map<string, readonly string[]>();
    const stage: Stage = { budgets: [], aliases: new Map(), bundles, defaults: {} };
    for (const item of await items.partition(STAGE_PARTITION, signal)) {
      const { sk } = item.key;
      if (sk === BUDGETS_SK) stage.budgets = budgetsOf(item);
      else if (sk === ALIASES_SK) stage.aliases = sharesOf(usable(item, ALIASES)?.aliases ?? []);
      else if (sk === DEFAULTS_SK) stage.defaults = usable(item, DEFAULTS) ?? 'unusable';
      else if (sk.startsWith(BUNDLE_SK_PREFIX)) {
        const bundle = usable(item, BUNDLE);
        if (bundle) bundles.set(bundle.id, bundle.models);
      } else notKnown(item);
    }
    stages.set(STAGE_PARTITION, stage);
    return stage;
  }

  /** A kind that this version does not know may be a restriction; not understanding it must show. */
  function notKnown({ key }: Item): void {
    onUnusable({ ...key, field: 'sk', reason: 'unknown-kind' });
  }

  async function lookUpTenant(id: TenantId, signal: AbortSignal): Promise<TenantEntries | null> {
    const [partition, stage] = await Promise.all([items.partition(tenantPartition(id), signal), lookUpStage(signal)]);
    let tenant: TenantEntry | undefined;
    let others = 0;
    let own: OwnedBudgets = [];
    const grants: Grant[] = [];
    const unread: Item[] = [];
    for (const item of partition) {
      const { sk } = item.key;
      if (sk === TENANT_SK) tenant = usable(item, TENANT);
      else if (sk === BUDGETS_SK) own = budgetsOf(item);
      else if (sk.startsWith(GRANT_SK_PREFIX)) {
        const grant = usable(item, GRANT);
        if (grant) grants.push(grant);
        else unread.push(item);
      } else {
        notKnown(item);
        others++;
      }
    }
    if (tenant === undefined) return null;
    const { suspended, offboarded, expiresAt, issuers, costCenter, plan } = tenant;
    // Refused whatever it may use up, and wherever.
    const shut = suspended || offboarded === true;
    const { budgets, defaults } = shut ? NOTHING : inForce(own, stage);
    const held = grantsOf(grants, stage.bundles, boundsOf(tenant, defaults));
    const known = await lookUpModels(new Set(held.map(({ model }) => model)), signal);
    const find = (model: string) => {
      const found = known.get(model);
      return found?.is === 'entry' ? found.entry : found?.is === 'unusable' ? found.is : undefined;
    };
    const { models: allowed, unusable } = joined(
      { held, unread, bundles: stage.bundles },
      find,
      stage.aliases,
      onUnusable,
    );
    return {
      id,
      suspended,
      ...(offboarded === undefined ? {} : { offboarded }),
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(issuers === undefined ? {} : { issuers }),
      costCenter,
      hasPlan: plan !== undefined,
      models: allowed,
      budgets,
      unusable: unusable + others,
    };
  }

  async function ofEach<Told>(ids: readonly string[], told: (entry: ModelEntry) => Told): Promise<Map<string, Told>> {
    const wanted = new Set(ids.filter(isModelId));
    const known = await bounded((signal) => lookUpModels(wanted, signal));
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

interface InForce {
  budgets: Budget[];
  defaults: Bounds;
}

const NOTHING: InForce = { budgets: [], defaults: {} };

/** @throws TollgateError `unavailable`: a budget that cannot be read is not none, nor is a bound, so nothing is called until it can */
function inForce(own: OwnedBudgets, { budgets, defaults }: Stage): InForce {
  const undecided = (reason: string) =>
    new TollgateError('unavailable', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS });
  if (own === 'unusable' || budgets === 'unusable') throw undecided('budgets-unusable');
  if (defaults === 'unusable') throw undecided('defaults-unusable');
  return { budgets: budgetsInForce(own, budgets), defaults };
}
