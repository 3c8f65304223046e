import * as v from 'valibot';
import type { TenantId } from '../contract/identity.ts';
import { GRANT_TERMS_MAX } from '../contract/limits/registry.ts';
import {
  actor,
  badEntry,
  checkAll,
  isoMilliseconds,
  milliseconds,
  modelId,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { tenantId } from './tenant.ts';
import { audienceOf, checkTerm, type Term, termDocument, termMembers } from './term.ts';

/** Of what a grant is: a model, or a bundle of them. */
export type GrantOf = { model: string; bundle?: never } | { bundle: string; model?: never };

/** That a tenant may use a model, or those of a bundle, and under which restrictions. */
export type Grant = GrantOf &
  Term & {
    tenant: TenantId;
    /** What it gives to others beside those whom its own members are for; of each audience one. */
    also?: Term[];
    version: number;
    /** Milliseconds since 1970. */
    grantedAt: number;
    grantedBy: string;
  };

export const grantSchema = v.strictObject({
  v: schemaVersion,
  tenant: tenantId,
  model: v.exactOptional(modelId),
  bundle: v.exactOptional(modelId),
  ...termMembers,
  also: v.exactOptional(
    v.pipe(
      v.array(v.strictObject(termMembers), 'not-a-list'),
      v.minLength(1, 'empty'),
      v.maxLength(GRANT_TERMS_MAX, 'too-many'),
    ),
  ),
  version,
  grantedAt: milliseconds,
  grantedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseGrant(document: unknown): Grant {
  const { v: _, model, bundle, ...grant } = parseWith(grantSchema, document);
  const audiences = new Set<string>();
  checkAll(
    () => {
      if (model !== undefined && bundle !== undefined) throw badEntry('bundle', 'not-with-model');
      if (model === undefined && bundle === undefined) throw badEntry('model', 'missing');
    },
    ...termsOf(grant).map((term, index) => () => {
      const at = index === 0 ? '' : `also[${index - 1}].`;
      checkTerm(term, model, at);
      if (audiences.has(audienceOf(term))) throw badEntry(`${at}roles`, 'listed-twice');
      audiences.add(audienceOf(term));
    }),
  );
  return model === undefined ? { bundle: bundle ?? '', ...grant } : { model, ...grant };
}

/** Every term of a grant, its own first. */
export function termsOf(grant: Term & { also?: Term[] }): Term[] {
  return grant.also === undefined ? [grant] : [grant, ...grant.also];
}

/** The written form of a grant; parseGrant reads it back to the same grant. */
export function grantDocument(grant: Grant): Document {
  return {
    v: SCHEMA_VERSION,
    tenant: grant.tenant,
    ...(grant.model === undefined ? { bundle: grant.bundle } : { model: grant.model }),
    ...termDocument(grant),
    ...(grant.also === undefined ? {} : { also: grant.also.map(termDocument) }),
    version: grant.version,
    grantedAt: isoMilliseconds(grant.grantedAt),
    grantedBy: grant.grantedBy,
  };
}

/** What it is of, in words: `nova-lite`, `bundle standard`. */
export function grantedName(of: GrantOf): string {
  return of.model ?? `bundle ${of.bundle}`;
}
