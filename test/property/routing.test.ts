import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { COOLDOWN_MAX_SECONDS } from '../../contract/limits/routing.ts';
import type { Place } from '../../contract/model.ts';
import { DISTRIBUTIONS, GROUPS, type Routing, routingOf } from '../../contract/routing.ts';
import { answered, type Health, troubled, unknownHealth } from '../../invoke/routing/health.ts';
import { createRouter } from '../../invoke/routing/router.ts';
import { placeKey } from '../../policies/place.ts';

const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1', 'eu-central-1'] as const;
const PROFILE_ARNS = ['us-east-1', 'us-west-2'].map((region) => `arn:aws:bedrock:${region}::foundation-model/m`);

const place = fc
  .record({
    region: fc.constantFrom(...REGIONS),
    profile: fc.boolean(),
    group: fc.option(fc.constantFrom(...GROUPS), { nil: undefined }),
    weight: fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined }),
    account: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
    drained: fc.boolean(),
  })
  .map(
    ({ region, profile, group, weight, account, drained }): Place => ({
      target: profile
        ? {
            kind: 'bedrock-profile',
            modelId: 'us.m',
            region,
            arn: `arn:aws:bedrock:${region}:111122223333:inference-profile/us.m`,
            modelArns: PROFILE_ARNS,
          }
        : { kind: 'bedrock-model', modelId: 'm', region, arn: `arn:aws:bedrock:${region}::foundation-model/m` },
      ...(group === undefined ? {} : { group }),
      ...(weight === undefined ? {} : { weight }),
      ...(account === undefined ? {} : { role: `arn:aws:iam::${account.repeat(12)}:role/invoker` }),
      ...(drained ? { drained: true } : {}),
    }),
  );
const places = fc.uniqueArray(place, { minLength: 1, maxLength: 6, selector: placeKey });
const routing: fc.Arbitrary<Routing> = fc
  .record(
    {
      maxAttempts: fc.integer({ min: 1, max: 10 }),
      attemptsPerRegion: fc.integer({ min: 1, max: 5 }),
      acrossRegions: fc.boolean(),
      distribution: fc.constantFrom(...DISTRIBUTIONS),
      cooldownSeconds: fc.integer({ min: 1, max: COOLDOWN_MAX_SECONDS }),
      profiles: fc.boolean(),
    },
    { requiredKeys: [] },
  )
  .map((own) => routingOf(own));
const how = fc.constantFrom('answered', 'throttled', 'failed', 'nothing said');
const attempt = fc.record({
  how,
  ms: fc.integer({ min: 0, max: 10_000 }),
  retryAfter: fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: undefined }),
  wait: fc.integer({ min: 0, max: 100_000 }),
});
const calls = fc.array(fc.array(attempt, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });
const affinity = fc.option(fc.string(), { nil: undefined });

type Told = { how: string; ms: number; retryAfter?: number | undefined; wait: number }[][];

/** A history of calls, one after another; each goes on until it is answered or there is nowhere to go. */
function* history(list: Place[], settings: Routing, told: Told, key?: string) {
  let now = 1_000_000;
  const router = createRouter({ clock: () => now, random: () => 0.5 });
  for (const call of told) {
    const route = router.route(list, settings, { affinity: key });
    const tried: Place[] = [];
    for (const { how: came, ms, retryAfter, wait } of call) {
      const next = route.next();
      if (next === undefined) break;
      tried.push(next);
      now += ms;
      if (came !== 'nothing said') route.came(came as 'answered', ms, retryAfter);
      if (came === 'answered') break;
      now += wait;
    }
    yield tried;
  }
}

describe('the way of a call through the places of a model', () => {
  test('has no attempt more than is allowed in all, or at one place, and leaves its region only if it may', () => {
    fc.assert(
      fc.property(places, routing, calls, affinity, (list, settings, told, key) => {
        for (const tried of history(list, settings, told, key)) {
          expect(tried.length).toBeLessThanOrEqual(settings.maxAttempts);
          for (const one of new Set(tried))
            expect(tried.filter((other) => other === one).length).toBeLessThanOrEqual(settings.attemptsPerRegion);
          if (!settings.acrossRegions)
            expect(new Set(tried.map(({ target }) => target.region)).size).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('never leads to a place that is drained, or to a profile of many regions where none is wanted', () => {
    fc.assert(
      fc.property(places, routing, calls, affinity, (list, settings, told, key) => {
        for (const tried of history(list, settings, told, key))
          for (const { drained, target } of tried) {
            expect(drained).toBeUndefined();
            if (!settings.profiles) expect(target.kind).toBe('bedrock-model');
          }
      }),
    );
  });

  test('leads somewhere, whatever has happened before, as long as one place is open', () => {
    fc.assert(
      fc.property(places, routing, calls, affinity, (list, settings, told, key) => {
        const open = list.some(
          ({ drained, target }) => drained === undefined && (settings.profiles || target.kind === 'bedrock-model'),
        );
        for (const tried of history(list, settings, told, key)) expect(tried.length > 0).toBe(open);
      }),
    );
  });

  test('comes back to a place only before it has left it', () => {
    fc.assert(
      fc.property(places, routing, calls, affinity, (list, settings, told, key) => {
        for (const tried of history(list, settings, told, key)) {
          const runs = tried.filter((one, index) => one !== tried[index - 1]);
          expect(new Set(runs).size).toBe(runs.length);
        }
      }),
    );
  });

  test('is the order of the list, primaries first, where every place is well and the first is wanted', () => {
    fc.assert(
      fc.property(places, (list) => {
        const open = list.filter(({ drained }) => drained === undefined);
        const settings = routingOf({ maxAttempts: 10, distribution: 'first' });
        const [tried] = history(list, settings, [
          Array.from({ length: 12 }, () => ({ how: 'nothing said', ms: 1, wait: 0 })),
        ]);
        const of = (wanted: string) => open.filter(({ group = 'primary' }) => group === wanted);
        expect(tried).toEqual([...of('primary'), ...of('normal')]);
      }),
    );
  });
});

const outcome = fc.record({
  how: fc.constantFrom('answered', 'throttled', 'failed'),
  ms: fc.integer({ min: 0, max: 100_000 }),
  since: fc.integer({ min: 0, max: 1_000_000 }),
  retryAfterSeconds: fc.option(fc.integer({ min: 0, max: 100_000 }), { nil: undefined }),
});

describe('what is known of a place', () => {
  test('keeps it from calls no longer than its cooldown, or than it told itself, within bounds', () => {
    fc.assert(
      fc.property(fc.array(outcome), fc.integer({ min: 1, max: COOLDOWN_MAX_SECONDS }), (outcomes, cooldownSeconds) => {
        const health = unknownHealth();
        let now = 1_000_000;
        let latest = 0;
        for (const { how: came, ms, since, retryAfterSeconds } of outcomes) {
          now += since;
          const cooldownMs = cooldownSeconds * 1000;
          if (came === 'answered') answered(health, { now, ms });
          else troubled(health, came as 'failed', { now, ms }, { cooldownMs, retryAfterSeconds });
          if (came !== 'answered')
            latest = Math.max(latest, now + Math.max(cooldownMs, Math.min(retryAfterSeconds ?? 0, 300) * 1000));
          expect(health.coolsUntil).toBeLessThanOrEqual(latest);
          expect(Object.values(health).some(Number.isNaN)).toBe(false);
        }
      }),
    );
  });

  test('any trouble that is new makes it cool, at once', () => {
    fc.assert(
      fc.property(fc.array(outcome), fc.constantFrom('throttled', 'failed'), (before, last) => {
        const { health, now } = historyOf(before);
        const later = now + 1;
        troubled(health, last as 'failed', { now: later, ms: 0 }, { cooldownMs: 30_000 });
        expect(health.coolsUntil).toBeGreaterThan(later);
      }),
    );
  });

  test('an answer to a call that was sent after the last trouble ends it', () => {
    fc.assert(
      fc.property(fc.array(outcome), (before) => {
        const { health, now } = historyOf(before);
        answered(health, { now: now + 10, ms: 10 });
        expect(health.coolsUntil).toBe(0);
        expect(health.suspect).toBe(false);
      }),
    );
  });
});

function historyOf(outcomes: { how: string; ms: number; since: number; retryAfterSeconds?: number | undefined }[]): {
  health: Health;
  now: number;
} {
  const health = unknownHealth();
  let now = 1_000_000;
  for (const { how: came, ms, since, retryAfterSeconds } of outcomes) {
    now += since;
    if (came === 'answered') answered(health, { now, ms });
    else troubled(health, came as 'failed', { now, ms }, { cooldownMs: 30_000, retryAfterSeconds });
  }
  return { health, now };
}
