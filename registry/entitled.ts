import type { AllowedModel, Lifecycle, Status } from '../contract/model.ts';

/**
 * Which of a tenant's entries a caller holds: those whose grant names no roles, or one of the token's. What is left out is,
 * to that caller, not granted. Asked by the authorizer, and by invoke of whatever it decides upon; expiry is judged later,
 * at the call itself, because both answers are remembered.
 *
 * @param roles of the caller's token
 */
export function entitled(models: readonly AllowedModel[], roles: readonly string[]): AllowedModel[] {
  const held = models.filter((model) => model.roles === undefined || model.roles.some((role) => roles.includes(role)));
  const ids = new Set(held.map(({ id }) => id));
  return held.map((model) => {
    const lifecycle = withKnownSuccessor(model.lifecycle, ids);
    return lifecycle === model.lifecycle ? model : { ...model, lifecycle };
  });
}

/** From the very second it names on, as a token's `exp` is. */
export function hasExpired({ expiresAt }: Pick<AllowedModel, 'expiresAt'>, nowSeconds: number): boolean {
  return expiresAt !== undefined && expiresAt <= nowSeconds;
}

/** A successor is announced to callers, and nobody may learn of a model that they were not granted. */
export function withKnownSuccessor<Of extends Status>(
  lifecycle: Lifecycle<Of>,
  granted: ReadonlySet<string>,
): Lifecycle<Of> {
  if (lifecycle.successor === undefined || granted.has(lifecycle.successor)) return lifecycle;
  const { successor: _, ...rest } = lifecycle;
  return rest;
}
