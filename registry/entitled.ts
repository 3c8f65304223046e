import type { AllowedModel, Lifecycle, Status } from '../contract/model.ts';
import type { Narrowed } from '../contract/narrowed.ts';

/** As far as a grant may name callers. */
export interface Holder {
  roles: readonly string[];
  principal: string;
  /** Of a key, which is its owner's as well. */
  narrowed?: Narrowed;
}

/**
 * Which of a tenant's entries a caller holds, of each model one: the first that is for it, and has not expired. What is left
 * out is, to that caller, not granted. Asked by the authorizer, and by invoke of whatever it decides upon; since both answers
 * are remembered, expiry is judged at the call itself once more.
 *
 * @param models of one model in the order in which they are asked (held.ts)
 * @param nowSeconds seconds since 1970
 */
export function entitled(models: readonly AllowedModel[], holder: Holder, nowSeconds: number): AllowedModel[] {
  const held: AllowedModel[] = [];
  const places = new Map<string, number>();
  for (const model of models) {
    if (!isHeldBy(model, holder)) continue;
    const place = places.get(model.id);
    const before = place === undefined ? undefined : held[place];
    if (place === undefined || before === undefined) places.set(model.id, held.push(ofHolder(model, holder)) - 1);
    else if (hasExpired(before, nowSeconds) && !hasExpired(model, nowSeconds)) held[place] = ofHolder(model, holder);
  }
  return held.map((model) => {
    const lifecycle = withKnownSuccessor(model.lifecycle, places);
    return lifecycle === model.lifecycle ? model : { ...model, lifecycle };
  });
}

function isHeldBy({ id, roles, principals }: AllowedModel, holder: Holder): boolean {
  const { principal, narrowed: { owner = principal, models } = {} } = holder;
  return (
    (models === undefined || models.includes(id)) &&
    (roles === undefined || roles.some((role) => holder.roles.includes(role))) &&
    (principals === undefined || principals.includes(principal) || principals.includes(owner))
  );
}

/** No key is handed credentials, which would outlive it and know none of its bounds. */
function ofHolder(model: AllowedModel, { narrowed }: Holder): AllowedModel {
  if (narrowed === undefined) return model;
  const { direct: _, ...rest } = model;
  return rest;
}

/** From the very second it names on, as a token's `exp` is. */
export function hasExpired({ expiresAt }: Pick<AllowedModel, 'expiresAt'>, nowSeconds: number): boolean {
  return expiresAt !== undefined && expiresAt <= nowSeconds;
}

/** A successor is announced to callers, and nobody may learn of a model that they were not granted. */
export function withKnownSuccessor<Of extends Status>(
  lifecycle: Lifecycle<Of>,
  granted: { has(id: string): boolean },
): Lifecycle<Of> {
  if (lifecycle.successor === undefined || granted.has(lifecycle.successor)) return lifecycle;
  const { successor: _, ...rest } = lifecycle;
  return rest;
}
