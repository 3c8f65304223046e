import { describe, expect, test } from 'vitest';
import type { Place } from '../../../../contract/model.ts';
import { type Routing, routingOf } from '../../../../contract/routing.ts';
import { createRouter, type Route } from '../../../../invoke/routing/router.ts';
import { nativeIdOf } from '../../../../policies/kinds.ts';
import { placeIn } from '../../../bench/routing/ways.ts';
import { seedRandom } from '../../../bench/routing/world.ts';

const CALLS = 10_000;
const [east, west, eu] = ['us-east-1', 'us-west-2', 'eu-west-1'].map(placeIn) as [Place, Place, Place];
const three = [east, west, eu];

/** A router at a time that a test sets. */
function routerAt(begin = 1_000_000) {
  const time = { now: begin };
  const lines: string[] = [];
  const router = createRouter({ clock: () => time.now, random: () => 0.25, write: (line) => lines.push(line) });
  const route = (places: Place[], routing: Partial<Routing> = {}, affinity?: string): Route =>
    router.route(places, routingOf(routing), { affinity });
  /** Where one call after another goes, all answered. */
  const counted = (places: Place[], routing: Partial<Routing>, calls = CALLS): number[] => {
    const counts = new Map(places.map((place) => [place, 0]));
    for (let call = 0; call < calls; call++) {
      const way = route(places, routing);
      const place = way.next();
      if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1);
      way.came('answered', 10);
    }
    return [...counts.values()];
  };
  const fail = (place: Place, how: 'failed' | 'throttled', routing: Partial<Routing> = {}, retryAfter?: number) => {
    const way = route([place], routing);
    way.next();
    way.came(how, 5, retryAfter);
  };
  return { time, route, counted, fail, lines };
}

describe('primaries', () => {
  test('are first by their order on the list unless told otherwise', () => {
    expect(routerAt().counted(three, {})).toEqual([CALLS, 0, 0]);
  });

  test('have equally many calls, within 2 % over 10,000', () => {
    for (const count of routerAt().counted(three, { distribution: 'equal' }))
      expect(Math.abs(count / (CALLS / 3) - 1)).toBeLessThan(0.02);
  });

  test('have calls by their weights, within 2 % over 10,000', () => {
    const weighted = [
      { ...east, weight: 70 },
      { ...west, weight: 25 },
      { ...eu, weight: 5 },
    ];
    const counts = routerAt().counted(weighted, { distribution: 'weighted' });
    for (const [index, { weight }] of weighted.entries())
      expect(Math.abs((counts[index] ?? 0) / ((CALLS * weight) / 100) - 1)).toBeLessThan(0.02);
  });

  test('share the calls of one that cools in the same way', () => {
    const { counted, fail } = routerAt();
    fail(west, 'failed');
    const [first = 0, none, third = 0] = counted(three, { distribution: 'equal' });
    expect(none).toBe(0);
    expect(Math.abs(first / (CALLS / 2) - 1)).toBeLessThan(0.02);
    expect(first + third).toBe(CALLS);
  });

  test('have the calls of two models as they would of one', () => {
    const { route } = routerAt();
    let first = 0;
    for (let call = 0; call < CALLS; call++) {
      if (route([east, west], { distribution: 'equal' }).next() === east) first++;
      if (call % 2 === 0) route([west, eu], { distribution: 'equal' }).next();
    }
    expect(Math.abs(first / (CALLS / 2) - 1)).toBeLessThan(0.02);
  });

  test('are each asked once, and then the one that answers soonest, where that is wanted', () => {
    const { time, route } = routerAt();
    const latency = new Map([
      [east, 300],
      [west, 100],
      [eu, 200],
    ]);
    const asked: (Place | undefined)[] = [];
    for (let call = 0; call < 10; call++) {
      const way = route(three, { distribution: 'leastLatency' });
      const place = way.next() as Place;
      time.now += latency.get(place) ?? 0;
      way.came('answered', latency.get(place) ?? 0);
      asked.push(place);
    }
    expect(asked).toEqual([...three, ...Array(7).fill(west)]);
  });

  test('that were slow are asked again by and by, without any traffic but calls', () => {
    const { time, route } = routerAt();
    const asked = new Set<Place | undefined>();
    for (const [place, ms] of [
      [east, 400],
      [west, 100],
    ] as const) {
      const way = route([place]);
      way.next();
      way.came('answered', ms);
    }
    for (let minute = 0; minute < 5; minute++) {
      time.now += 60_000;
      const way = route([east, west], { distribution: 'leastLatency' });
      asked.add(way.next());
      way.came('answered', 100);
    }
    expect(asked).toEqual(new Set([east, west]));
  });
});

describe('normals', () => {
  const spare: Place = { ...eu, group: 'normal' };

  test('have a call only when no primary is left', () => {
    const { route, fail } = routerAt();
    const way = route([spare, east, west]);
    expect([way.next(), way.next(), way.next(), way.next()]).toEqual([east, west, spare, undefined]);
    fail(east, 'failed');
    fail(west, 'failed');
    expect(route([spare, east, west]).next()).toBe(spare);
  });
});

describe('a place that failed', () => {
  test('is passed over for its cooldown, and then asked by one call at a time until it answers', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'failed', { cooldownSeconds: 10 });
    const firsts = () => Array.from({ length: 5 }, () => route([east, west], { cooldownSeconds: 10 }));
    expect(firsts().map((way) => way.next())).toEqual(Array(5).fill(west));
    time.now += 10_000;
    const ways = firsts();
    expect(ways.map((way) => way.next())).toEqual([east, west, west, west, west]);
    ways[0]?.came('failed', 5);
    expect(ways[0]?.next()).toBe(west);
    expect(route([east, west]).next()).toBe(west);
    time.now += 10_000;
    const [probe] = firsts();
    expect(probe?.next()).toBe(east);
    probe?.came('answered', 5);
    expect(firsts().map((way) => way.next())).toEqual(Array(5).fill(east));
  });

  test('whose asker never tells is asked again a cooldown later', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'failed', { cooldownSeconds: 10 });
    time.now += 10_000;
    expect(route([east, west], { cooldownSeconds: 10 }).next()).toBe(east);
    time.now += 9_999;
    expect(route([east, west], { cooldownSeconds: 10 }).next()).toBe(west);
    time.now += 1;
    expect(route([east, west], { cooldownSeconds: 10 }).next()).toBe(east);
  });

  test('does not come back by an answer to what was sent before', () => {
    const { time, route, fail } = routerAt();
    const long = route([east]);
    long.next();
    time.now += 1_000;
    fail(east, 'failed');
    time.now += 1_000;
    long.came('answered', 2_000);
    expect(route([east, west]).next()).toBe(west);
  });

  test('now and then is in use for half of the time at least', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'failed');
    time.now += 40_000;
    const way = route([east]);
    way.next();
    way.came('answered', 5);
    time.now += 1_000;
    fail(east, 'failed');
    time.now += 30_000;
    const probe = route([east]);
    probe.next();
    probe.came('answered', 5);
    time.now += 2_000;
    fail(east, 'failed', { cooldownSeconds: 3_600 });
    time.now += 31_999;
    expect(route([east, west]).next()).toBe(west);
    time.now += 1;
    expect(route([east, west]).next()).toBe(east);
  });
});

describe('when all places cool', () => {
  test('the one that is ready soonest is tried once all the same', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'failed', { cooldownSeconds: 60 });
    time.now += 1;
    fail(west, 'failed', { cooldownSeconds: 20 });
    fail(eu, 'failed', { cooldownSeconds: 40 });
    const way = route(three);
    expect(way.next()).toBe(west);
    way.came('failed', 5);
    expect(way.next()).toBeUndefined();
  });

  test('a call that one failed still has that one attempt at the next', () => {
    const { route, fail } = routerAt();
    fail(west, 'failed');
    const way = route([east, west]);
    expect(way.next()).toBe(east);
    way.came('failed', 5);
    expect(way.next()).toBe(west);
    way.came('failed', 5);
    expect(way.next()).toBeUndefined();
  });
});

describe('a place that throttles', () => {
  test('is passed over for a moment', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'throttled');
    expect(route([east, west]).next()).toBe(west);
    time.now += 250;
    expect(route([east, west]).next()).toBe(east);
  });

  test('is passed over for as long as it says, and not asked again by the same call', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'throttled', {}, 20);
    time.now += 19_999;
    expect(route([east, west]).next()).toBe(west);
    time.now += 1;
    const way = route([east, west], { attemptsPerRegion: 2 });
    expect(way.next()).toBe(east);
    way.came('throttled', 5, 20);
    expect(way.next()).toBe(west);
  });

  test('three calls in ten is used for what it takes: nearly all of its share is sent there, and seven in ten of that answered', () => {
    const { time, route } = routerAt();
    const chance = seedRandom(7);
    const asked = new Map(three.map((place) => [place, 0]));
    let taken = 0;
    for (let call = 0; call < CALLS; call++) {
      time.now += 50;
      const way = route(three, { distribution: 'equal' });
      for (let place = way.next(); place !== undefined; place = way.next()) {
        asked.set(place, (asked.get(place) ?? 0) + 1);
        const busy = place === east && chance() < 0.3;
        way.came(busy ? 'throttled' : 'answered', 10);
        if (busy) continue;
        if (place === east) taken++;
        break;
      }
    }
    expect(asked.get(east)).toBeGreaterThan(0.9 * (CALLS / 3));
    expect(taken).toBeGreaterThan(0.6 * (CALLS / 3));
  });

  test('for good is asked ever less often, down to once a cooldown', () => {
    const { time, route } = routerAt();
    let asked = 0;
    for (const end = time.now + 600_000; time.now < end; time.now += 10) {
      const way = route([east, west]);
      if (way.next() !== east) continue;
      asked++;
      way.came('throttled', 5);
    }
    expect(asked).toBeLessThan(40);
    expect(asked).toBeGreaterThanOrEqual(20);
  });
});

describe('a call', () => {
  test('whose second attempt fails in a region, too, does not bring that region back sooner', () => {
    const { time, route } = routerAt();
    const routing = { attemptsPerRegion: 2, cooldownSeconds: 30 };
    const way = route([east, west], routing);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(way.next()).toBe(east);
      time.now += 5;
      way.came('failed', 5);
    }
    time.now += 29_000;
    expect(route([east, west], routing).next()).toBe(west);
    time.now += 1_000;
    expect(route([east, west], routing).next()).toBe(east);
  });

  test('that insists on a place which cools asks it once, and leaves it to cool for as long as it said', () => {
    const { time, route, fail } = routerAt();
    fail(east, 'throttled', {}, 20);
    fail(west, 'throttled', {}, 60);
    time.now += 1_000;
    const way = route([east, west], { attemptsPerRegion: 2 });
    expect(way.next()).toBe(east);
    time.now += 5;
    way.came('throttled', 5);
    expect(way.next()).toBeUndefined();
    time.now += 18_000;
    expect(route([east, west, eu]).next()).toBe(eu);
  });

  test('has all of a region’s attempts before the next region’s', () => {
    const way = routerAt().route([east, west], { attemptsPerRegion: 2 });
    const tried = [];
    for (let place = way.next(); place !== undefined; place = way.next()) {
      tried.push(place);
      way.came('failed', 5);
    }
    expect(tried).toEqual([east, east, west, west]);
  });

  test('that may not leave its region goes to other places there', () => {
    const other: Place = { ...east, role: 'arn:aws:iam::222222222222:role/invoker' };
    const way = routerAt().route([east, west, other], { acrossRegions: false });
    expect([way.next(), way.next(), way.next()]).toEqual([east, other, undefined]);
  });
});

describe('calls of one key', () => {
  const keys = Array.from({ length: 3_000 }, (_, index) => `acme principal-${index} nova-lite`);
  const equal = { distribution: 'equal' } as const;

  test('stay at one place while it is well, move while it is not, alone, and come back', () => {
    const { time, route, fail } = routerAt();
    const homes = () => keys.map((key) => route(three, equal, key).next());
    const before = homes();
    expect(homes()).toEqual(before);
    fail(west, 'failed');
    const meanwhile = homes();
    for (const [index, home] of before.entries())
      if (home === west) expect(meanwhile[index]).not.toBe(west);
      else expect(meanwhile[index]).toBe(home);
    time.now += 30_000;
    const probe = route([west]);
    probe.next();
    probe.came('answered', 5);
    expect(homes()).toEqual(before);
  });

  test('meet wherever they come from, and are spread as all calls are', () => {
    const homes = keys.map((key) => routerAt().route(three, equal, key).next());
    expect(keys.map((key) => routerAt(5).route([eu, east, west], equal, key).next())).toEqual(homes);
    for (const place of three)
      expect(homes.filter((home) => home === place).length / 1_000).toSatisfy(
        (share: number) => Math.abs(share - 1) < 0.1,
      );
  });

  test('are spread by weight where calls are', () => {
    const weighted = [
      { ...east, weight: 3 },
      { ...west, weight: 1 },
    ];
    const { route } = routerAt();
    const first = keys.filter((key) => route(weighted, { distribution: 'weighted' }, key).next() === weighted[0]);
    expect(first.length / keys.length).toBeCloseTo(0.75, 1);
  });

  test('go to the first where the first is wanted', () => {
    const { route } = routerAt();
    for (const key of keys.slice(0, 100)) expect(route(three, {}, key).next()).toBe(east);
  });
});

describe('what is told of a place that cools', () => {
  test('is a line with where and for how long, each time that it is found so, and one for all calls that found it', () => {
    const { time, route, lines } = routerAt();
    const [first, second] = [route([east]), route([east])];
    for (const way of [first, second]) way.next();
    time.now += 50;
    for (const way of [first, second]) way.came('failed', 50);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        event: 'place-cools',
        level: 'warn',
        region: 'us-east-1',
        target: nativeIdOf(east.target),
        how: 'failed',
        forMs: 30_000,
        PlaceCooled: 1,
      },
    ]);
    time.now += 30_000;
    const probe = route([east]);
    probe.next();
    probe.came('failed', 50);
    expect(lines).toHaveLength(2);
  });

  test('is nothing of a moment’s pause, and nothing of an answer', () => {
    const { time, fail, route, lines } = routerAt();
    fail(east, 'throttled');
    const way = route([west]);
    way.next();
    way.came('answered', 5);
    expect(lines).toEqual([]);
    time.now += 60_000;
    fail(east, 'throttled', {}, 20);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ how: 'throttled', forMs: 20_000 }]);
  });
});
