import { ACTIONS } from '../contract/model.ts';
import type { Change, Edits, Listing, Make } from './edit.ts';
import { badEntry, isModelId, isoMilliseconds, SCHEMA_VERSION } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Items, Key } from './items.ts';
import { GRANT_SK_PREFIX, grantKey, modelKey, tenantKey, tenantPartition } from './keys.ts';
import { GRANT, MODEL, TENANT } from './kinds.ts';
import { asTenantId } from './tenant.ts';

export interface GrantMore {
  /** Whether credentials for the model may be handed out. */
  direct?: boolean;
}

/** Every method throws TollgateError `bad_entry` for an id that is none. */
export interface GrantWriter {
  /** All grants, or those of a tenant, of a model, of both. */
  listGrants(of?: { tenant?: string; model?: string }): Promise<Listing<Grant>>;
  /** @throws TollgateError `not_found` */
  showGrant(tenant: string, model: string): Promise<Grant>;
  /**
   * Lets a tenant use a model, or changes what for.
   * @param actions all of ACTIONS unless given
   * @param more what else the grant says; what is left out is off, also if an earlier grant had it
   * @throws TollgateError `not_found` when there is no such tenant or model
   */
  grant(tenant: string, model: string, actions?: readonly string[], more?: GrantMore): Promise<Change<Grant>>;
  /** @throws TollgateError `not_found` */
  revoke(tenant: string, model: string): Promise<void>;
}

export function grantWriter(edits: Edits, items: Items): GrantWriter {
  return {
    async listGrants({ tenant, model } = {}) {
      const found =
        tenant === undefined
          ? items.scan({ beginsWith: GRANT_SK_PREFIX })
          : items.partition(tenantPartition(asTenantId(tenant)));
      const ofKind = found.then((all) =>
        all.filter(({ key: { sk } }) =>
          model === undefined ? sk.startsWith(GRANT_SK_PREFIX) : sk === `${GRANT_SK_PREFIX}${model}`,
        ),
      );
      return edits.list(GRANT, ofKind);
    },
    showGrant: async (tenant, model) => edits.show(GRANT, keyOf(tenant, model)),
    async grant(tenant, model, actions, more) {
      const { key, make } = grantEdit(tenant, model, actions, more);
      // Neither is ever deleted, so what is found here is there when the grant is written.
      await Promise.all([edits.show(TENANT, tenantKey(asTenantId(tenant))), edits.show(MODEL, modelKey(model))]);
      return edits.put(GRANT, key, make);
    },
    revoke: async (tenant, model) => edits.remove(GRANT, keyOf(tenant, model), 'revoke'),
  };
}

/** @throws TollgateError `bad_entry` */
export function grantEdit(
  tenant: string,
  model: string,
  actions: readonly string[] = ACTIONS,
  { direct = false }: GrantMore = {},
): { key: Key; make: Make } {
  const make: Make = (stamp) => ({
    v: SCHEMA_VERSION,
    tenant,
    model,
    actions: [...actions],
    ...(direct ? { direct } : {}),
    version: stamp.version,
    grantedAt: isoMilliseconds(stamp.at),
    grantedBy: stamp.by,
  });
  return { key: keyOf(tenant, model), make };
}

function keyOf(tenant: string, model: string): Key {
  if (!isModelId(model)) throw badEntry('model', 'not-a-model-id');
  return grantKey({ tenant: asTenantId(tenant), model });
}
