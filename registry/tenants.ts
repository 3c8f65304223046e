import type { Change, Edits, Listing, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { SCHEMA_VERSION } from './fields.ts';
import type { Items, Key } from './items.ts';
import { TENANT_SK, tenantKey } from './keys.ts';
import { TENANT } from './kinds.ts';
import type { UsagePlan } from './plan.ts';
import { asTenantId, type TenantEntry } from './tenant.ts';

export interface GivenTenant {
  id: string;
  costCenter?: string;
  displayName?: string;
}

/** Every method throws TollgateError `bad_entry` for an id that is none. */
export interface TenantWriter {
  listTenants(): Promise<Listing<TenantEntry>>;
  /** @throws TollgateError `not_found` */
  showTenant(id: string): Promise<TenantEntry>;
  /**
   * Makes a tenant, which needs a cost centre, or changes what is given of one; a suspended one stays suspended.
   * @throws TollgateError `bad_entry` naming the field
   */
  putTenant(tenant: GivenTenant): Promise<Change<TenantEntry>>;
  /** Refuses whatever the tenant was granted, from the authorizer's cache time on. @throws TollgateError `not_found` */
  suspendTenant(id: string): Promise<Change<TenantEntry>>;
  resumeTenant(id: string): Promise<Change<TenantEntry>>;
  /**
   * Gives the tenant a usage plan of its own, changes it, or (null) takes it away. Its API key must be there before: a call
   * counted by a key that API Gateway does not know is refused.
   * @throws TollgateError `not_found`; `bad_entry` naming the field, e.g. `plan.quota.limit`
   */
  planTenant(id: string, plan: UsagePlan | null): Promise<Change<TenantEntry>>;
}

export function tenantWriter(edits: Edits, items: Items): TenantWriter {
  const suspend = async (id: string, suspended: boolean, change: string) =>
    edits.alter(TENANT, keyOf(id), change, (tenant) => ({ ...tenant, suspended }));

  return {
    listTenants: () => edits.list(TENANT, items.scan({ equals: TENANT_SK })),
    showTenant: async (id) => edits.show(TENANT, keyOf(id)),
    async putTenant(given) {
      const { key, make } = tenantEdit(given);
      return edits.put(TENANT, key, make);
    },
    suspendTenant: (id) => suspend(id, true, 'suspend'),
    resumeTenant: (id) => suspend(id, false, 'resume'),
    planTenant: async (id, plan) =>
      edits.alter(TENANT, keyOf(id), plan === null ? 'remove-plan' : 'plan', ({ plan: _, ...tenant }) =>
        plan === null ? tenant : { ...tenant, plan },
      ),
  };
}

/** The edit that makes the tenant, or changes what is given of it. @throws TollgateError `bad_entry` */
export function tenantEdit({ id, ...given }: GivenTenant): { key: Key; make: Make } {
  const make: Make = (_, before) =>
    merged(before, {
      ...given,
      ...{ v: SCHEMA_VERSION, id },
      // Unreadable counts as suspended: a repair must not let a tenant in that was shut out.
      suspended: before !== undefined && before.suspended !== false,
    });
  return { key: keyOf(id), make };
}

function keyOf(id: string): Key {
  return tenantKey(asTenantId(id, 'id'));
}
