import type { Place } from '../../../contract/model.ts';
import { type Routing, routingOf } from '../../../contract/routing.ts';
import { createRouter, type Router } from '../../../invoke/routing/router.ts';
import { createShared, type SharedOptions } from '../../../invoke/routing/shared.ts';
import type { Attempt, Caller, Way } from './world.ts';

/** The ways of placing calls that are compared. Each knows of the regions what their answers tell it, and nothing else. */

export function placeIn(region: string): Place {
  const arn = `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;
  return { target: { kind: 'bedrock-model', modelId: 'amazon.nova-lite-v1:0', region, arn } };
}

export interface TollgateOptions {
  routing?: Partial<Routing>;
  /** Lambda: an environment has one call at a time, and a router of its own. Else one process has all of them. */
  lambda?: boolean;
  /** Whether environments tell each other of what cools. */
  shared?: boolean;
}

/** Tollgate's own router, as it is deployed. */
export function tollgate({ routing, lambda = false, shared = false }: TollgateOptions = {}): Way {
  return ({ now, random, regions, settle }) => {
    const places = regions.map(placeIn);
    const settings = routingOf({ distribution: 'equal', ...routing });
    const counters = memoryCounters(settle);
    const view = () => createShared({ counters, clock: now, random, write: () => {} });
    const make = (): Router => createRouter({ clock: now, random, shared: shared ? view() : undefined });
    const one = make();
    // The environment that was used last is used first, as Lambda does.
    const free: Router[] = [];
    return function* call(): Caller {
      const router = lambda ? (free.pop() ?? make()) : one;
      try {
        const route = router.route(places, settings);
        for (let place = route.next(); place !== undefined; place = route.next()) {
          const { outcome, ms }: Attempt = yield { ask: place.target.region };
          route.came(outcome, ms);
          if (outcome === 'answered') return true;
        }
        return false;
      } finally {
        if (lambda) free.push(router);
      }
    };
  };
}

/** One item of the counters table, with the conditions that its writes have. */
export function memoryCounters(
  asked: () => void = () => {},
): SharedOptions['counters'] & { numbers: Map<string, bigint> } {
  const numbers = new Map<string, bigint>();
  let ends: bigint | undefined;
  const counts = () => ({
    numbers: new Map(ends === undefined ? numbers : [...numbers, ['expiresAt', ends]]),
    sets: new Map(),
  });
  return {
    numbers,
    async counts() {
      asked();
      return counts();
    },
    async update({ add, equal = new Map(), remove = [], expiresAt }) {
      asked();
      if (remove.includes('expiresAt')) throw new Error('ValidationException: Two document paths overlap');
      for (const [name, value] of equal) if (numbers.get(name) !== value) return { applied: false, counts: counts() };
      for (const [name, value] of add) numbers.set(name, (numbers.get(name) ?? 0n) + value);
      for (const name of remove) numbers.delete(name);
      if (expiresAt !== undefined) ends = BigInt(expiresAt);
      return { applied: true, counts: counts() };
    },
  };
}

/**
 * AWS's Bedrock Connect Helper (aws-samples/amazon-bedrock-connect-helper): one of the primaries at random and then the others in
 * their order, each once, five attempts at most. With `cooldownSeconds` its file is written back (`auto_update_config`): what
 * failed is left out for so long by everybody, and when nothing is left a call is not sent at all.
 */
export function connectHelper(cooldownSeconds?: number): Way {
  return ({ now, random, regions }) => {
    const nextAvailable = new Map(regions.map((region) => [region, 0]));
    return function* call(): Caller {
      const begun = now();
      const valid = regions.filter((region) => (nextAvailable.get(region) ?? 0) <= begun);
      const [first = ''] = valid.splice(Math.floor(random() * valid.length), 1);
      const failed: string[] = [];
      try {
        for (const region of first === '' ? [] : [first, ...valid].slice(0, 5)) {
          const { outcome }: Attempt = yield { ask: region };
          if (outcome === 'answered') return true;
          failed.push(region);
        }
        return false;
      } finally {
        if (cooldownSeconds !== undefined)
          for (const region of failed) nextAvailable.set(region, begun + cooldownSeconds * 1000);
      }
    };
  };
}

/**
 * An AWS SDK's standard mode: three attempts in one region, after a wait at random of up to 1 s, then 2 s, as long as the client
 * has retry tokens (500; a retry takes 5, or 10 after a timeout, and an answer gives back what its retry took, or 1).
 *
 * @param spread whether each caller has a region of its own, or all have the first
 */
export function plainRetries(spread: boolean): Way {
  return ({ random, regions }) => {
    const tokens = regions.map(() => 500);
    return function* call(): Caller {
      const home = spread ? Math.floor(random() * regions.length) : 0;
      let took = 1;
      for (let retry = 0; ; retry++) {
        const { outcome }: Attempt = yield { ask: regions[home] ?? '' };
        const left = tokens[home] ?? 0;
        if (outcome === 'answered') {
          tokens[home] = Math.min(500, left + took);
          return true;
        }
        took = outcome === 'throttled' ? 5 : 10;
        if (retry === 2 || left < took) return false;
        tokens[home] = left - took;
        yield { wait: random() * 1000 * 2 ** retry };
      }
    };
  };
}

/** Nobody's: asks once, where there is most room, which no caller can know. What it gets answered is what there was at that moment. */
export function omniscient(): Way {
  return ({ regions, has }) =>
    function* call(): Caller {
      const [region = ''] = regions.toSorted((a, b) => has(b) - has(a));
      if (has(region) < 1) return false;
      const { outcome }: Attempt = yield { ask: region };
      return outcome === 'answered';
    };
}
