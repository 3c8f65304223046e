import * as v from 'valibot';
import { isTenantId, parseTenantId, type TenantId } from '../contract/identity.ts';
import { COST_CENTER_MAX_CHARS } from '../contract/limits/registry.ts';
import {
  actor,
  badEntry,
  displayName,
  isoMilliseconds,
  milliseconds,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { planDocument, type UsagePlan, usagePlan } from './plan.ts';

export interface TenantEntry {
  id: TenantId;
  displayName?: string;
  /** Refused whatever was granted. */
  suspended: boolean;
  /** A session tag, so the AWS bill can be split by it. */
  costCenter: string;
  /** Absent: the stage's default usage plan counts its calls. */
  plan?: UsagePlan;
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

/** What STS takes as a tag's value (letters, digits, spaces, `_.:/=+-@`), no space at either end. */
const costCenter = v.pipe(
  v.string('not-text'),
  v.minLength(1, 'empty'),
  v.maxLength(COST_CENTER_MAX_CHARS, 'too-long'),
  v.regex(/^(?! )[\p{L}\p{N} _.:/=+\-@]*(?<! )$/u, 'not-a-tag-value'),
);

/** A tenant id as contract/identity.ts defines it. */
export const tenantId = v.pipe(
  v.string('not-text'),
  v.check((text) => isTenantId(text), 'not-a-tenant-id'),
  v.transform((text) => parseTenantId(text)),
);

const schema = v.strictObject({
  v: schemaVersion,
  id: tenantId,
  displayName: v.exactOptional(displayName),
  suspended: v.boolean('not-true-or-false'),
  costCenter,
  plan: v.exactOptional(usagePlan),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseTenant(document: unknown): TenantEntry {
  const { v: _, ...entry } = parseWith(schema, document);
  return entry;
}

/** The written form of an entry; parseTenant reads it back to the same entry. */
export function tenantDocument(entry: TenantEntry): Document {
  return {
    v: SCHEMA_VERSION,
    id: entry.id,
    ...(entry.displayName === undefined ? {} : { displayName: entry.displayName }),
    suspended: entry.suspended,
    costCenter: entry.costCenter,
    ...(entry.plan === undefined ? {} : { plan: planDocument(entry.plan) }),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

/** @throws TollgateError `bad_entry` naming `field` */
export function asTenantId(value: string, field = 'tenant'): TenantId {
  if (!isTenantId(value)) throw badEntry(field, 'not-a-tenant-id');
  return value;
}
