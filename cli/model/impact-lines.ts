import { holdersIn, type Impact } from '../../metering/report/impact.ts';
import { usedLines } from '../../metering/report/used.ts';
import { isoSeconds } from '../../registry/fields.ts';
import { type Grant, termsOf } from '../../registry/grant.ts';
import { usability } from '../../registry/lifecycle.ts';
import type { Term } from '../../registry/term.ts';

/** What a model’s end does to others, in lines. */

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
