import { HEALTH_MAX, SHARED_MIN_MS } from '../../contract/limits/routing.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import type { Place } from '../../contract/model.ts';
import { GROUPS, type Routing } from '../../contract/routing.ts';
import { nativeIdOf } from '../../policies/kinds.ts';
import { isOpen, placeKey } from '../../policies/place.ts';
import { answered, type Health, likelyMs, type Trouble, taken, troubled, unknownHealth } from './health.ts';
import type { Shared } from './shared.ts';
import { atShare, createSpread, least, meeting } from './spread.ts';

export interface RouterOptions {
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  /** What other processes have seen; absent: each learns by itself. */
  shared?: Shared | undefined;
  /** For the line of a place that begins to cool. */
  write?: WriteLine | undefined;
}

export interface Router {
  /** The way of one call through a model's places. Nothing is chosen before the first `next()`. */
  route(places: readonly Place[], routing: Routing, options?: RouteOptions): Route;
}

export interface RouteOptions {
  /** Calls of one key go to one place while that is there, where several are as good. */
  affinity?: string | undefined;
  /** For what is told to other processes: nobody waits for it, but it is to arrive. */
  waitUntil?: ((rest: Promise<unknown>) => void) | undefined;
}

export interface Route {
  /** Where the call goes now, having had no answer from where it was; undefined: nowhere any more. */
  next(): Place | undefined;
  /**
   * How the attempt under way went: `ms` is from its sending to its first byte, or to its end. A place that refuses the call itself
   * (it is malformed, say) has answered. Where nothing can be said, because the caller left, nothing is.
   */
  came(how: 'answered' | Trouble, ms: number, retryAfterSeconds?: number): void;
}

/** What one process knows of places, and the choice among them. It asks nothing and waits for nothing. */
export function createRouter({ clock, random, shared, write }: RouterOptions): Router {
  const healths = new Map<string, Health>();
  const spread = createSpread(random());

  const healthOf = (key: string): Health => {
    const known = healths.get(key);
    if (known !== undefined) return known;
    if (healths.size >= HEALTH_MAX) for (const first of healths.keys()) if (healths.delete(first)) break;
    const health = unknownHealth();
    healths.set(key, health);
    return health;
  };

  return {
    route(places, routing, { affinity, waitUntil } = {}) {
      let sites: Site[] | undefined;
      let current: Site | undefined;
      let attempts = 0;
      let insisted = false;
      const cooldownMs = routing.cooldownSeconds * 1000;

      const begin = (): Site[] =>
        places
          .filter((place) => isOpen(place, routing))
          .map((place) => {
            const key = placeKey(place);
            const health = healthOf(key);
            shared?.learn(key, health);
            return { place, key, health, attempts: 0, cooled: false };
          });

      const choose = (now: number): Site | undefined => {
        sites ??= begin();
        if (attempts >= routing.maxAttempts) return undefined;
        // A place that told when to come back, or that cools, is left alone; else the region has all of its attempts before the next one has any.
        if (current !== undefined && current.attempts < routing.attemptsPerRegion && !(current.cooled || insisted))
          return current;
        const untried = sites.filter(
          ({ place, attempts: tried }) =>
            tried === 0 &&
            (routing.acrossRegions || current === undefined || place.target.region === current.place.target.region),
        );
        for (const group of GROUPS) {
          const ready = untried.filter(
            ({ place, health }) => (place.group ?? 'primary') === group && now >= health.coolsUntil,
          );
          if (ready.length > 0) return pick(ready, now);
        }
        if (insisted) return undefined;
        insisted = true;
        return least(untried, ({ health }) => health.coolsUntil);
      };

      const pick = (ready: readonly Site[], now: number): Site | undefined => {
        const { distribution } = routing;
        if (ready.length === 1 || distribution === 'first') return ready[0];
        const weightOf = distribution === 'weighted' ? weight : even;
        if (affinity !== undefined) return meeting(ready, affinity, keyOf, weightOf);
        if (distribution === 'leastLatency') return least(ready, ({ health }) => likelyMs(health, now));
        return atShare(ready, weightOf, spread());
      };

      return {
        next() {
          const now = clock();
          const site = choose(now);
          if (site === undefined) return undefined;
          current = site;
          attempts++;
          site.attempts++;
          taken(site.health, now, cooldownMs);
          return site.place;
        },
        came(how, ms, retryAfterSeconds) {
          if (current === undefined) return;
          const { place, health, key } = current;
          const went = { now: clock(), ms };
          if (how === 'answered') return answered(health, went);
          const known = troubledAt(health);
          current.cooled = retryAfterSeconds !== undefined;
          troubled(health, how, went, { cooldownMs, retryAfterSeconds });
          shared?.tell(key, health, waitUntil);
          // One line for all calls that met the same trouble, and none for a moment's pause.
          if (troubledAt(health) > known && health.coolsUntil - went.now >= SHARED_MIN_MS)
            write?.(coolingLine(went.now, place, how, health));
        },
      };
    },
  };
}

function troubledAt({ failedAt, throttledAt }: Health): number {
  return Math.max(failedAt, throttledAt);
}

function coolingLine(now: number, { target }: Place, how: Trouble, { coolsUntil }: Health): string {
  const place = { region: target.region, target: nativeIdOf(target), how, forMs: Math.ceil(coolsUntil - now) };
  return logLine(now, { event: 'place-cools', level: 'warn', ...place }, { [METRICS.placeCooled]: 1 });
}

/** A place as one call sees it. */
interface Site {
  place: Place;
  key: string;
  health: Health;
  /** Of this call. */
  attempts: number;
  /** Whether it told this call when to come back. */
  cooled: boolean;
}

function weight({ place }: Site): number {
  return place.weight ?? 1;
}

function even(): number {
  return 1;
}

function keyOf({ key }: Site): string {
  return key;
}
