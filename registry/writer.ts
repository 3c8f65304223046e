import { type AliasWriter, aliasWriter } from './aliases.ts';
import { type BudgetWriter, budgetWriter } from './budgets.ts';
import { type ClientWriter, clientWriter } from './clients.ts';
import { createEdits, type EditOptions, type HistoryRecord } from './edit.ts';
import { badEntry, isModelId } from './fields.ts';
import { type GrantWriter, grantEdit, grantWriter } from './grants.ts';
import { grantKey, modelKey, tenantKey } from './keys.ts';
import { GRANT, MODEL, TENANT } from './kinds.ts';
import { type ModelWriter, modelEdit, modelWriter } from './models.ts';
import { asTenantId } from './tenant.ts';
import { type GivenTenant, type TenantWriter, tenantEdit, tenantWriter } from './tenants.ts';

export interface Batch {
  /** As putModel takes them. */
  models: readonly unknown[];
  tenants: readonly GivenTenant[];
  grants: readonly { tenant: string; model: string }[];
}

/** What an operator may do to the registry, and see of it. */
export interface Writer extends ModelWriter, TenantWriter, GrantWriter, BudgetWriter, AliasWriter, ClientWriter {
  /**
   * Makes those that are absent, all or none, and leaves alone what is there. They are trusted to belong together: whether
   * a grant's tenant and a successor exist is not looked up.
   *
   * @param batch at most 50 in all
   * @returns how many were made
   * @throws TollgateError `bad_entry` naming the field, and then nothing was made
   */
  create(batch: Batch): Promise<number>;
  /** Every edit of one item, oldest first. */
  history(of: { model: string } | { tenant: string } | { tenant: string; model: string }): Promise<HistoryRecord[]>;
}

/**
 * @returns a writer whose every edit is validated, made only if the item is still the one that was read (otherwise
 *   TollgateError `conflict`), and recorded under `actor`
 */
export function createWriter(options: EditOptions): Writer {
  const { items, clock } = options;
  const edits = createEdits(options);
  return {
    ...modelWriter(edits, items, clock),
    ...tenantWriter(edits, items),
    ...grantWriter(edits, items, clock),
    ...budgetWriter(edits, items),
    ...aliasWriter(edits, items),
    ...clientWriter(edits, items),
    create: async ({ models, tenants, grants }) =>
      edits.create([
        ...models.map((model) => ({ kind: MODEL, ...modelEdit(model) })),
        ...tenants.map((tenant) => ({ kind: TENANT, ...tenantEdit(tenant) })),
        ...grants.map(({ tenant, model }) => ({ kind: GRANT, ...grantEdit(tenant, model) })),
      ]),
    async history(of) {
      const tenant = 'tenant' in of ? asTenantId(of.tenant) : undefined;
      const model = 'model' in of ? of.model : undefined;
      if (model !== undefined && !isModelId(model)) throw badEntry('model', 'not-a-model-id');
      if (tenant === undefined) return model === undefined ? [] : edits.history(modelKey(model));
      return edits.history(model === undefined ? tenantKey(tenant) : grantKey({ tenant, model }));
    },
  };
}
