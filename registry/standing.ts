import type { TenantEntries } from './reader.ts';

export type Standing = 'active' | 'suspended' | 'expired' | 'offboarded';

/** Whether a tenant may call at all, and why not. @param nowSeconds seconds since 1970 */
export function standingOf(
  { suspended, offboarded, expiresAt }: Pick<TenantEntries, 'suspended' | 'offboarded' | 'expiresAt'>,
  nowSeconds: number,
): Standing {
  if (offboarded) return 'offboarded';
  if (suspended) return 'suspended';
  return expiresAt !== undefined && expiresAt <= nowSeconds ? 'expired' : 'active';
}
