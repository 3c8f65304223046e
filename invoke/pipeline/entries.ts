import { asTollgateError, NOT_ADMITTED, TollgateError } from '../../contract/errors.ts';
import type { Clock } from '../../contract/log.ts';
import { entitled } from '../../registry/entitled.ts';
import type { RegistryReader, TenantEntries } from '../../registry/reader.ts';
import { standingOf } from '../../registry/standing.ts';
import type { CallerEntries, EntriesOf } from '../exchange.ts';

export interface EntriesOptions {
  /** Asked by tenant id; remembers for at most REGISTRY_MEMORY_MS by itself. */
  registry: RegistryReader;
  clock: Clock;
  /** The registry could not say, so a call goes undecided: to be counted and alarmed. */
  onUndecided: (error: TollgateError) => void;
}

/** The entries travel in the authorizer's context; the registry is asked only for a tenant whose entries did not fit. */
export function createEntries({ registry, clock, onUndecided }: EntriesOptions): EntriesOf {
  return async ({ tenant, models, budgets, ...holder }) => {
    const now = clock() / 1000;
    const budget = holder.narrowed?.budget;
    const of = (held: Pick<TenantEntries, 'models' | 'budgets'>): CallerEntries => ({
      models: entitled(held.models, holder, now),
      budgets: budget === undefined ? held.budgets : [...held.budgets, budget],
    });
    if (models !== null && budgets !== null) return of({ models, budgets });
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
    return of(entries);
  };
}
