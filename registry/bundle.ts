import * as v from 'valibot';
import { BUNDLE_MODELS_MAX } from '../contract/limits/registry.ts';
import {
  actor,
  displayName,
  isoMilliseconds,
  milliseconds,
  modelId,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';

/** Models under one name, which a grant may be of: an edit of it is an edit of what every holder may call. */
export interface BundleEntry {
  id: string;
  displayName?: string;
  /** Registry ids, sorted, each once; none at all is a bundle that gives nothing. */
  models: string[];
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

export const bundleSchema = v.strictObject({
  v: schemaVersion,
  id: modelId,
  displayName: v.exactOptional(displayName),
  models: v.pipe(
    v.array(modelId, 'not-a-list'),
    v.maxLength(BUNDLE_MODELS_MAX, 'too-many'),
    v.transform((listed) => [...new Set(listed)].sort()),
  ),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/** @throws TollgateError `bad_entry` naming the field */
export function parseBundle(document: unknown): BundleEntry {
  const { v: _, ...entry } = parseWith(bundleSchema, document);
  return entry;
}

/** The written form of an entry; parseBundle reads it back to the same entry. */
export function bundleDocument(entry: BundleEntry): Document {
  return {
    v: SCHEMA_VERSION,
    id: entry.id,
    ...(entry.displayName === undefined ? {} : { displayName: entry.displayName }),
    models: [...entry.models],
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}
