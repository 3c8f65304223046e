import { asTollgateError } from '../contract/errors.ts';
import type { AliasShare, AllowedModel, Lifecycle, Published } from '../contract/model.ts';
import { withKnownSuccessor } from './entitled.ts';
import type { Bounded, Bundles, Held } from './held.ts';
import type { Item } from './items.ts';
import { grantedAt, grantKey } from './keys.ts';
import type { Unusable } from './kinds.ts';
import { isPublished } from './lifecycle.ts';
import { type ModelEntry, speechOf } from './model.ts';
import { type Fit as Fitted, isDirect, placedUnder, restrictionsOf } from './restrictions.ts';

/** By model, of the aliases that it is behind. */
export type Shares = ReadonlyMap<string, AliasShare[]>;

export interface Joined {
  models: AllowedModel[];
  /** Terms that do not fit their model, or whose model cannot be used. */
  unusable: number;
}

interface Fitting {
  term: Bounded;
  entry: ModelEntry;
  lifecycle: Lifecycle<Published>;
  /** Where the grant lets the model be called. */
  fit: Fitted;
}

/**
 * What a tenant holds, joined with the models. What cannot be used gives nothing, and closes what would be asked after it: whom it
 * was for would otherwise be given what is meant for more.
 *
 * @param unread the tenant's grants that cannot be read
 * @param spokeRole the tenant's
 * @param find a model's entry; undefined: there is none, or none that can be used
 */
export function joined(
  {
    held,
    unread,
    bundles,
    spokeRole,
  }: { held: readonly Held[]; unread: readonly Item[]; bundles: Bundles; spokeRole: string | undefined },
  find: (model: string) => ModelEntry | 'unusable' | undefined,
  shares: Shares,
  onUnusable: (unusable: Unusable) => void,
): Joined {
  const closed = new Set<string>();
  const unbundled = new Set(unread.flatMap(({ key }) => narrowedBy(grantedAt(key), bundles)));
  const granted = new Set<string>();
  const fitting: Fitting[] = [];
  let unusable = unread.length;
  for (const one of held) {
    const { model, grant } = one;
    const entry = find(model);
    if (entry === 'unusable') unusable++;
    if (entry === undefined || entry === 'unusable' || closed.has(model)) continue;
    if (grant.bundle !== undefined && unbundled.has(model)) continue;
    const { lifecycle } = entry;
    // Not among the granted ones either: a successor or fallback that is a draft is none yet.
    if (!isPublished(lifecycle)) continue;
    const fit = together(one, entry, spokeRole);
    if ('fault' in fit) {
      closed.add(model);
      onUnusable({ ...grantKey(grant), ...fit.fault });
      unusable++;
    } else {
      granted.add(model);
      fitting.push({ term: one, entry, lifecycle, fit });
    }
  }
  return { models: fitting.map((one) => allowed(one, granted, shares)), unusable };
}

/** The models of which a grant that cannot be read might have narrowed what a bundle gives. */
function narrowedBy({ model, bundle }: ReturnType<typeof grantedAt>, bundles: Bundles): readonly string[] {
  return model === undefined ? (bundles.get(bundle) ?? []) : [model];
}

type Fit = Fitting['fit'] | { fault: Pick<Unusable, 'field' | 'reason'> };

/** By an entry that was read, and what a term says of it: tenants of a stage are given much the same. */
const FITS = new WeakMap<ModelEntry, Map<string, Fit>>();

/** The model may have been edited since the grant was written, or the tenant's bounds. */
function together(term: Bounded, entry: ModelEntry, spokeRole: string | undefined): Fit {
  const { actions, direct, guardedBy } = term;
  const said = JSON.stringify([actions, direct, guardedBy, restrictionsOf(term), spokeRole]);
  const known = FITS.get(entry) ?? new Map<string, Fit>();
  const fit = known.get(said) ?? fitOf(term, entry, spokeRole);
  FITS.set(entry, known.set(said, fit));
  return fit;
}

function fitOf(term: Bounded, entry: ModelEntry, spokeRole: string | undefined): Fit {
  try {
    return placedUnder(term, { ...entry, spokeRole });
  } catch (error) {
    const { field = 'grant', reason = 'unusable' } = asTollgateError(error);
    return { fault: { field, reason } };
  }
}

function allowed({ term, entry, lifecycle, fit }: Fitting, granted: ReadonlySet<string>, shares: Shares): AllowedModel {
  const { actions, direct, trace } = term;
  const { guardrail: _, useCases: __, ...demanded } = restrictionsOf(term);
  const { id, routing } = entry;
  const aliases = shares.get(id);
  const fallbacks = (term.fallbacks ?? entry.fallbacks ?? []).filter((one) => one !== id && granted.has(one));
  return {
    id,
    ...fit,
    ...(routing === undefined ? {} : { routing }),
    actions,
    lifecycle: withKnownSuccessor(lifecycle, granted),
    ...(aliases === undefined ? {} : { aliases }),
    ...(fallbacks.length === 0 ? {} : { fallbacks }),
    ...speechOf(entry),
    ...(isDirect({ ...demanded, ...fit, ...(direct && { direct }) }) ? { direct: true as const } : {}),
    ...(trace ? { trace } : {}),
    ...demanded,
  };
}
