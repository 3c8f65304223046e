import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../../contract/errors.ts';
import { routingOf } from '../../../../contract/routing.ts';
import { createRouter } from '../../../../invoke/routing/router.ts';
import { createShared, type SharedOptions } from '../../../../invoke/routing/shared.ts';
import { COOLING } from '../../../../metering/budgets/counter-names.ts';
import { placeKey } from '../../../../policies/place.ts';
import { memoryCounters, placeIn } from '../../../bench/routing/ways.ts';

const [east, west] = ['us-east-1', 'us-west-2'].map(placeIn) as [
  ReturnType<typeof placeIn>,
  ReturnType<typeof placeIn>,
];
const settings = routingOf({ cooldownSeconds: 60 });

/** The one item, with the conditions that its writes have; it answers when it is let. */
function table() {
  const time = { now: Date.UTC(2026, 10, 21) };
  const { numbers, ...memory } = memoryCounters();
  const state = { writes: 0, applied: 0, fails: false };
  const down = (): void => {
    if (state.fails) throw new TollgateError('unavailable', { reason: 'counters-failed' });
  };
  const counters: SharedOptions['counters'] = {
    async counts(key) {
      down();
      expect(key).toEqual(COOLING);
      return memory.counts(key);
    },
    async update(change) {
      state.writes++;
      down();
      const changed = await memory.update(change);
      if (changed.applied) state.applied++;
      return changed;
    },
  };
  const lines: string[] = [];
  /** A process that has just started. */
  const start = async (random = 0) => {
    const shared = createShared({
      counters,
      clock: () => time.now,
      random: () => random,
      write: (line) => lines.push(line),
    });
    const router = createRouter({ clock: () => time.now, random: () => 0, shared });
    await settled();
    const rest: Promise<unknown>[] = [];
    const route = () => router.route([east, west], settings, { waitUntil: (one) => rest.push(one) });
    const fail = async (how: 'failed' | 'throttled' = 'failed', retryAfter?: number) => {
      const way = route();
      way.next();
      way.came(how, 5, retryAfter);
      await Promise.all(rest);
    };
    return { route, fail };
  };
  return { time, numbers, state, lines, start };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

describe('what one process has seen of a place', () => {
  test('another one knows that starts, and has no call fail for it', async () => {
    const { start } = table();
    await (await start()).fail();
    expect((await start()).route().next()).toBe(west);
  });

  test('one that runs knows with a later call, which does not wait for it', async () => {
    const { time, start } = table();
    const [one, other] = [await start(), await start()];
    await one.fail();
    time.now += 5_000;
    expect(other.route().next()).toBe(east);
    await settled();
    expect(other.route().next()).toBe(west);
  });

  test('ends when its cooldown ends: then one call of each process asks', async () => {
    const { time, start } = table();
    await (await start()).fail();
    const other = await start();
    expect(other.route().next()).toBe(west);
    time.now += 60_000;
    expect([other.route().next(), other.route().next()]).toEqual([east, west]);
  });

  test('is asked of first by who told of it, also where others saw it, too', async () => {
    const { time, start } = table();
    const [one, other] = [await start(0.5), await start(0.5)];
    await Promise.all([one.fail(), other.fail()]);
    const third = await start(0.5);
    third.route().next();
    time.now += 60_000;
    expect([other.route().next(), third.route().next(), one.route().next()]).toEqual([west, west, east]);
    time.now += 5_000;
    expect([other.route().next(), third.route().next()]).toEqual([east, east]);
  });

  test('does not come back once the process has had an answer itself', async () => {
    const { time, start } = table();
    await (await start()).fail();
    const other = await start();
    other.route().next();
    const way = other.route();
    // The one place cools, and so does the other: the first that is ready is asked all the same.
    expect(way.next()).toBe(west);
    way.came('failed', 5);
    expect(way.next()).toBe(east);
    way.came('answered', 5);
    time.now += 5_000;
    expect(other.route().next()).toBe(east);
    await settled();
    expect(other.route().next()).toBe(east);
  });

  test('is written once as it begins, by one of many', async () => {
    const { state, start } = table();
    const many = await Promise.all(Array.from({ length: 20 }, () => start()));
    await Promise.all(many.map(({ fail }) => fail()));
    for (const { fail } of many) await fail();
    expect(state.applied).toBe(2);
    expect(state.writes).toBeLessThanOrEqual(2 * many.length);
  });

  test('is not written for a throttle of a moment, but for one that says when to come back', async () => {
    const { state, numbers, time, start } = table();
    const { fail } = await start();
    await fail('throttled');
    expect(state.writes).toBe(0);
    time.now += 1_000;
    await fail('throttled', 30);
    expect([...numbers.values()]).toEqual([BigInt(time.now + 30_000)]);
  });

  test('is written anew when it cools once more, also by who does not know what is there', async () => {
    const { time, numbers, start } = table();
    const { fail } = await start();
    await fail();
    time.now += 120_000;
    await fail();
    expect([...numbers.values()]).toEqual([BigInt(time.now + 60_000)]);
    const other = await start();
    time.now += 180_000;
    numbers.set(placeKey(east), BigInt(time.now - 1));
    await other.fail();
    expect([...numbers.values()]).toEqual([BigInt(time.now + 60_000)]);
  });

  test('is written beside those of other places', async () => {
    const { numbers, lines, start } = table();
    const { fail } = await start();
    await fail();
    await fail();
    expect([...numbers.keys()]).toEqual([placeKey(east), placeKey(west)]);
    expect(lines).toEqual([]);
  });

  test('is forgotten a day later, when something else is written', async () => {
    const { time, numbers, start } = table();
    numbers.set('gone', BigInt(time.now));
    const { fail } = await start();
    time.now += 86_400_001;
    await fail();
    expect([...numbers.keys()]).toEqual([placeKey(east)]);
  });
});

test('a table that does not answer is logged, and neither fails a call nor makes it wait', async () => {
  const { state, lines, start } = table();
  state.fails = true;
  const { route, fail } = await start();
  expect(route().next()).toBe(east);
  await fail();
  expect(route().next()).toBe(west);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'shared-health', level: 'warn', what: 'read', code: 'unavailable' },
    { event: 'shared-health', level: 'warn', what: 'write', code: 'unavailable' },
  ]);
});
