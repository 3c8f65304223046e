import { placesOf } from '../contract/places.ts';
import { createEdits } from './edit.ts';
import type { Past } from './edits/past.ts';
import type { HistoryRecord } from './edits/types.ts';
import { hasExpired } from './entitled.ts';
import { grantWriter } from './grants.ts';
import type { Held } from './held.ts';
import { grantKey, modelKey, tenantKey } from './keys.ts';
import { MODEL, read, TENANT } from './kinds.ts';
import { usability } from './lifecycle.ts';
import type { ModelEntry } from './model.ts';
import { placedUnder } from './restrictions.ts';
import { asTenantId, type TenantEntry } from './tenant.ts';

/** That a caller could use a model at a moment, or why it could not though it was granted. */
export interface Access {
  /** Registry id. */
  model: string;
  /** `usable`, `deprecated`, or what stood in the way. */
  state: string;
  /** Under which terms; of a bundle too. */
  held: Held;
  /** Roles of other accounts that its calls run under; none: in the stage's own. */
  roles: string[];
  /** The edit that made the grant what it was; undefined where its history does not say. */
  by: HistoryRecord | undefined;
}

export interface Who {
  tenant: string;
  /** Absent: everybody of the tenant, each under the terms that are for it. */
  principal?: string | undefined;
  /** Of the caller, or of everybody that is meant; absent: any that a term asks for. */
  roles?: readonly string[] | undefined;
}

/**
 * Who could use what.
 *
 * @param past the registry as it was
 * @param at milliseconds since 1970
 * @throws TollgateError `not_found` where there was no such tenant
 */
export async function accessOf(
  { items, madeBy }: Past,
  { tenant, principal, roles }: Who,
  at: number,
): Promise<Access[]> {
  const id = asTenantId(tenant);
  const edits = createEdits({ items, clock: () => at, actor: 'nobody' });
  const [entry, holdings] = await Promise.all([
    edits.show(TENANT, tenantKey(id)),
    grantWriter(edits, items).holdings(tenant),
  ]);
  const now = Math.floor(at / 1000);
  const shut = shutBy(entry, now);
  const mine = holdings.filter((held) => isFor(held, principal, roles));
  const all = await Promise.all(
    mine.map(async (held): Promise<Access> => {
      const item = await items.get(modelKey(held.model));
      const found = item && read(item, MODEL);
      const state =
        found === undefined
          ? 'no-such-model'
          : 'entry' in found
            ? (shut ?? stateOf(held, found.entry, entry.spokeRole, now))
            : 'unusable-model';
      const places =
        found !== undefined && 'entry' in found ? placesOf({ ...found.entry, spokeRole: entry.spokeRole }) : [];
      const roles = [...new Set(places.flatMap(({ role = entry.spokeRole }) => role ?? []))];
      return { model: held.model, state, held, roles, by: await madeBy({ key: grantKey(held.grant) }) };
    }),
  );
  if (principal === undefined) return all;
  // Of one model the first that is for the caller answers; one that has ended, only where no other is left.
  const first = new Map<string, Access>();
  for (const one of all) {
    const before = first.get(one.model);
    if (before === undefined || (before.state === 'expired' && one.state !== 'expired')) first.set(one.model, one);
  }
  return [...first.values()];
}

function stateOf(held: Held, model: ModelEntry, spokeRole: string | undefined, now: number): string {
  if (hasExpired(held, now)) return 'expired';
  try {
    placedUnder(held, { ...model, spokeRole });
    return usability(model.lifecycle, now).state;
  } catch {
    // The data path gives none of it: the grant, the tenant's bounds or its account leave no place.
    return 'unusable-grant';
  }
}

function shutBy({ suspended, offboarded, expiresAt }: TenantEntry, now: number): string | undefined {
  if (offboarded) return 'tenant-offboarded';
  if (suspended) return 'tenant-suspended';
  return expiresAt !== undefined && expiresAt <= now ? 'tenant-expired' : undefined;
}

function isFor(held: Held, principal: string | undefined, roles: readonly string[] | undefined): boolean {
  if (principal !== undefined && held.principals !== undefined && !held.principals.includes(principal)) return false;
  // Nobody said which roles the caller had: any that a term asks for.
  return held.roles === undefined || roles === undefined || held.roles.some((role) => roles.includes(role));
}
