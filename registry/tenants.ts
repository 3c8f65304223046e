import type { Change, Edits, Listing, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { badEntry, SCHEMA_VERSION } from './fields.ts';
import type { Document, Items, Key } from './items.ts';
import { TENANT_SK, tenantKey, tenantsUnder } from './keys.ts';
import { TENANT } from './kinds.ts';
import type { TenantPlan } from './plan.ts';
import { asTenantId, type TenantEntry } from './tenant.ts';

/** What an operator says of a tenant, not trusted: members as the document has them; left out they stay, null takes one away. */
export interface GivenTenant {
  id: string;
  costCenter?: string;
  displayName?: string | null;
  [member: string]: unknown;
}

export type Labels = Readonly<Record<string, string | null>>;

/** Every method throws TollgateError `bad_entry` for an id that is none. */
export interface TenantWriter {
  listTenants(): Promise<Listing<TenantEntry>>;
  /** The first `limit` of those whose id begins with `prefix`, behind the id `after`; reads no others. */
  pageOfTenants(from: { prefix: string; after?: string | undefined; limit: number }): Promise<Listing<TenantEntry>>;
  /** @throws TollgateError `not_found` */
  showTenant(id: string): Promise<TenantEntry>;
  /**
   * Makes a tenant, which needs a cost centre, or changes what is given of one; a suspended one stays suspended unless it is said.
   * @param labels each by itself, where not all of them are given; null takes one away
   * @throws TollgateError `bad_entry` naming the field: also for the id of a new one that looks like another's, and for one that
   *   was off-boarded
   */
  putTenant(tenant: GivenTenant, labels?: Labels): Promise<Change<TenantEntry>>;
  /** Refuses whatever the tenant was granted, from the authorizer's cache time on. @throws TollgateError `not_found` */
  suspendTenant(id: string): Promise<Change<TenantEntry>>;
  resumeTenant(id: string): Promise<Change<TenantEntry>>;
  /**
   * Gives the tenant a usage plan of its own or its unit's, changes it, or (null) takes it away. Its API key must be there before: a call
   * counted by a key that API Gateway does not know is refused.
   * @throws TollgateError `not_found`; `bad_entry` naming the field, e.g. `plan.quota.limit`
   */
  planTenant(id: string, plan: TenantPlan | null): Promise<Change<TenantEntry>>;
}

export function tenantWriter(edits: Edits, items: Items): TenantWriter {
  const alter = async (id: string, change: string, make: (tenant: TenantEntry) => TenantEntry) =>
    edits.alter(TENANT, keyOf(id), change, (tenant) => make(notLeft(tenant)));

  return {
    listTenants: () => edits.list(TENANT, items.list(TENANT_SK)),
    async pageOfTenants({ prefix, after, limit }) {
      const [under, behind] = [tenantsUnder(prefix), after === undefined ? undefined : tenantsUnder(after)];
      // Of another prefix: all of those are behind it, or none is.
      const inside = behind?.startsWith(under);
      if (behind !== undefined && !inside && behind > under) return { entries: [], unusable: [] };
      return edits.list(TENANT, items.page(TENANT_SK, { under, after: inside ? behind : undefined, limit }));
    },
    showTenant: async (id) => edits.show(TENANT, keyOf(id)),
    async putTenant(given, labels) {
      const { key, make } = tenantEdit(given, labels);
      return edits.put(TENANT, key, make);
    },
    suspendTenant: (id) => alter(id, 'suspend', (tenant) => ({ ...tenant, suspended: true })),
    resumeTenant: (id) => alter(id, 'resume', (tenant) => ({ ...tenant, suspended: false })),
    planTenant: (id, plan) =>
      alter(id, plan === null ? 'remove-plan' : 'plan', ({ plan: _, ...tenant }) =>
        plan === null ? tenant : { ...tenant, plan },
      ),
  };
}

/** The edit that makes the tenant, or changes what is given of it. @throws TollgateError `bad_entry` */
export function tenantEdit(given: GivenTenant, labels?: Labels): { key: Key; make: Make } {
  const { id, suspended, offboarded, ...said } = spelled(given);
  const make: Make = (_, before) => {
    // An operator's way back is `undo`: what the tenant was granted comes back with it, or nothing does.
    if (before?.offboarded === true && offboarded !== true) throw badEntry('id', 'is-offboarded');
    if (before?.offboarded !== true && offboarded !== undefined) throw badEntry('offboarded', 'not-by-an-edit');
    return merged(before, {
      ...(said as Document),
      ...labelled(before, labels),
      ...{ v: SCHEMA_VERSION, id },
      // Unreadable counts as suspended: a repair must not let a tenant in that was shut out.
      suspended: (suspended ?? (before !== undefined && before.suspended !== false)) as boolean,
    });
  };
  return { key: keyOf(id), make };
}

function labelled(before: Document | undefined, labels: Labels | undefined): Document {
  if (labels === undefined) return {};
  const all = merged(before?.labels as Document | undefined, labels as Document);
  return { labels: Object.keys(all).length === 0 ? null : all };
}

/** Both spellings are taken, of one thing said once. */
function spelled({ costCentre, ...given }: GivenTenant): GivenTenant {
  if (costCentre === undefined) return given;
  if (given.costCenter !== undefined && given.costCenter !== costCentre) throw badEntry('costCentre', 'said-twice');
  return { ...given, costCenter: costCentre as string };
}

/** @throws TollgateError `bad_entry` of one that was off-boarded */
function notLeft(tenant: TenantEntry): TenantEntry {
  if (tenant.offboarded) throw badEntry('id', 'is-offboarded');
  return tenant;
}

function keyOf(id: string): Key {
  return tenantKey(asTenantId(id, 'id'));
}
