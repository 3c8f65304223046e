import type { Alias } from '../../registry/alias.ts';
import { type Grant, termsOf } from '../../registry/grant.ts';
import type { ModelEntry } from '../../registry/model.ts';
import type { Writer } from '../../registry/writer.ts';
import { formatMoney } from '../money.ts';
import { together, type Use } from './recent.ts';
import type { Used } from './used.ts';

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

/**
 * @param readUsed what the ledger knows of the last days
 * @throws TollgateError `not_found`
 */
export async function impactOf(readUsed: () => Promise<Used>, writer: Writer, id: string): Promise<Impact> {
  const [model, { entries: grants }, aliases, { entries: models }, used] = await Promise.all([
    writer.showModel(id),
    writer.holders({ model: id }),
    writer.listAliases(),
    writer.listModels(),
    readUsed(),
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

/** An impact for a program. */
export function impactDocument(impact: Impact): object {
  const { grants, used } = impact;
  return {
    ...insteadDocument(impact),
    holders: grants.flatMap((grant) => heldDocuments(grant).map((held) => ({ tenant: grant.tenant, ...held }))),
    used: used.uses?.map((one) => ({ tenant: one.tenant, ...useDocument(one) })) ?? null,
    principals: used.principals.map((one) => ({
      ...{ tenant: one.tenant, ...useDocument(one), principal: one.principal },
    })),
  };
}

/** How it stands with the model, what would answer in its place, and what it answers for. */
export function insteadDocument({ model, aliases, fallbackOf, successorOf, basisOf }: Impact): object {
  const { status, deprecatedAt, sunsetAt, successor = null } = model.lifecycle;
  return {
    model: model.id,
    lifecycle: { status, deprecatedAt: dated(deprecatedAt), sunsetAt: dated(sunsetAt), successor },
    replacedBy: { successor, fallbacks: model.fallbacks ?? [], aliases: aliases.map(({ id }) => id) },
    ...{ fallbackOf, successorOf, basisOf },
  };
}

/** One tenant that holds a model, or used it although it holds it no longer. */
export interface ImpactRow {
  tenant: string;
  /** As it is granted; none: it holds it no longer. */
  holds: HeldDocument[];
  /** null: it did not use it, or nothing is known of use. */
  used: UseDocument | null;
  /** Who did, by name; none where there are too many to be told. */
  principals: string[];
}

/** Who uses it first, the most calls before; then who holds it, by name. */
export function impactRows({ grants, used }: Pick<Impact, 'grants' | 'used'>): ImpactRow[] {
  const held = new Map<string, Grant[]>(Map.groupBy(grants, ({ tenant }) => tenant));
  const uses = Map.groupBy(used.uses ?? [], ({ tenant }) => tenant);
  const callers = Map.groupBy(used.principals, ({ tenant }) => tenant);
  const rows = [...new Set([...held.keys(), ...uses.keys()])].map((tenant) => {
    const sum = together(uses.get(tenant) ?? []);
    return {
      tenant,
      holds: (held.get(tenant) ?? []).flatMap(heldDocuments),
      used: sum === undefined ? null : useDocument(sum),
      principals: [...new Set((callers.get(tenant) ?? []).map(({ principal }) => principal || 'others'))],
    };
  });
  return rows.sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
}

/** By which rows are in order, and a page goes on behind one. */
export function rankOf({ tenant, used }: Pick<ImpactRow, 'tenant' | 'used'>): string {
  return `${String(Number.MAX_SAFE_INTEGER - (used?.calls ?? 0)).padStart(16, '0')} ${tenant}`;
}

interface HeldDocument {
  bundle: string | null;
  actions: readonly string[];
  roles: readonly string[] | null;
  principals: readonly string[] | null;
  /** ISO 8601. */
  expiresAt: string | null;
}

function heldDocuments(grant: Grant): HeldDocument[] {
  return termsOf(grant).map(({ actions, roles = null, principals = null, expiresAt }) => ({
    ...{ bundle: grant.bundle ?? null, actions, roles, principals },
    expiresAt: dated(expiresAt),
  }));
}

interface UseDocument {
  calls: number;
  /** US dollars; null: not known, because nothing of it has a price. */
  cost: string | null;
  unpriced: number;
  firstDay: string;
  lastDay: string;
}

function useDocument({ calls, cost, firstDay, lastDay, unpriced }: Use): UseDocument {
  return { calls, cost: cost === null ? null : formatMoney(cost), unpriced, firstDay, lastDay };
}

function dated(seconds: number | undefined): string | null {
  return seconds === undefined ? null : new Date(seconds * 1000).toISOString();
}
