import type { CallerContext } from '../contract/context.ts';
import { asTollgateError, TollgateError } from '../contract/errors.ts';
import type { AllowedModel } from '../contract/model.ts';
import { entitled } from '../registry/entitled.ts';
import type { RegistryReader, TenantEntries } from '../registry/reader.ts';

/**
 * What a caller may use, retired entries included.
 *
 * @throws TollgateError `forbidden` when the tenant is gone or suspended; `unavailable` when the registry cannot say
 */
export type ModelsOf = (caller: CallerContext) => Promise<readonly AllowedModel[]>;

export interface ModelsOptions {
  /** Asked by tenant id; remembers for at most REGISTRY_MEMORY_MS by itself. */
  registry: RegistryReader;
  /** The registry could not say, so a call goes undecided: to be counted and alarmed. */
  onUndecided: (error: TollgateError) => void;
}

/** The entries travel in the authorizer's context; the registry is asked only for a tenant whose entries did not fit. */
export function createModels({ registry, onUndecided }: ModelsOptions): ModelsOf {
  return async (caller) => {
    if (caller.models !== null) return entitled(caller.models, caller.roles);
    let entries: TenantEntries | null;
    try {
      entries = await registry.tenant(caller.tenant);
    } catch (thrown) {
      const error = asTollgateError(thrown);
      onUndecided(error);
      throw error;
    }
    // The authorizer let this tenant in, so it was removed or suspended since then.
    if (entries === null) throw new TollgateError('forbidden', { reason: 'tenant-unknown' });
    if (entries.suspended) throw new TollgateError('forbidden', { reason: 'tenant-suspended' });
    return entitled(entries.models, caller.roles);
  };
}
