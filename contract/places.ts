import { WEIGHT_MAX } from './limits/routing.ts';
import type { AllowedModel, Place, Target } from './model.ts';
import { GROUPS } from './routing.ts';
import { isSpokeRole } from './spokes.ts';

/** A model of several places: the same model in other regions, or in other capacity of one. */

interface PlaceMember {
  check(value: unknown): boolean;
  /** Why it is none, in kebab-case. */
  fault: string;
}

/** What a place says beside its target, as the registry's schema and the context's check have it. */
export const PLACE: { readonly [Name in Exclude<keyof Place, 'target'>]: PlaceMember } = {
  group: { check: (value) => GROUPS.some((group) => group === value), fault: 'unknown-group' },
  weight: {
    check: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= WEIGHT_MAX,
    fault: 'out-of-range',
  },
  priceRegion: { check: (value) => typeof value === 'string' && value !== '', fault: 'not-a-region' },
  role: { check: isSpokeRole, fault: 'not-a-spoke-role' },
  drained: { check: (value) => value === true, fault: 'not-true' },
};

/** What has a target, or several places, the first of which has that target. */
export interface Placed {
  target: Target;
  places?: readonly Place[];
  /** Of the tenant that holds it; each of its places has it already, or its own. */
  spokeRole?: string | undefined;
}

/** Every target of a model, in the order of its places. */
export function targetsOf({ target, places }: Placed): readonly Target[] {
  return places === undefined ? [target] : places.map((place) => place.target);
}

/** A model of one target is one of one place. */
export function placesOf({ target, places, spokeRole }: Placed): readonly Place[] {
  return places ?? [spokeRole === undefined ? { target } : { target, role: spokeRole }];
}

/** Models of one target each: one of several places is there once for each of them. */
export function eachTarget<Model extends Placed>(models: Iterable<Model>): Model[] {
  return [...models].flatMap((model) => targetsOf(model).map((target) => ({ ...model, target })));
}

const made = new WeakMap<AllowedModel, Map<Place, AllowedModel>>();

/**
 * The model as it is in one of its places: a model of one target, whose session names that place and no other. It is the same
 * object each time, so that what is built for it is built once.
 */
export function at(model: AllowedModel, place: Place): AllowedModel {
  if (model.places === undefined) return model;
  let known = made.get(model);
  if (known === undefined) {
    known = new Map();
    made.set(model, known);
  }
  let there = known.get(place);
  if (there === undefined) {
    const { places: _, routing: __, ...rest } = model;
    there = { ...rest, target: place.target, ...(place.role === undefined ? {} : { role: place.role }) };
    known.set(place, there);
  }
  return there;
}
