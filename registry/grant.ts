import * as v from 'valibot';
import type { TenantId } from '../contract/identity.ts';
import { ACTIONS, type Action, type Restrictions } from '../contract/model.ts';
import { checkFallbacks, fallbackIds } from './fallbacks.ts';
import {
  actor,
  isoMilliseconds,
  milliseconds,
  modelId,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { restrictionMembers, restrictionsDocument } from './restrictions.ts';
import { tenantId } from './tenant.ts';

/** That a tenant may use a model, and under which restrictions. */
export interface Grant extends Restrictions {
  tenant: TenantId;
  /** Registry id. */
  model: string;
  /** At least one, each once, in the order of ACTIONS. */
  actions: Action[];
  /** Credentials for the model may be handed out: nothing that our own code enforces then holds. Absent: no. */
  direct?: true;
  /** Guardrails' traces may be shown. Absent: no. */
  trace?: true;
  /** Registry ids of what answers in the model's place when it cannot, in place of what its entry says; none: nothing does. */
  fallbacks?: string[];
  version: number;
  /** Milliseconds since 1970. */
  grantedAt: number;
  grantedBy: string;
}

const actions = v.pipe(
  v.array(v.picklist(ACTIONS, 'unknown-action'), 'not-a-list'),
  v.minLength(1, 'empty'),
  // In one order and without repeats, so that equal grants make equal session policies.
  v.transform((listed) => ACTIONS.filter((action) => listed.includes(action))),
);

const schema = v.strictObject({
  v: schemaVersion,
  tenant: tenantId,
  model: modelId,
  actions,
  direct: v.exactOptional(v.literal(true, 'not-true')),
  trace: v.exactOptional(v.literal(true, 'not-true')),
  fallbacks: v.exactOptional(fallbackIds),
  ...restrictionMembers,
  version,
  grantedAt: milliseconds,
  grantedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseGrant(document: unknown): Grant {
  const { v: _, ...grant } = parseWith(schema, document);
  checkFallbacks(grant.fallbacks, grant.model);
  return grant;
}

/** The written form of a grant; parseGrant reads it back to the same grant. */
export function grantDocument(grant: Grant): Document {
  return {
    v: SCHEMA_VERSION,
    tenant: grant.tenant,
    model: grant.model,
    actions: [...grant.actions],
    ...(grant.direct === undefined ? {} : { direct: grant.direct }),
    ...(grant.trace === undefined ? {} : { trace: grant.trace }),
    ...(grant.fallbacks === undefined ? {} : { fallbacks: [...grant.fallbacks] }),
    ...restrictionsDocument(grant),
    version: grant.version,
    grantedAt: isoMilliseconds(grant.grantedAt),
    grantedBy: grant.grantedBy,
  };
}
