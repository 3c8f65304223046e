import type { Alias } from '../../registry/alias.ts';
import { type Grant, termsOf } from '../../registry/grant.ts';
import type { ModelEntry } from '../../registry/model.ts';
import type { Writer } from '../../registry/writer.ts';
import { formatMoney } from '../money.ts';
import type { ModelUse } from './recent.ts';
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
export function impactDocument({ model, grants, used, aliases, fallbackOf, successorOf, basisOf }: Impact): object {
  const { status, deprecatedAt, sunsetAt, successor } = model.lifecycle;
  const dated = (seconds: number | undefined) =>
    seconds === undefined ? null : new Date(seconds * 1000).toISOString();
  return {
    model: model.id,
    lifecycle: { status, deprecatedAt: dated(deprecatedAt), sunsetAt: dated(sunsetAt), successor: successor ?? null },
    holders: grants.flatMap((grant) =>
      termsOf(grant).map(({ actions, roles, principals, expiresAt }) => ({
        ...{ tenant: grant.tenant, bundle: grant.bundle ?? null, actions },
        ...{ roles: roles ?? null, principals: principals ?? null },
        expiresAt: dated(expiresAt),
      })),
    ),
    used: used.uses?.map(useDocument) ?? null,
    principals: used.principals.map((one) => ({ ...useDocument(one), principal: one.principal })),
    replacedBy: {
      successor: successor ?? null,
      fallbacks: model.fallbacks ?? [],
      aliases: aliases.map(({ id }) => id),
    },
    ...{ fallbackOf, successorOf, basisOf },
  };
}

function useDocument({ tenant, calls, cost, firstDay, lastDay, unpriced }: ModelUse): object {
  return { tenant, calls, cost: cost === null ? null : formatMoney(cost), unpriced, firstDay, lastDay };
}
