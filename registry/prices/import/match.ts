import type { Target } from '../../../contract/model.ts';
import { placesOf } from '../../../contract/places.ts';
import { arnsOf, baseModelOf, nativeIdOf } from '../../../policies/kinds.ts';
import type { ModelEntry } from '../../model.ts';
import type { GivenPrice } from '../../price.ts';
import { sameRates } from '../edits.ts';
import { keyOfId, keyOfName } from './aws-names.ts';
import type { BadPrice, FoundPrice, ModelName } from './reading.ts';

/** Which models of the registry a file's prices are those of. What cannot be told is listed, never guessed. */
export interface Matched {
  /** Registry id -> its prices, in the order of the file. */
  prices: Map<string, GivenPrice[]>;
  /** The file prices one model twice, differently. */
  bad: BadPrice[];
  unmatched: { name: string; reason: 'no-such-model' | 'several-models' | 'another-region'; count: number }[];
}

/** Name in the file -> registry id, or null for what is not wanted. */
export type NameMap = ReadonlyMap<string, string | null>;

/** A price by the model's own id goes before one by AWS's id of it, and that before one by its foundation model's. */
const RANKS = { own: 3, native: 2, foundation: 1 } as const;

interface Claim extends FoundPrice {
  rank: number;
}

export function matchPrices(found: readonly FoundPrice[], models: readonly ModelEntry[], map: NameMap): Matched {
  const known = models.flatMap(knownOf);
  const claims = new Map<string, Claim[]>();
  const unmatched = new Map<string, Matched['unmatched'][number]>();
  for (const one of found) {
    const name = nameIn(one.model);
    const result = candidates(one, known, map);
    if ('reason' in result) {
      const key = JSON.stringify([name, result.reason]);
      const known = unmatched.get(key) ?? { name, reason: result.reason, count: 0 };
      unmatched.set(key, { ...known, count: known.count + 1 });
    } else for (const { id, rank } of result.models) claims.set(id, [...(claims.get(id) ?? []), { ...one, rank }]);
  }
  const bad: BadPrice[] = [];
  const prices = new Map([...claims].sort(byId).map(([id, all]) => [id, settled(id, all, bad)]));
  return { prices, bad, unmatched: [...unmatched.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

type Candidates = { models: { id: string; rank: number }[] } | { reason: Matched['unmatched'][number]['reason'] };

/** What of a registry model is compared, computed once for each of its places. */
interface Known {
  id: string;
  /** Whose prices are its. */
  region: string;
  native: string;
  /** The foundation model that it runs, if its ARN says. */
  foundation: string | undefined;
  key: string | undefined;
  global: boolean;
}

function knownOf(model: ModelEntry): Known[] {
  return placesOf(model).map(({ target, priceRegion = target.region }) => {
    // A router's calls cost what the model costs that it chose.
    const foundation = target.kind === 'bedrock-prompt-router' ? undefined : baseModelOf(target) || undefined;
    return {
      id: model.id,
      region: priceRegion,
      native: lastPart(nativeIdOf(target)),
      foundation: foundation && withoutVersion(foundation),
      key: foundation && keyOfId(foundation),
      global: isGlobal(target),
    };
  });
}

function candidates({ model: name, price }: FoundPrice, models: readonly Known[], map: NameMap): Candidates {
  const wanted = map.get(nameIn(name));
  if (wanted === null) return { models: [] };
  const own = wanted ?? (name.is === 'id' ? name.id : undefined);
  const chosen = models.filter(({ id }) => id === own);
  if (wanted !== undefined) return mapped(name, price, chosen);
  if (own !== undefined && chosen.length > 0) return { models: [{ id: own, rank: RANKS.own }] };
  const rankOf = ranking(name);
  const named = models.flatMap((model) => {
    const rank = rankOf(model);
    return rank === undefined ? [] : [{ id: model.id, rank, model }];
  });
  if (named.length === 0) return { reason: 'no-such-model' };
  if (new Set(named.map(({ model }) => model.foundation)).size > 1) return { reason: 'several-models' };
  // A record carries the region that its model is called in, and nothing is ever called in another one.
  const here = named.filter(({ model }) => price.region === undefined || price.region === model.region);
  const once = new Map(here.map((one) => [one.id, one]));
  return here.length === 0 ? { reason: 'another-region' } : { models: [...once.values()] };
}

/** The map says which model; whether a price is of its region, and global, the list still does. */
function mapped(name: ModelName, { region }: GivenPrice, places: readonly Known[]): Candidates {
  if (places.length === 0) return { reason: 'no-such-model' };
  const fitting = places.filter(
    ({ foundation, global }) => name.is !== 'aws-name' || foundation === undefined || name.global === global,
  );
  const [first] = fitting;
  if (first === undefined) return { models: [] };
  if (region !== undefined && !fitting.some((place) => place.region === region)) return { reason: 'another-region' };
  return { models: [{ id: first.id, rank: RANKS.own }] };
}

/** @returns how near a name is to a model; undefined: it is not its */
function ranking(name: ModelName): (model: Known) => number | undefined {
  if (name.is === 'aws-name') {
    const wanted = keyOfName(name.name);
    return ({ key, global }) => (key === wanted && global === name.global ? RANKS.foundation : undefined);
  }
  const native = lastPart(name.id);
  const foundation = withoutVersion(name.id);
  return (model) => {
    if (model.native === native) return RANKS.native;
    // A `global.` profile has prices of its own, so those of its foundation model are not its.
    return !model.global && model.foundation === foundation ? RANKS.foundation : undefined;
  };
}

/** Only a global profile lists the ARN without a region. */
function isGlobal(target: Target): boolean {
  return arnsOf(target).some((arn) => arn.split(':')[3] === '');
}

/** `amazon.nova-lite-v1:0` and `amazon.nova-lite-v1` are one; `:18k` and such are the same model at another length. */
function withoutVersion(id: string): string {
  return id.replace(/:0(?::\w+)?$/, '');
}

function lastPart(id: string): string {
  return withoutVersion(id.slice(id.lastIndexOf('/') + 1));
}

function nameIn(name: ModelName): string {
  return name.is === 'id' ? name.id : name.name;
}

/** Of each date, region and tier the best-named price; two that say different things are both bad. */
function settled(id: string, claims: readonly Claim[], bad: BadPrice[]): GivenPrice[] {
  const places = new Map<string, Claim[]>();
  for (const claim of claims) {
    const { from, region, tier } = claim.price;
    const key = JSON.stringify([from, region, tier]);
    const best = places.get(key) ?? [];
    const rank = best[0]?.rank ?? 0;
    if (claim.rank >= rank) places.set(key, claim.rank > rank ? [claim] : [...best, claim]);
  }
  return [...places.values()].flatMap((best) => {
    const [first, ...others] = best;
    if (first === undefined) return [];
    if (others.every(({ price }) => sameRates(price, first.price))) return [first.price];
    bad.push(...best.map(({ line }) => ({ line, at: '', field: `model ${id}`, reason: 'listed-twice' })));
    return [];
  });
}

function byId([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}
