import type { Place, TargetOf } from '../../contract/model.ts';
import { placesOf } from '../../contract/places.ts';
import type { ModelEntry } from '../model.ts';
import type { Catalog } from './catalog.ts';

export interface Destinations {
  /** All of the entry's, where a profile runs its model in other regions than the entry says; undefined: none does. */
  places: Place[] | undefined;
  widens: string[];
}

/** Where the profiles of an entry run their models now. */
export function destinationsOf(catalog: Catalog, entry: ModelEntry): Destinations {
  const widens = new Set<string>();
  let changed = false;
  const places = placesOf(entry).map((place): Place => {
    const { target } = place;
    if (target.kind !== 'bedrock-profile') return place;
    const modelArns = destinations(catalog, target);
    if (modelArns === undefined) return place;
    changed = true;
    for (const arn of modelArns) if (!target.modelArns.includes(arn)) widens.add(regionOf(arn) || 'any region');
    return { ...place, target: { ...target, modelArns } };
  });
  return { places: changed ? places : undefined, widens: [...widens].sort() };
}

/** @returns undefined where the target says so already, or AWS does not say what it does now */
function destinations({ profiles }: Catalog, target: TargetOf<'bedrock-profile'>): string[] | undefined {
  const profile = profiles.find(({ arn }) => arn === target.arn);
  const models = new Set(target.modelArns.map(modelOf));
  // Of another model, or of none, it is no longer what was granted: for people, not for a file.
  if (profile === undefined || profile.modelArns.length === 0) return undefined;
  if (!profile.modelArns.every((arn) => models.has(modelOf(arn)))) return undefined;
  // IAM checks a global profile's model without a region, too, whether or not it is listed so.
  const global = target.modelArns.filter((arn) => regionOf(arn) === '');
  const now = [...new Set([...profile.modelArns, ...global])];
  const isSame = now.length === target.modelArns.length && now.every((arn) => target.modelArns.includes(arn));
  return isSame ? undefined : now;
}

export function modelOf(arn: string): string {
  return arn.slice(arn.indexOf('/') + 1);
}

export function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}
