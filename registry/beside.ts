import { TollgateError } from '../contract/errors.ts';
import type { AllowedModel, Beside } from '../contract/model.ts';
import { at, placesOf } from '../contract/places.ts';
import { spokeOf } from '../contract/spokes.ts';
import type { Part } from '../policies/session.ts';
import { type Asker, decideModel } from './decide.ts';
import { refusalOf } from './refusal.ts';

/** What a call uses beside what it calls, e.g. the model that answers from a knowledge base: decided upon like that, by its own grant. */

/**
 * @param models what the caller was granted
 * @returns the entry, with all of its places
 * @throws TollgateError as what is called is refused, where it is not granted for one of the actions
 */
export function decideBeside(
  models: readonly AllowedModel[],
  { model, actions }: Beside,
  nowSeconds: number,
  asker?: Asker,
): AllowedModel {
  let [found, held] = [undefined as AllowedModel | undefined, models];
  for (const action of actions) {
    const decision = decideModel(held, found?.id ?? model, action, nowSeconds, asker);
    if (decision.outcome === 'refused') throw refusalOf(decision);
    found = decision.model;
    held = [found];
  }
  if (found === undefined) throw new TollgateError('invalid_request', { field: 'beside', reason: 'no-actions' });
  return found;
}

/**
 * Its part of the session of a call to `there`: one session is of one region and of one role.
 *
 * @param there in one of its places
 * @throws TollgateError `invalid_request` where it has no place there
 */
export function partBeside(there: AllowedModel, model: AllowedModel, { actions }: Pick<Beside, 'actions'>): Part {
  const [region, role] = [there.target.region, spokeOf(there)?.role];
  const place = placesOf(model).find(
    (one) => one.drained !== true && one.target.region === region && spokeOf(at(model, one))?.role === role,
  );
  if (place !== undefined) return { target: place.target, actions, restrictions: at(model, place) };
  throw new TollgateError('invalid_request', {
    field: 'model',
    reason: 'another-region',
    message: `What one call uses must be in one region and one account: ${model.id} is not where ${there.id} is.`,
  });
}
