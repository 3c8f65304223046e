import * as v from 'valibot';
import { isTenantId, parseTenantId, type TenantId } from '../contract/identity.ts';
import {
  COST_CENTER_MAX_CHARS,
  ISSUER_MAX_CHARS,
  LABEL_KEY_MAX_CHARS,
  LABEL_VALUE_MAX_CHARS,
  TENANT_ISSUERS_MAX,
  TENANT_LABELS_MAX,
  TENANT_PEOPLE_MAX,
} from '../contract/limits/registry.ts';
import { SPOKE_ROLE } from '../contract/spokes.ts';
import { type Bounds, boundMembers, boundsDocument } from './bounds.ts';
import {
  actor,
  badEntry,
  displayName,
  isIssuer,
  isoMilliseconds,
  isoSeconds,
  milliseconds,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  seconds,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { planDocument, type TenantPlan, tenantPlan } from './plan.ts';

export interface TenantEntry extends Bounds {
  id: TenantId;
  displayName?: string;
  /** Refused whatever was granted. */
  suspended: boolean;
  /** It has left: refused for good, and what it was granted is gone. */
  offboarded?: true;
  /** Seconds since 1970: from then on it is refused as a suspended one is. */
  expiresAt?: number;
  /** A session tag, so the AWS bill can be split by it. */
  costCenter: string;
  /** Who answers for it, and who is told of things; for people. */
  owners?: string[];
  contacts?: string[];
  /** An operator's own words, to find and sum tenants by; sorted by name. */
  labels?: Record<string, string>;
  /** Tokens of these alone are taken for the tenant's, of those that the stage trusts; absent: of all that it trusts. */
  issuers?: string[];
  /** ARN of a role of another account, where its calls run and are paid for; absent: in the stage's own. */
  spokeRole?: string;
  /** Absent: the stage's default usage plan counts its calls. */
  plan?: TenantPlan;
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

const people = v.pipe(
  v.array(displayName, 'not-a-list'),
  v.minLength(1, 'empty'),
  v.maxLength(TENANT_PEOPLE_MAX, 'too-many'),
  v.transform((listed) => [...new Set(listed)]),
);

const issuers = v.pipe(
  v.array(
    v.pipe(v.string('not-text'), v.maxLength(ISSUER_MAX_CHARS, 'too-long'), v.check(isIssuer, 'not-an-issuer')),
    'not-a-list',
  ),
  v.minLength(1, 'empty'),
  v.maxLength(TENANT_ISSUERS_MAX, 'too-many'),
  v.transform((listed) => [...new Set(listed)].sort()),
);

const labels = v.pipe(
  v.unknown(),
  // A list has members too, by number.
  v.check((given) => !Array.isArray(given), 'not-an-object'),
  v.record(
    v.pipe(
      v.string('not-text'),
      v.maxLength(LABEL_KEY_MAX_CHARS, 'too-long'),
      v.regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, 'not-a-label'),
    ),
    v.pipe(
      v.string('not-text'),
      v.maxLength(LABEL_VALUE_MAX_CHARS, 'too-long'),
      v.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'not-printable'),
    ),
    'not-an-object',
  ),
  v.minEntries(1, 'empty'),
  v.maxEntries(TENANT_LABELS_MAX, 'too-many'),
  v.transform((given) => Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)))),
);

/** What an operator says of a tenant; the rest is what was done to it. */
const said = {
  displayName: v.exactOptional(displayName),
  costCenter,
  owners: v.exactOptional(people),
  contacts: v.exactOptional(people),
  labels: v.exactOptional(labels),
  issuers: v.exactOptional(issuers),
  ...boundMembers,
  expiresAt: v.exactOptional(seconds),
  spokeRole: v.exactOptional(v.pipe(v.string('not-text'), v.regex(SPOKE_ROLE, 'not-a-spoke-role'))),
  plan: v.exactOptional(tenantPlan),
};

export const TENANT_MEMBERS = Object.keys(said) as (keyof typeof said)[];

export const tenantSchema = v.strictObject({
  v: schemaVersion,
  id: tenantId,
  suspended: v.boolean('not-true-or-false'),
  offboarded: v.exactOptional(v.literal(true, 'not-true')),
  ...said,
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseTenant(document: unknown): TenantEntry {
  const { v: _, ...entry } = parseWith(tenantSchema, document);
  return entry;
}

/** The written form of an entry; parseTenant reads it back to the same entry. */
export function tenantDocument(entry: TenantEntry): Document {
  return {
    v: SCHEMA_VERSION,
    id: entry.id,
    ...(entry.displayName === undefined ? {} : { displayName: entry.displayName }),
    suspended: entry.suspended,
    ...(entry.offboarded === undefined ? {} : { offboarded: entry.offboarded }),
    costCenter: entry.costCenter,
    ...(entry.owners === undefined ? {} : { owners: [...entry.owners] }),
    ...(entry.contacts === undefined ? {} : { contacts: [...entry.contacts] }),
    ...(entry.labels === undefined ? {} : { labels: { ...entry.labels } }),
    ...(entry.issuers === undefined ? {} : { issuers: [...entry.issuers] }),
    ...boundsDocument(entry),
    ...(entry.expiresAt === undefined ? {} : { expiresAt: isoSeconds(entry.expiresAt) }),
    ...(entry.spokeRole === undefined ? {} : { spokeRole: entry.spokeRole }),
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
