import * as v from 'valibot';
import type { GuardedBy, Guardrails } from '../contract/model.ts';
import { actor, isoMilliseconds, milliseconds, parseWith, SCHEMA_VERSION, schemaVersion, version } from './fields.ts';
import { guardrail, written } from './guardrails.ts';
import type { Document } from './items.ts';
import { regionList } from './restrictions.ts';

/** What holds of a tenant's calls where its grants do not say more. */
export interface Bounds {
  /** Every call runs under it, unless the grant names another or none. */
  guardrail?: Guardrails;
  /** Regions: nothing of any call runs outside of these, whatever a grant lists; sorted, each once. */
  residency?: string[];
}

/** The bounds of every tenant that has none of its own. */
export interface DefaultsEntry extends Bounds {
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

export const boundMembers = { guardrail: v.exactOptional(guardrail), residency: v.exactOptional(regionList) };

export const defaultsSchema = v.strictObject({
  v: schemaVersion,
  ...boundMembers,
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseDefaults(document: unknown): DefaultsEntry {
  const { v: _, ...entry } = parseWith(defaultsSchema, document);
  return entry;
}

/** The written form of an entry; parseDefaults reads it back to the same entry. */
export function defaultsDocument(entry: DefaultsEntry): Document {
  return {
    v: SCHEMA_VERSION,
    ...boundsDocument(entry),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

export function boundsDocument({ guardrail, residency }: Bounds): Document {
  return {
    ...(guardrail === undefined ? {} : { guardrail: written(guardrail) }),
    ...(residency === undefined ? {} : { residency: [...residency] }),
  };
}

/** What holds of one tenant. */
export interface BoundsInForce extends Bounds {
  /** Of the guardrail. */
  guardedBy?: GuardedBy;
}

/** A tenant's own, and of every tenant's what it has none of its own of. */
export function boundsOf(own: Bounds, all: Bounds = {}): BoundsInForce {
  const { guardrail = all.guardrail, residency = all.residency } = own;
  const guardedBy = own.guardrail === undefined ? 'stage' : 'tenant';
  return {
    ...(guardrail === undefined ? {} : { guardrail, guardedBy }),
    ...(residency === undefined ? {} : { residency }),
  };
}
