import type { Clock } from '../contract/log.ts';
import { ACTIONS, type Restrictions } from '../contract/model.ts';
import type { Change, Edits, Listing, Make } from './edit.ts';
import { hasExpired } from './entitled.ts';
import { checkThere } from './fallbacks.ts';
import { badEntry, isModelId, isoMilliseconds, SCHEMA_VERSION } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Document, Items, Key, Plain } from './items.ts';
import { GRANT_SK_PREFIX, grantKey, modelKey, tenantKey, tenantPartition } from './keys.ts';
import { GRANT, type Kind, MODEL, TENANT } from './kinds.ts';
import { checkDirect, placedUnder, RESTRICTION_NAMES } from './restrictions.ts';
import { asTenantId } from './tenant.ts';

export interface GrantMore {
  /** Whether credentials for the model may be handed out. Off unless given, also if an earlier grant had it. */
  direct?: boolean;
  /** Whether guardrails' traces may be shown. Likewise. */
  trace?: boolean;
  /** False: as the model's entry says. What is left out stays as an earlier grant had it. */
  fallbacks?: readonly string[] | false;
  /** As the document has them; false takes one away. What is left out stays as an earlier grant had it. */
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
   * @param actions all of ACTIONS unless given
   * @param more what else the grant says; leaving something out never makes the grant wider
   * @throws TollgateError `not_found` when there is no such tenant or model; `bad_entry` naming the restriction that
   *   this model cannot be called under, or `direct` where credentials would be free of one; `policy_too_large`
   */
  grant(tenant: string, model: string, actions?: readonly string[], more?: GrantMore): Promise<Change<Grant>>;
  /** @throws TollgateError `not_found` */
  revoke(tenant: string, model: string): Promise<void>;
}

export function grantWriter(edits: Edits, items: Items, clock: Clock): GrantWriter {
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
      const [, entry] = await Promise.all([
        edits.show(TENANT, tenantKey(asTenantId(tenant))),
        edits.show(MODEL, modelKey(model)),
        checkThere(more?.fallbacks || undefined, (id) => items.get(modelKey(id))),
      ]);
      const checked: Kind<Grant> = {
        ...GRANT,
        parse(document) {
          const grant = GRANT.parse(document);
          if (hasExpired(grant, Math.floor(clock() / 1000))) throw badEntry('expiresAt', 'has-passed');
          checkDirect(grant);
          placedUnder(grant, entry);
          return grant;
        },
      };
      return edits.put(checked, key, make);
    },
    revoke: async (tenant, model) => edits.remove(GRANT, keyOf(tenant, model), 'revoke'),
  };
}

/** @throws TollgateError `bad_entry` */
export function grantEdit(
  tenant: string,
  model: string,
  actions: readonly string[] = ACTIONS,
  { direct = false, trace = false, fallbacks, restrictions = {} }: GrantMore = {},
): { key: Key; make: Make } {
  const make: Make = (stamp, before) => ({
    v: SCHEMA_VERSION,
    tenant,
    model,
    actions: [...actions],
    ...(direct ? { direct } : {}),
    ...(trace ? { trace } : {}),
    ...fallbacksAfter(before, fallbacks),
    ...restrictionsAfter(before, restrictions),
    version: stamp.version,
    grantedAt: isoMilliseconds(stamp.at),
    grantedBy: stamp.by,
  });
  return { key: keyOf(tenant, model), make };
}

function fallbacksAfter(before: Document = {}, given: GrantMore['fallbacks']): Document {
  const fallbacks = given === undefined ? before.fallbacks : given && [...given];
  return fallbacks === undefined || fallbacks === false ? {} : { fallbacks };
}

function restrictionsAfter(before: Document = {}, given: NonNullable<GrantMore['restrictions']>): Document {
  const after: Document = {};
  for (const name of RESTRICTION_NAMES) {
    const value = given[name] === undefined ? before[name] : given[name];
    if (value !== undefined && value !== false) after[name] = value;
  }
  return after;
}

function keyOf(tenant: string, model: string): Key {
  if (!isModelId(model)) throw badEntry('model', 'not-a-model-id');
  return grantKey({ tenant: asTenantId(tenant), model });
}
