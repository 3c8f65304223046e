import { type Used, usedLines } from '../../metering/report/used.ts';
import type { Alias } from '../../registry/alias.ts';
import { isoSeconds } from '../../registry/fields.ts';
import { type Grant, termsOf } from '../../registry/grant.ts';
import { usability } from '../../registry/lifecycle.ts';
import type { ModelEntry } from '../../registry/model.ts';
import type { Term } from '../../registry/term.ts';
import type { Writer } from '../../registry/writer.ts';
import { usedOf } from '../hits.ts';
import type { Target } from '../target.ts';

/** What hangs on a model. */
export interface Impact {
  model: ModelEntry;
  /** By which it is held, by its name or by a bundle. */
  grants: readonly Grant[];
  used: Used;
  /** Aliases that it is behind. */
  aliases: readonly Alias[];
  /** Models whose calls it answers when they cannot, those that name it as their successor, and those that say they are made of it. */
  fallbackOf: readonly string[];
  successorOf: readonly string[];
  basisOf: readonly string[];
}

/** @throws TollgateError `not_found` */
export async function impactOf(target: Target, writer: Writer, id: string): Promise<Impact> {
  const [model, { entries: grants }, aliases, { entries: models }, used] = await Promise.all([
    writer.showModel(id),
    writer.holders({ model: id }),
    writer.listAliases(),
    writer.listModels(),
    usedOf(target, { model: id }),
  ]);
  const idsOf = (holds: (one: ModelEntry) => boolean) => models.filter(holds).map((one) => one.id);
  return {
    model,
    grants,
    used,
    aliases: aliases.filter(({ models: shares }) => Object.hasOwn(shares, id)),
    fallbackOf: idsOf(({ fallbacks }) => fallbacks?.includes(id) === true),
    successorOf: idsOf(({ lifecycle, beforeRetirement }) =>
      [lifecycle, beforeRetirement].some((one) => one?.successor === id),
    ),
    basisOf: idsOf(({ provenance }) => provenance?.basedOn === id),
  };
}

/** Tenants, each once: one may hold it by name and by bundles. */
export function holdersIn({ grants }: Pick<Impact, 'grants'>): string[] {
  return [...new Set(grants.map(({ tenant }) => tenant))].sort();
}

function termsIn(grants: readonly Grant[]): Term[] {
  return grants.flatMap(termsOf);
}

/** For who is about to take it away. */
export function impactLines(impact: Impact): string[] {
  const { used } = impact;
  const tenants = holdersIn(impact);
  if (tenants.length === 0 && used.uses?.length === 0 && impact.aliases.length === 0) return [];
  return [
    tenants.length === 0
      ? 'granted to nobody'
      : `granted to ${tenants.slice(0, 20).join(', ')}${tenants.length > 20 ? ` and ${tenants.length - 20} more` : ''}`,
    ...usedLines(used),
    ...insteadLines(impact),
  ];
}

/** What would answer in its place, and what it answers for. */
export function insteadLines({ model, aliases, fallbackOf, successorOf, basisOf, grants }: Impact): string[] {
  const { id, lifecycle, fallbacks = [] } = model;
  const line = (what: string, names: readonly string[]) => (names.length === 0 ? [] : [`${what}: ${names.join(', ')}`]);
  const { state } = usability(lifecycle, Math.floor(Date.now() / 1000));
  return [
    ...(lifecycle.sunsetAt === undefined || state === 'draft' ? [] : [`sunset: ${isoSeconds(lifecycle.sunsetAt)}`]),
    ...line('successor', lifecycle.successor === undefined ? [] : [lifecycle.successor]),
    ...line('fallbacks', [...new Set([...fallbacks, ...termsIn(grants).flatMap((term) => term.fallbacks ?? [])])]),
    ...aliases.map((alias) => {
      const others = Object.keys(alias.models).filter((other) => other !== id);
      return `alias ${alias.id}: ${others.length === 0 ? 'no other model is behind it' : `${others.join(', ')} behind it, too`}`;
    }),
    ...line('fallback of', fallbackOf),
    ...line('successor of', successorOf),
    ...line('basis of', basisOf),
  ];
}
