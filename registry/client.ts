import * as v from 'valibot';
import type { TenantId } from '../contract/identity.ts';
import { CLIENT_ID_MAX_CHARS, ISSUER_MAX_CHARS } from '../contract/limits/registry.ts';
import {
  actor,
  badEntry,
  isIssuer,
  isoMilliseconds,
  milliseconds,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { tenantId } from './tenant.ts';

/** An OAuth client (RFC 6749 section 2.2), whose id is unique at its issuer and nowhere else. */
export interface ClientName {
  /** As in the token's `iss`. */
  issuer: string;
  client: string;
}

/** Whose a client's tokens are. */
export interface ClientEntry extends ClientName {
  tenant: TenantId;
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

/** Compared with the claim to the letter: what nobody can see or type would be a client that nobody has. */
const clientId = v.pipe(
  v.string('not-text'),
  v.minLength(1, 'empty'),
  v.maxLength(CLIENT_ID_MAX_CHARS, 'too-long'),
  v.regex(/^(?!\s)[^\p{C}\p{Zl}\p{Zp}]*(?<!\s)$/u, 'not-printable'),
);

export const clientSchema = v.strictObject({
  v: schemaVersion,
  issuer: v.pipe(v.string('not-text'), v.maxLength(ISSUER_MAX_CHARS, 'too-long'), v.check(isIssuer, 'not-an-issuer')),
  client: clientId,
  tenant: tenantId,
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseClient(document: unknown): ClientEntry {
  const { v: _, ...entry } = parseWith(clientSchema, document);
  return entry;
}

/** The written form of an entry; parseClient reads it back to the same entry. */
export function clientDocument(entry: ClientEntry): Document {
  const { issuer, client, tenant, updatedBy } = entry;
  const updatedAt = isoMilliseconds(entry.updatedAt);
  return { v: SCHEMA_VERSION, issuer, client, tenant, version: entry.version, updatedAt, updatedBy };
}

/** @throws TollgateError `bad_entry` naming the member */
export function checkClientName({ issuer, client }: ClientName): void {
  if (issuer.length > ISSUER_MAX_CHARS || !isIssuer(issuer)) throw badEntry('issuer', 'not-an-issuer');
  if (!v.is(clientId, client)) throw badEntry('client', 'not-a-client-id');
}
