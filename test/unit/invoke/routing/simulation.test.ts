import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { DISTRIBUTIONS } from '../../../../contract/routing.ts';
import { compare, SCENARIOS, tableOf } from '../../../bench/routing/scenarios.ts';
import { tollgate } from '../../../bench/routing/ways.ts';
import { simulate } from '../../../bench/routing/world.ts';

const OURS = ['Tollgate, one process', 'Tollgate, Lambda', 'Tollgate, Lambda, health shared'] as const;

describe('calls of ten minutes, in three regions of which one is away for two', () => {
  let enough: Awaited<ReturnType<typeof compare>>;
  let short: typeof enough;
  beforeAll(async () => {
    enough = await compare('room enough');
    short = await compare('short of quota');
  });

  test('are all answered where the other two have room, in hardly more attempts than calls', () => {
    for (const way of OURS) {
      expect(enough[way].answered).toBe(1);
      expect(enough[way].attemptsPerCall).toBeLessThan(1.02);
    }
  });

  test('are answered as often as the quotas of the moment allow', () => {
    const there = short['who could see every quota'].answered;
    for (const way of OURS) expect(short[way].answered / there).toBeGreaterThan(0.995);
  });

  test('wait less for their answers than with who remembers nothing, and are answered oftener than with who remembers for long', () => {
    for (const figures of [enough, short]) {
      const { 'the helper': helper } = figures;
      for (const way of OURS) {
        expect(figures[way].attemptsPerCall).toBeLessThan(helper.attemptsPerCall);
        expect(figures[way].p99).toBeLessThan(helper.p99);
      }
    }
    for (const way of [
      'the helper, file written back, 30 s',
      'the helper, file written back, its hour',
      'an SDK’s retries, callers spread over the regions',
      'an SDK’s retries, one region',
    ] as const)
      expect(short['Tollgate, Lambda'].answered).toBeGreaterThan(short[way].answered + 0.03);
  });

  test('wait less where environments tell each other of the region that is away than where each finds out', () => {
    const { 'Tollgate, Lambda, health shared': shared, 'Tollgate, Lambda': alone } = enough;
    expect(shared.p99).toBeLessThan(alone.p99);
    expect(shared.asked['us-east-1']).toBeLessThan(alone.asked['us-east-1'] ?? 0);
  });

  test('are on docs/regions.md as node test/bench/routing/main.ts prints them', () => {
    const page = readFileSync(new URL('../../../../docs/regions.md', import.meta.url), 'utf8');
    for (const figures of [enough, short]) expect(page).toContain(tableOf(figures));
  });

  test('are the same calls for every way, each time', async () => {
    expect(new Set(Object.values(short).map(({ calls }) => calls)).size).toBe(1);
    expect(await simulate(tollgate(), SCENARIOS['room enough'])).toEqual(enough['Tollgate, one process']);
  });
});

describe('a region that throttles three in ten calls, whatever comes', () => {
  const regions = [
    { name: 'us-east-1', rate: 1_000, burst: 1_000, tripMs: 40, refuses: 0.3 },
    { name: 'us-west-2', rate: 1_000, burst: 1_000, tripMs: 40 },
  ];
  const cases = [3, 30, 300].flatMap((rate) =>
    [false, true].flatMap((lambda) => DISTRIBUTIONS.map((distribution) => ({ rate, lambda, distribution }))),
  );

  test.each(cases)(
    'gets nearly all of what it would take: $distribution of two, $rate a second, Lambda $lambda',
    async ({ rate, lambda, distribution }) => {
      const way = tollgate({ lambda, routing: { distribution } });
      const { calls, took, asked, answered } = await simulate(way, {
        seed: 3,
        regions,
        load: () => rate,
        seconds: 9_000 / rate,
      });
      expect(answered).toBe(1);
      // The fastest is the one or the other, and the slower one of two like ones is left alone.
      const meant = { first: 1, equal: 0.5, weighted: 0.5, leastLatency: 0 }[distribution];
      expect((took['us-east-1'] ?? 0) / calls).toBeGreaterThan(0.87 * 0.7 * meant);
      expect(asked['us-east-1'] ?? 0).toBeLessThanOrEqual(calls);
    },
  );
});
