import { setTimeout as after } from 'node:timers/promises';
import { asTollgateError, TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { REGISTRY_MEMORY_MS, REGISTRY_TIMEOUT_MS, RETRY_AFTER_SECONDS } from '../contract/limits.ts';
import type { Clock } from '../contract/log.ts';
import type { AllowedModel } from '../contract/model.ts';
import { withKnownSuccessor } from './entitled.ts';
import { isModelId } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Item, Items } from './items.ts';
import { GRANT_SK_PREFIX, grantKey, modelKey, TENANT_SK, tenantPartition } from './keys.ts';
import { GRANT, type Kind, MODEL, read, TENANT, type Unusable } from './kinds.ts';
import { Memory } from './memory.ts';
import type { ModelEntry } from './model.ts';
import type { PricedModel } from './price.ts';
import type { PriceReader, RegistryReader, TenantEntries } from './reader.ts';
import { checkTogether, restrictionsOf } from './restrictions.ts';
import type { TenantEntry } from './tenant.ts';

export interface LookupOptions {
  items: Items;
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

/**
 * The data path's and metering's questions, answered from the table. At most two round trips for a tenant (more only
 * where DynamoDB pages): its partition, then those of its models that are not remembered. A failure remembers nothing.
 */
export function createLookup(options: LookupOptions): RegistryReader & PriceReader {
  const { items, clock, onUnusable } = options;
  const memoryMs = options.memoryMs ?? REGISTRY_MEMORY_MS;
  const models = new Memory<Known>(clock, memoryMs);
  const tenants = new Memory<TenantEntries>(clock, memoryMs);
  const bounded = <T>(ask: (signal: AbortSignal) => Promise<T>) =>
    within(options.timeoutMs ?? REGISTRY_TIMEOUT_MS, ask);

  /** @returns undefined for an item that cannot be used, which has been reported by then */
  function usable<Entry>(item: Item, kind: Kind<Entry>): Entry | undefined {
    const found = read(item, kind);
    if ('entry' in found) return found.entry;
    onUnusable(found.unusable);
    return undefined;
  }

  async function lookUpModels(ids: readonly string[], signal: AbortSignal): Promise<Map<string, Known>> {
    const known = new Map<string, Known>();
    for (const id of ids) {
      const remembered = models.get(id);
      if (remembered !== undefined) known.set(id, remembered);
    }
    const missing = ids.filter((id) => !known.has(id));
    if (missing.length === 0) return known;
    const found = new Map((await items.batch(missing.map(modelKey), signal)).map((item) => [item.key.pk, item]));
    for (const id of missing) {
      const item = found.get(modelKey(id).pk);
      const entry = item && usable(item, MODEL);
      const now: Known = entry ? { is: 'entry', entry } : { is: item ? 'unusable' : 'absent' };
      known.set(id, now);
      models.set(id, now);
    }
    return known;
  }

  async function lookUpTenant(id: TenantId, signal: AbortSignal): Promise<TenantEntries | null> {
    const partition = await items.partition(tenantPartition(id), signal);
    let tenant: TenantEntry | undefined;
    let unusable = 0;
    const grants: Grant[] = [];
    for (const item of partition) {
      if (item.key.sk === TENANT_SK) {
        tenant = usable(item, TENANT);
      } else if (item.key.sk.startsWith(GRANT_SK_PREFIX)) {
        const grant = usable(item, GRANT);
        if (grant) grants.push(grant);
        else unusable++;
      } else {
        // A kind that this version does not know may be a restriction; not understanding it must show.
        onUnusable({ ...item.key, field: 'sk', reason: 'unknown-kind' });
        unusable++;
      }
    }
    if (tenant === undefined) return null;
    const known = await lookUpModels(
      grants.map(({ model }) => model),
      signal,
    );
    unusable += grants.filter(({ model }) => known.get(model)?.is === 'unusable').length;
    const fitting = grants.filter((grant) => {
      const found = known.get(grant.model);
      if (found?.is !== 'entry') return false;
      // The model may have been edited since the grant was written.
      const fault = faultOf(grant, found.entry);
      if (fault !== undefined) onUnusable({ ...grantKey(grant), ...fault });
      return fault === undefined;
    });
    unusable += grants.filter(({ model }) => known.get(model)?.is === 'entry').length - fitting.length;
    const { suspended, costCenter, plan } = tenant;
    const hasPlan = plan !== undefined;
    return { id, suspended, costCenter, hasPlan, models: join(fitting, known), budgets: [], unusable };
  }

  return {
    async tenant(id) {
      const remembered = options.rememberTenants ? tenants.get(id) : undefined;
      if (remembered !== undefined) return remembered;
      const found = await bounded((signal) => lookUpTenant(id, signal));
      if (options.rememberTenants && found !== null) tenants.set(id, found);
      return found;
    },
    async prices(ids) {
      const known = await bounded((signal) => lookUpModels([...new Set(ids)].filter(isModelId), signal));
      const priced = new Map<string, PricedModel>();
      for (const [id, model] of known) if (model.is === 'entry') priced.set(id, { id, prices: model.entry.prices });
      return priced;
    },
  };
}

function faultOf(grant: Grant, { target }: ModelEntry): { field: string; reason: string } | undefined {
  try {
    checkTogether(grant, target);
    return undefined;
  } catch (error) {
    const { field = 'grant', reason = 'unusable' } = asTollgateError(error);
    return { field, reason };
  }
}

function join(grants: readonly Grant[], known: ReadonlyMap<string, Known>): AllowedModel[] {
  const granted = new Set(grants.map(({ model }) => model));
  return grants
    .flatMap((grant) => {
      const found = known.get(grant.model);
      if (found?.is !== 'entry') return [];
      const { actions, direct } = grant;
      const { id, target, lifecycle } = found.entry;
      const allowed = { id, target, actions, lifecycle: withKnownSuccessor(lifecycle, granted) };
      return [{ ...allowed, ...(direct === undefined ? {} : { direct }), ...restrictionsOf(grant) }];
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function within<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const expiry = after(ms, undefined, { signal: controller.signal }).then(() => {
    throw new TollgateError('unavailable', { reason: 'registry-timeout', retryAfterSeconds: RETRY_AFTER_SECONDS });
  });
  const answer = ask(controller.signal);
  try {
    // The abort alone would not do: the SDK's own pause between two attempts does not listen to it.
    return await Promise.race([answer, expiry]);
  } finally {
    controller.abort();
    // Whichever of the two lost is rejected by the abort, and nobody is waiting for it any more.
    for (const loser of [answer, expiry]) loser.catch(() => {});
  }
}
