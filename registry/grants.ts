import { ACTIONS, type Restrictions } from '../contract/model.ts';
import type { Change, Edits, Listing, Make } from './edit.ts';
import { merged } from './edits/merge.ts';
import { badEntry, isModelId, SCHEMA_VERSION } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Document, Items, Key, Plain } from './items.ts';
import { GRANT_SK_PREFIX, grantKey, tenantPartition } from './keys.ts';
import { GRANT } from './kinds.ts';
import { RESTRICTION_NAMES } from './restrictions.ts';
import { asTenantId } from './tenant.ts';

/** What is left out stays as an earlier grant had it. */
export interface GrantMore {
  /** Whether credentials for the model may be handed out. */
  direct?: boolean;
  /** Whether guardrails' traces may be shown. */
  trace?: boolean;
  /** False: as the model's entry says. */
  fallbacks?: readonly string[] | false;
  /** As the document has them; false takes one away. */
  restrictions?: { [Name in keyof Restrictions]?: Plain };
}

/** Every method throws TollgateError `bad_entry` for an id that is none. */
export interface GrantWriter {
  /** All grants, or those of a tenant, of a model, of both. */
  listGrants(of?: { tenant?: string; model?: string }): Promise<Listing<Grant>>;
  /** @throws TollgateError `not_found` */
  showGrant(tenant: string, model: string): Promise<Grant>;
  /**
   * Lets a tenant use a model, or changes what for.
   * @param actions unless given as an earlier grant had them, else all of ACTIONS
   * @param more what else the grant says
   * @throws TollgateError `not_found` when there is no such tenant or model; `bad_entry` naming the restriction that
   *   this model cannot be called under, or `direct` where credentials would be free of one; `policy_too_large`
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
      return edits.put(GRANT, key, make);
    },
    revoke: async (tenant, model) => void (await edits.remove(GRANT, keyOf(tenant, model), 'revoke')),
  };
}

/** @throws TollgateError `bad_entry` */
export function grantEdit(
  tenant: string,
  model: string,
  actions?: readonly string[],
  { direct, trace, fallbacks, restrictions = {} }: GrantMore = {},
): { key: Key; make: Make } {
  const make: Make = (_, before) =>
    merged(
      { actions: [...ACTIONS], ...before },
      {
        ...{ v: SCHEMA_VERSION, tenant, model },
        ...(actions === undefined ? {} : { actions: [...actions] }),
        ...orGone('direct', direct),
        ...orGone('trace', trace),
        ...orGone('fallbacks', fallbacks && [...fallbacks]),
        ...Object.assign({}, ...RESTRICTION_NAMES.map((name) => orGone(name, restrictions[name]))),
      },
    );
  return { key: keyOf(tenant, model), make };
}

/** Undefined names nothing, false takes the member away. */
function orGone(name: string, value: Plain | undefined): Document {
  return value === undefined ? {} : { [name]: value === false ? null : value };
}

function keyOf(tenant: string, model: string): Key {
  if (!isModelId(model)) throw badEntry('model', 'not-a-model-id');
  return grantKey({ tenant: asTenantId(tenant), model });
}
