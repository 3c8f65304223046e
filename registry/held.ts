import type { TenantId } from '../contract/identity.ts';
import type { GuardedBy } from '../contract/model.ts';
import type { BoundsInForce } from './bounds.ts';
import { type Grant, termsOf } from './grant.ts';
import { breadthOf, EVERYONE, type Term } from './term.ts';

/** A term within its tenant's bounds. */
export interface Bounded extends Term {
  /** Whose its guardrail is; absent: its own. */
  guardedBy?: GuardedBy;
}

/** A term as it holds of one model. */
export interface Held extends Bounded {
  tenant: TenantId;
  /** Registry id. */
  model: string;
  /** What says so. */
  grant: Grant;
}

/** By bundle, the models that it holds; a bundle that is missing, or cannot be used, gives nothing. */
export type Bundles = ReadonlyMap<string, readonly string[]>;

/**
 * What a tenant holds: its grants, those of a bundle as one of each of its models, within the tenant's bounds. The one place that
 * says so, for calls and for whoever explains or reviews them.
 *
 * Of one model the terms are in the order in which they are asked: `entitled` gives a caller the first that is for it. A grant of
 * the model by name goes before one of a bundle; then a term that names callers before one that names roles, and that before
 * one for everyone; of two alike the one that is listed first, and of two bundles the first by id. What stands behind a term for
 * everyone that has no end is never asked, and left out.
 *
 * @param grants of one tenant
 */
export function grantsOf(grants: readonly Grant[], bundles: Bundles, bounds: BoundsInForce): Held[] {
  const held = grants.flatMap((grant) => {
    const terms = termsOf(grant).map((term) => bounded(term, bounds));
    const models = grant.model === undefined ? (bundles.get(grant.bundle) ?? []) : [grant.model];
    return models.flatMap((model) => terms.map((term): Held => ({ ...term, tenant: grant.tenant, model, grant })));
  });
  // A sort keeps the order of what it finds alike.
  held.sort(
    (a, b) =>
      text(a.model, b.model) ||
      Number(isOfBundle(a)) - Number(isOfBundle(b)) ||
      breadthOf(a) - breadthOf(b) ||
      text(a.grant.bundle ?? '', b.grant.bundle ?? ''),
  );
  let answered: string | undefined;
  return held.filter((one) => {
    if (one.model === answered) return false;
    if (breadthOf(one) === EVERYONE && one.expiresAt === undefined) answered = one.model;
    return true;
  });
}

function isOfBundle({ grant }: Held): boolean {
  return grant.bundle !== undefined;
}

function text(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The term within the bounds: of regions what both allow, which may be none, and then nothing can be called. */
export function bounded(term: Term, { guardrail, guardedBy = 'tenant', residency }: BoundsInForce): Bounded {
  const guarded =
    guardrail === undefined || term.guardrail !== undefined || term.unguarded === true
      ? term
      : { ...term, guardrail, guardedBy };
  if (residency === undefined) return guarded;
  return { ...guarded, regions: guarded.regions?.filter((region) => residency.includes(region)) ?? residency };
}
