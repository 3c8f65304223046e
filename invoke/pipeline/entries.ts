import { asTollgateError, NOT_ADMITTED, TollgateError } from '../../contract/errors.ts';
import type { Clock } from '../../contract/log.ts';
import { entitled } from '../../registry/entitled.ts';
import type { RegistryReader, TenantEntries } from '../../registry/reader.ts';
import { standingOf } from '../../registry/standing.ts';
import type { EntriesOf } from '../exchange.ts';

export interface EntriesOptions {
  /** Asked by tenant id; remembers for at most REGISTRY_MEMORY_MS by itself. */
  registry: RegistryReader;
  clock: Clock;
  /** The registry could not say, so a call goes undecided: to be counted and alarmed. */
  onUndecided: (error: TollgateError) => void;
}

/** The entries travel in the authorizer's context; the registry is asked only for a tenant whose entries did not fit. */
export function createEntries({ registry, clock, onUndecided }: EntriesOptions): EntriesOf {
  return async ({ tenant, principal, roles, models, budgets }) => {
    const now = clock() / 1000;
    const holder = { principal, roles };
    if (models !== null && budgets !== null) return { models: entitled(models, holder, now), budgets };
    let entries: TenantEntries | null;
    try {
      entries = await registry.tenant(tenant);
    } catch (thrown) {
      const error = asTollgateError(thrown);
      onUndecided(error);
      throw error;
    }
    // The authorizer let this tenant in, so it was removed or suspended since then, or has left.
    if (entries === null) throw new TollgateError('forbidden', { reason: 'tenant-unknown', message: NOT_ADMITTED });
    const standing = standingOf(entries, now);
    if (standing !== 'active')
      throw new TollgateError('forbidden', { reason: `tenant-${standing}`, message: NOT_ADMITTED });
    return { models: entitled(entries.models, holder, now), budgets: entries.budgets };
  };
}
