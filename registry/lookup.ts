import type { Budget } from '../contract/budget.ts';
import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { REGISTRY_MEMORY_MS, REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import { sharesOf } from './alias.ts';
import { joined, type Shares } from './allowed.ts';
import { type Bounds, boundsOf } from './bounds.ts';
import { budgetsInForce } from './budget.ts';
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
  STAGE_PARTITION,
  TENANT_SK,
  tenantPartition,
} from './keys.ts';
import { ALIASES, BUDGETS, BUNDLE, CLIENT, DEFAULTS, GRANT, type Kind, TENANT } from './kinds.ts';
import { Memory } from './memory.ts';
import { createModelReader, type ModelReaderOptions, usableIn } from './model-reader.ts';
import type { ClientReader, DescriptionReader, PriceReader, RegistryReader, TenantEntries } from './reader.ts';
import type { TenantEntry } from './tenant.ts';
import { within } from './within.ts';

export interface LookupOptions extends ModelReaderOptions {
  items: Pick<Items, 'partition' | 'batch'>;
  /** Remember tenants, too: for a caller that asks on every call. Models always are. */
  rememberTenants?: boolean;
}

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
  const models = createModelReader(options);
  const tenants = new Memory<TenantEntries>(clock, memoryMs);
  const stages = new Memory<Stage>(clock, memoryMs);
  const clients = new Memory<TenantId>(clock, memoryMs);
  const bounded = <T>(ask: (signal: AbortSignal) => Promise<T>) =>
    within(options.timeoutMs ?? REGISTRY_TIMEOUT_MS, 'registry-timeout', ask);

  const usable = <Entry>(item: Item, kind: Kind<Entry>) => usableIn(item, kind, onUnusable);

  function budgetsOf(item: Item | undefined): OwnedBudgets {
    if (item === undefined) return [];
    return usable(item, BUDGETS)?.budgets ?? 'unusable';
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
    const { suspended, offboarded, expiresAt, issuers, costCenter, spokeRole, plan } = tenant;
    // Refused whatever it may use up, and wherever.
    const shut = suspended || offboarded === true;
    const { budgets, defaults } = shut ? NOTHING : inForce(own, stage);
    const held = grantsOf(grants, stage.bundles, boundsOf(tenant, defaults));
    const known = await models.lookUp(new Set(held.map(({ model }) => model)), signal);
    const find = (model: string) => {
      const found = known.get(model);
      return found?.is === 'entry' ? found.entry : found?.is === 'unusable' ? found.is : undefined;
    };
    const { models: allowed, unusable } = joined(
      { held, unread, bundles: stage.bundles, spokeRole },
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
      countedBy: plan === undefined ? null : 'unit' in plan ? { unit: plan.unit } : id,
      models: allowed,
      budgets,
      unusable: unusable + others,
    };
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
    prices: models.prices,
    descriptions: models.descriptions,
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
