import { TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import type { AllowedModel } from '../contract/model.ts';
import { at, placesOf } from '../contract/places.ts';
import { type Routing, routingOf } from '../contract/routing.ts';
import { isOpen, placeKey } from '../policies/place.ts';

/** In which of its places a model is meant, for whoever makes one session. */

/**
 * @param place by its key; undefined: the first
 * @throws TollgateError `unavailable` when it has no such place any more: who asked read an older entry
 */
export function placeNamed(model: AllowedModel, place: string | undefined): AllowedModel {
  const places = placesOf(model);
  const found = place === undefined ? places[0] : places.find((one) => placeKey(one) === place);
  if (found !== undefined) return at(model, found);
  throw new TollgateError('unavailable', { reason: NO_SUCH_PLACE, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

export const NO_SUCH_PLACE = 'no-such-place';

/**
 * @param region undefined: the first that is open
 * @param stage its routing, for what the model's does not say
 * @throws TollgateError `invalid_request` naming `region`; `upstream_unavailable` where no place is open
 */
export function placeInRegion(
  model: AllowedModel,
  region: string | undefined,
  stage: Partial<Routing> = {},
): AllowedModel {
  const places = placesOf(model);
  // One of one place is called there whatever the stage says.
  const isRouted = model.places !== undefined || model.routing !== undefined;
  const routing = routingOf(model.routing, stage);
  const open = isRouted ? places.filter((place) => isOpen(place, routing)) : places;
  if (open.length === 0)
    throw new TollgateError('upstream_unavailable', { reason: 'no-place', retryAfterSeconds: RETRY_AFTER_SECONDS });
  const found = open.find(({ target }) => region === undefined || target.region === region);
  if (found !== undefined) return at(model, found);
  const regions = [...new Set(open.map(({ target }) => target.region))];
  throw new TollgateError('invalid_request', {
    field: 'region',
    reason: 'another-region',
    message: `region must be one of ${regions.join(', ')} for this model.`,
  });
}
