import type { CallerContext } from '../contract/context.ts';
import { TollgateError } from '../contract/errors.ts';
import type { AllowedModel } from '../contract/model.ts';
import type { RegistryReader } from '../registry/reader.ts';

/**
 * What a caller may use, retired entries included.
 *
 * @throws TollgateError `forbidden` when the tenant is gone or suspended; `unavailable` when the registry cannot say
 */
export type ModelsOf = (caller: CallerContext) => Promise<readonly AllowedModel[]>;

/**
 * The entries travel in the authorizer's context; the registry is asked only for a tenant whose entries did not fit.
 *
 * @param deps.registry asked by tenant id; remembers for at most REGISTRY_MEMORY_MS by itself
 */
export function createModels(deps: { registry: RegistryReader }): ModelsOf {
  return async (caller) => {
    if (caller.models !== null) return caller.models;
    const entries = await deps.registry.tenant(caller.tenant);
    // The authorizer let this tenant in, so it was removed or suspended since then.
    if (entries === null) throw new TollgateError('forbidden', { reason: 'tenant-unknown' });
    if (entries.suspended) throw new TollgateError('forbidden', { reason: 'tenant-suspended' });
    return entries.models;
  };
}
