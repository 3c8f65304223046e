import { createEdits, type EditOptions, type HistoryRecord } from './edit.ts';
import { badEntry, isModelId } from './fields.ts';
import { type GrantWriter, grantWriter } from './grants.ts';
import { grantKey, modelKey, tenantKey } from './keys.ts';
import { type ModelWriter, modelWriter } from './models.ts';
import { asTenantId } from './tenant.ts';
import { type TenantWriter, tenantWriter } from './tenants.ts';

/** What an operator may do to the registry, and see of it. */
export interface Writer extends ModelWriter, TenantWriter, GrantWriter {
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
    ...grantWriter(edits, items),
    async history(of) {
      const tenant = 'tenant' in of ? asTenantId(of.tenant) : undefined;
      const model = 'model' in of ? of.model : undefined;
      if (model !== undefined && !isModelId(model)) throw badEntry('model', 'not-a-model-id');
      if (tenant === undefined) return model === undefined ? [] : edits.history(modelKey(model));
      return edits.history(model === undefined ? tenantKey(tenant) : grantKey({ tenant, model }));
    },
  };
}
