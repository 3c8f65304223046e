import { TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import type { AllowedModel } from '../contract/model.ts';
import { at, placesOf } from '../contract/places.ts';
import { calledOn } from '../policies/place.ts';

/** In which of its places a model is meant, for whoever makes one session. */

/**
 * @param place by what its calls are authorised on; undefined: the first
 * @throws TollgateError `unavailable` when it has no such place any more: who asked read an older entry
 */
export function placeNamed(model: AllowedModel, place: string | undefined): AllowedModel {
  const places = placesOf(model);
  const found = place === undefined ? places[0] : places.find(({ target }) => calledOn(target) === place);
  if (found !== undefined) return at(model, found);
  throw new TollgateError('unavailable', { reason: NO_SUCH_PLACE, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

export const NO_SUCH_PLACE = 'no-such-place';

/**
 * @param region undefined: the first that is open
 * @throws TollgateError `invalid_request` naming `region`
 */
export function placeInRegion(model: AllowedModel, region: string | undefined): AllowedModel {
  const open = placesOf(model).filter(({ drained }) => drained !== true);
  const found = open.find(({ target }) => region === undefined || target.region === region);
  if (found !== undefined) return at(model, found);
  const regions = [...new Set(open.map(({ target }) => target.region))];
  throw new TollgateError('invalid_request', {
    field: 'region',
    reason: 'another-region',
    message: `region must be one of ${regions.join(', ')} for this model.`,
  });
}
