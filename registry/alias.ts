import * as v from 'valibot';
import { MODEL_ID_MAX_CHARS } from '../contract/limits/contract.ts';
import { ALIAS_MODELS_MAX, ALIASES_MAX } from '../contract/limits/registry.ts';
import { WEIGHT_MAX } from '../contract/limits/routing.ts';
import { type AliasShare, AT_END, type AtEnd, SHARED_BY, type SharedBy } from '../contract/model.ts';
import {
  actor,
  badEntry,
  eachOnce,
  isModelId,
  isoMilliseconds,
  milliseconds,
  modelId,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';

/** A name for several models, each of which has its share of the calls to it. */
export interface Alias {
  /** What a caller writes. */
  id: string;
  /** Weights by registry id, in the order of the ids. */
  models: Record<string, number>;
  by: SharedBy;
  /** Absent: the others behind it answer, and then nothing does. */
  atEnd?: AtEnd;
}

/** All of the stage's. One item, so that whoever reads a tenant's entries reads it with them. */
export interface AliasesEntry {
  /** Sorted by id, each once. */
  aliases: Alias[];
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

export const aliasSchema = v.strictObject({
  id: modelId,
  models: v.any(),
  by: v.exactOptional(v.picklist(SHARED_BY, 'unknown-sharing')),
  atEnd: v.exactOptional(v.picklist(AT_END, 'unknown-end')),
});

const schema = v.strictObject({
  v: schemaVersion,
  aliases: v.pipe(v.array(aliasSchema, 'not-a-list'), v.maxLength(ALIASES_MAX, 'too-many')),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/**
 * One alias by itself, as an operator gives it.
 *
 * @throws TollgateError `bad_entry` naming the member, e.g. `models.claude-sonnet-5`
 */
export function parseAlias(document: unknown): Alias {
  return checked(parseWith(aliasSchema, document), '');
}

/**
 * @param document an item without its keys
 * @throws TollgateError `bad_entry` naming the field, e.g. `aliases[1].models.nova-lite`
 */
export function parseAliases(document: unknown): AliasesEntry {
  const { v: _, ...entry } = parseWith(schema, document);
  return { ...entry, aliases: sorted(eachOnce(entry.aliases, 'aliases', checked)) };
}

/** The written form of an entry; parseAliases reads it back to the same entry. */
export function aliasesDocument(entry: AliasesEntry): Document {
  return {
    v: SCHEMA_VERSION,
    aliases: entry.aliases.map(aliasDocument),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

export function aliasDocument({ id, models, by, atEnd }: Alias): Document {
  return { id, models: byName(models), by, ...(atEnd === undefined ? {} : { atEnd }) };
}

/** `claude-sonnet-4-5 95, claude-sonnet-5 5` */
export function sharesText(models: Alias['models']): string {
  return Object.entries(models)
    .map(([id, weight]) => `${id} ${weight}`)
    .join(', ');
}

/** By model: its shares of the aliases that it is behind, sorted by alias. */
export function sharesOf(aliases: readonly Alias[]): Map<string, AliasShare[]> {
  const shares = new Map<string, AliasShare[]>();
  for (const { id, models, by, atEnd } of aliases)
    for (const [model, weight] of Object.entries(models)) {
      const more = { ...(by === 'request' ? { by } : {}), ...(atEnd === undefined ? {} : { atEnd }) };
      const share: AliasShare = { alias: id, weight, ...more };
      shares.set(model, [...(shares.get(model) ?? []), share]);
    }
  return shares;
}

/** @param at what stands before a member's name */
function checked({ id, models, by = 'principal', atEnd }: v.InferOutput<typeof aliasSchema>, at: string): Alias {
  if (models === null || typeof models !== 'object' || Array.isArray(models))
    throw badEntry(`${at}models`, 'not-an-object');
  const shares = Object.entries(models);
  if (shares.length === 0) throw badEntry(`${at}models`, 'empty');
  if (shares.length > ALIAS_MODELS_MAX) throw badEntry(`${at}models`, 'too-many');
  for (const [model, weight] of shares) {
    const fault = isModelId(model) ? weightFault(weight) : 'not-a-model-id';
    if (fault !== undefined) throw badEntry(`${at}models.${model.slice(0, MODEL_ID_MAX_CHARS)}`, fault);
  }
  return { id, models: byName(models), by, ...(atEnd === undefined ? {} : { atEnd }) };
}

function weightFault(weight: unknown): string | undefined {
  if (typeof weight !== 'number') return 'not-a-number';
  if (!Number.isInteger(weight)) return 'not-whole';
  return weight < 1 ? 'too-small' : weight > WEIGHT_MAX ? 'too-large' : undefined;
}

export function sorted(aliases: readonly Alias[]): Alias[] {
  return [...aliases].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function byName(models: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(models).sort(([a], [b]) => (a < b ? -1 : 1)));
}
