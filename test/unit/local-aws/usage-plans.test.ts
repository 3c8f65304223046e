import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fullBucket, take } from '../../../local/aws/apigateway/bucket.ts';
import { openLimits } from '../../../local/aws/apigateway/limits.ts';
import { periodOf } from '../../../local/aws/apigateway/quota.ts';
import { openStore, type UsagePlan } from '../../../local/aws/apigateway/store.ts';

describe('a token bucket', () => {
  /** @returns how many of the requests at these moments pass */
  const passing = (moments: readonly number[], rateLimit: number, burstLimit: number): number => {
    const limits = { rateLimit, burstLimit };
    const bucket = fullBucket(limits, 0);
    return moments.filter((at) => take(bucket, limits, at)).length;
  };
  const at = (ms: number, times: number) => Array.from({ length: times }, () => ms);

  test.each([
    ['lets as many through at once as the burst', at(0, 20), 5, 10, 10],
    ['fills by the rate', [...at(0, 20), ...at(1_000, 20)], 5, 10, 15],
    ['never holds more than the burst', [...at(0, 20), ...at(3_600_000, 20)], 5, 10, 20],
    ['lets one through every two seconds', [0, 1_000, 1_999, 2_000, 3_000, 4_000], 0.5, 1, 3],
    ['fills nothing when the clock is set back', [...at(5_000, 10), 0, 0, 999], 1, 10, 10],
    ['and fills on from there', [...at(5_000, 10), 0, 0, 1_000], 1, 10, 11],
    ['refuses everything at a burst of nothing', at(0, 3), 10, 0, 0],
  ])('%s', (_, moments, rate, burst, expected) => {
    expect(passing(moments, rate, burst)).toBe(expected);
  });

  test('never lets more through in any stretch of time than the burst and what the rate adds', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), (steps, rate, burst) => {
        let now = 0;
        const moments = steps.map((step) => (now += step));
        const limits = { rateLimit: rate, burstLimit: burst };
        const bucket = fullBucket(limits, 0);
        const passed = moments.filter((moment) => take(bucket, limits, moment));
        for (let from = 0; from < passed.length; from++)
          for (let to = from; to < passed.length; to++) {
            const seconds = ((passed[to] ?? 0) - (passed[from] ?? 0)) / 1_000;
            expect(to - from + 1).toBeLessThanOrEqual(burst + seconds * rate + 1e-6);
          }
      }),
    );
  });
});

describe('the period of a quota', () => {
  test.each([
    ['a day ends at midnight UTC', 'DAY', 0, '2026-11-21T23:59:59.999Z', '2026-11-21'],
    ['and the next begins there', 'DAY', 0, '2026-11-22T00:00:00.000Z', '2026-11-22'],
    ['a week of offset 1 begins on Monday', 'WEEK', 1, '2026-11-22T23:59:59.999Z', '2026-11-16'],
    ['and ends with Sunday', 'WEEK', 1, '2026-11-23T00:00:00.000Z', '2026-11-23'],
    ['a week of offset 0 begins on Sunday', 'WEEK', 0, '2026-11-22T00:00:00.000Z', '2026-11-22'],
    ['a week may begin in the year before', 'WEEK', 1, '2027-01-01T12:00:00.000Z', '2026-12-28'],
    ['a month ends with its last day', 'MONTH', 0, '2028-02-29T23:59:59.999Z', '2028-02-01'],
    ['and the next begins on the first', 'MONTH', 0, '2028-03-01T00:00:00.000Z', '2028-03-01'],
    ['a month of an offset begins so many days later', 'MONTH', 9, '2027-01-09T00:00:00.000Z', '2026-12-10'],
    ['on that day', 'MONTH', 9, '2027-01-10T00:00:00.000Z', '2027-01-10'],
  ] as const)('%s', (_, period, offset, at, expected) => {
    expect(periodOf({ period, offset }, Date.parse(at))).toBe(expected);
  });
});

describe('the limits of a stage', () => {
  const NIGHT = Date.parse('2026-11-21T23:59:59.000Z');
  let folder: string;
  let now: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-plans-'));
    now = NIGHT;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A key `<name>-key` in a plan of each name. */
  async function setUp(plans: Record<string, Partial<UsagePlan>> = {}) {
    const store = await openStore(folder);
    await store.edit((state) => {
      for (const [name, plan] of Object.entries(plans)) {
        const times = { createdDate: 0, lastUpdatedDate: 0 };
        state.keys.push({ id: `${name}-id`, value: `${name}-key`, name, enabled: true, ...times });
        state.plans.push({ id: name, name, apiStages: [{ apiId: 'local', stage: 'local' }], ...plan });
        state.planKeys.push({ planId: name, keyId: `${name}-id` });
      }
    });
    const limits = await openLimits({ store, apiId: 'local', stage: 'local', folder, clock: () => now });
    const passing = (name: string, times: number) =>
      Array.from({ length: times }, () => limits.count(`${name}-key`)).filter((refused) => refused === undefined)
        .length;
    return { store, limits, passing };
  }

  test('a key that is not there, disabled, or in no plan of this stage is refused', async () => {
    const { store, limits } = await setUp({ acme: {}, other: { apiStages: [{ apiId: 'local', stage: 'prod' }] } });
    expect(limits.count('acme-key')).toBeUndefined();
    expect([undefined, '', 'acme', 'other-key'].map((value) => limits.count(value))).toEqual(
      Array.from({ length: 4 }, () => 'INVALID_API_KEY'),
    );
    await store.edit((state) => {
      for (const key of state.keys) key.enabled = false;
    });
    expect(limits.count('acme-key')).toBe('INVALID_API_KEY');
  });

  test('a key over its rate is throttled and another is not', async () => {
    const { limits, passing } = await setUp({ acme: { throttle: { rateLimit: 1, burstLimit: 2 } }, globex: {} });
    expect(passing('acme', 10)).toBe(2);
    expect(limits.count('acme-key')).toBe('THROTTLED');
    expect(passing('globex', 100)).toBe(100);
    now += 1_000;
    expect(passing('acme', 10)).toBe(1);
  });

  test('a quota ends with its period and begins again with the next', async () => {
    const { limits, passing } = await setUp({ acme: { quota: { limit: 3, offset: 0, period: 'DAY' } } });
    expect(passing('acme', 10)).toBe(3);
    expect(limits.count('acme-key')).toBe('QUOTA_EXCEEDED');
    now += 999;
    expect(passing('acme', 10)).toBe(0);
    now += 1;
    expect(passing('acme', 10)).toBe(3);
  });

  test('a request that is throttled is not counted against the quota', async () => {
    const plan = {
      throttle: { rateLimit: 1, burstLimit: 1 },
      quota: { limit: 2, offset: 0, period: 'MONTH' },
    } as const;
    const { limits, passing } = await setUp({ acme: plan });
    expect(passing('acme', 10)).toBe(1);
    now += 60_000;
    expect(passing('acme', 1)).toBe(1);
    expect(limits.count('acme-key')).toBe('QUOTA_EXCEEDED');
  });

  test('a changed plan is in force for the next request', async () => {
    const { store, passing } = await setUp({ acme: { throttle: { rateLimit: 1, burstLimit: 1 } } });
    expect(passing('acme', 5)).toBe(1);
    await store.edit((state) => {
      for (const plan of state.plans) plan.throttle = { rateLimit: 1_000, burstLimit: 100 };
    });
    now += 100;
    expect(passing('acme', 500)).toBe(100);
  });

  test('what a quota has counted survives a restart', async () => {
    const quota = { limit: 5, offset: 0, period: 'WEEK' } as const;
    const first = await setUp({ acme: { quota } });
    expect(first.passing('acme', 3)).toBe(3);
    await first.limits.close();
    expect((await setUp()).passing('acme', 10)).toBe(2);
  });

  test('and is on disk soon, in case there is no orderly end', async () => {
    const { passing } = await setUp({ acme: { quota: { limit: 5, offset: 0, period: 'DAY' } } });
    expect(passing('acme', 3)).toBe(3);
    await vi.waitFor(
      () =>
        expect(JSON.parse(readFileSync(join(folder, 'apigateway-usage.json'), 'utf8'))).toEqual({
          'acme acme-id': { period: '2026-11-21', requests: 3 },
        }),
      { timeout: 15_000 },
    );
  });

  test('an edit that fails changes nothing, and the next one finds what was there', async () => {
    const { store } = await setUp({ acme: {} });
    const before = structuredClone(store.state);
    await expect(
      store.edit((state) => {
        state.keys = [];
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(store.state).toEqual(before);
    await store.edit((state) => void state.plans.pop());
    expect((await openStore(folder)).state).toEqual({ ...before, plans: [] });
  });
});
