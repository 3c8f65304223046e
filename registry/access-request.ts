import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { isPrincipal, type Principal, parsePrincipal, type TenantId } from '../contract/identity.ts';
import {
  REQUEST_ID_CHARS,
  REQUEST_KEPT_DAYS,
  REQUEST_NOTE_MAX_CHARS,
  REQUEST_WHY_MAX_CHARS,
} from '../contract/limits/access-requests.ts';
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
import { tenantId } from './tenant.ts';

/** What became of a request. One that is not open may be made again, and is open then. */
export const REQUEST_STATUSES = ['open', 'approved', 'declined', 'withdrawn'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/** That somebody of a tenant wants to use a model. It gives nothing: a grant does, which whoever approves it makes. */
export interface AccessRequest {
  /** Of whom and for what it is: the same asked again is the same request. */
  id: string;
  tenant: TenantId;
  principal: Principal;
  model: string;
  /** In the words of who asks. */
  why: string;
  status: RequestStatus;
  /** Milliseconds since 1970. */
  askedAt: number;
  /** Of one that was decided. Milliseconds since 1970. */
  decidedAt?: number;
  decidedBy?: string;
  /** What whoever decided said to it. */
  note?: string;
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

/** Lines of text: a line break, and nothing else that cannot be seen. */
const lines = (most: number) =>
  v.pipe(
    v.string('not-text'),
    v.minLength(1, 'empty'),
    v.maxLength(most, 'too-long'),
    v.regex(/^(?:[^\p{Cc}\p{Zl}\p{Zp}]|\n)*$/u, 'not-printable'),
  );

const principal = v.pipe(
  v.string('not-text'),
  v.check((text) => isPrincipal(text), 'not-a-principal'),
  v.transform((text) => parsePrincipal(text)),
);

const schema = v.strictObject({
  v: schemaVersion,
  id: v.pipe(v.string('not-text'), v.check(isRequestId, 'not-a-request-id')),
  tenant: tenantId,
  principal,
  model: modelId,
  why: lines(REQUEST_WHY_MAX_CHARS),
  status: v.picklist(REQUEST_STATUSES, 'unknown-status'),
  askedAt: milliseconds,
  decidedAt: v.exactOptional(milliseconds),
  decidedBy: v.exactOptional(actor),
  note: v.exactOptional(lines(REQUEST_NOTE_MAX_CHARS)),
  // The table's TTL attribute, which follows from the rest.
  expiresAt: v.number('not-a-number'),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

const ID = new RegExp(`^[0-9a-f]{${REQUEST_ID_CHARS}}$`);

/** Whether it is the id of a request. */
export function isRequestId(text: string): boolean {
  return ID.test(text);
}

/** The id of the request of `principal` for `model`: there is one of each, however often it is asked for. */
export function requestIdOf({
  tenant,
  principal,
  model,
}: Pick<AccessRequest, 'tenant' | 'principal' | 'model'>): string {
  const hash = createHash('sha256').update(JSON.stringify([tenant, principal, model]));
  return hash.digest('hex').slice(0, REQUEST_ID_CHARS);
}

/** @throws TollgateError `bad_entry` naming the field */
export function parseAccessRequest(document: unknown): AccessRequest {
  const { v: _, expiresAt: __, ...entry } = parseWith(schema, document);
  return entry;
}

/** The written form of a request; parseAccessRequest reads it back to the same one. */
export function accessRequestDocument(entry: AccessRequest): Document {
  const { id, tenant, principal, model, why, status, askedAt, decidedAt, decidedBy, note } = entry;
  return {
    ...{ v: SCHEMA_VERSION, id, tenant, principal, model, why, status },
    askedAt: isoMilliseconds(askedAt),
    ...(decidedAt === undefined ? {} : { decidedAt: isoMilliseconds(decidedAt) }),
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(note === undefined ? {} : { note }),
    expiresAt: keptUntil(entry),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

/** Seconds since 1970: from then on it is none, whether the table has removed it yet or not. */
export function keptUntil({ askedAt, decidedAt = askedAt }: Pick<AccessRequest, 'askedAt' | 'decidedAt'>): number {
  return Math.floor(Math.max(askedAt, decidedAt) / 1000) + REQUEST_KEPT_DAYS * 86_400;
}
