import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BUDGET_SCOPES, type Budget, PERIODS } from '../../../../contract/budget.ts';
import { TollgateError } from '../../../../contract/errors.ts';
import { RESERVE_ATTEMPTS } from '../../../../contract/limits/budgets.ts';
import type { FinishedUsage, Tier } from '../../../../contract/usage.ts';
import { type Asked, type BudgetsOptions, createBudgets } from '../../../../metering/budgets/budgets.ts';
import {
  counterName,
  principalCounters,
  tenantCounters,
  totalAttribute,
} from '../../../../metering/budgets/counter-names.ts';
import { NO_COUNTS } from '../../../../metering/budgets/counters.ts';
import { countedIn } from '../../../../metering/budgets/quota.ts';
import type { Crossing } from '../../../../metering/budgets/reservation.ts';
import type { Granted, Refused } from '../../../../metering/budgets/verdict.ts';
import { windowOf } from '../../../../metering/calendar.ts';
import type { PriceVersion } from '../../../../registry/price.ts';
import { type CountersTable, openTable } from '../table.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);
/** A dollar. */
const MONEY = 10n ** 18n;

let table: CountersTable;

beforeAll(async () => {
  table = await openTable();
});
beforeEach(() => {
  table.fault = () => undefined;
  table.operations.length = 0;
});
afterAll(() => table.close());

let tenants = 0;

/** @param versions of the model's price */
function setUp({ versions = [], ...more }: { versions?: Partial<PriceVersion>[] } & Partial<BudgetsOptions> = {}) {
  const tenant = `tenant-${++tenants}`;
  const crossed: Crossing[] = [];
  const lines: Record<string, unknown>[] = [];
  const kept: Promise<unknown>[] = [];
  let names = 0;
  const { reserve } = createBudgets({
    counters: table.counters,
    prices: {
      prices: async ([id = '']) =>
        new Map([[id, { id, prices: versions.map((one) => ({ version: 'v', from: 0, ...one })) }]]),
    },
    clock: () => NOW,
    write: (line) => lines.push(JSON.parse(line)),
    newCall: () => `call-${++names}`,
    announce: async (found) => void crossed.push(...found),
    pause: async () => {},
    ...more,
  });
  const ask = (
    budgets: Partial<Budget>[],
    demand: Partial<Asked['demand']> = {},
    tier: Tier = 'on-demand',
    elsewhere: Asked['elsewhere'] = [],
  ) =>
    reserve({
      elsewhere,
      ...{ tenant, principal: 'app', model: 'nova', at: NOW, region: 'us-east-1', tier },
      budgets: budgets.map((budget) => ({
        ...{ id: 'b', per: 'tenant', period: 'day', unit: 'tokens', limit: '100', enforcement: 'hard' },
        ...budget,
      })),
      demand: { input: 10, output: 20, lowerable: true, images: 0, searches: 0, caches: false, ...demand },
      waitUntil: (promise) => kept.push(promise),
    });
  return {
    ...{ tenant, crossed, lines, kept, ask },
    granted: async (...args: Parameters<typeof ask>) => (await ask(...args)) as Granted,
    refused: async (...args: Parameters<typeof ask>) => (await ask(...args)) as Refused,
    async counted(principal?: string) {
      const key = principal === undefined ? tenantCounters(tenant) : principalCounters(tenant, principal);
      const counted = countedIn(await table.counters.counts(key));
      return Object.fromEntries(
        counted.map(({ name, total, reserved }) => [name.budget, [Number(total), Number(reserved)]]),
      );
    },
  };
}

const used = (input: number, output: number, more: Partial<FinishedUsage['tokens']> = {}) => ({
  outcome: 'ok' as const,
  tokens: { input, output, cacheRead: 0, cacheWrite: 0, ...more },
});

describe('reserving', () => {
  test('where no budget applies asks nothing', async () => {
    const { ask } = setUp();
    expect(await ask([])).toBeUndefined();
    expect(
      await ask([
        { per: 'principal', only: 'another' },
        { id: 'c', per: 'model', only: 'another' },
      ]),
    ).toBeUndefined();
    expect(table.operations).toEqual([]);
  });

  test('is one write to each item, and settling another one', async () => {
    const { granted, counted } = setUp();
    const call = await granted([{ id: 'a' }, { id: 'b', per: 'model' }, { id: 'c', unit: 'requests' }]);
    expect(table.operations).toEqual(['UpdateItem']);
    expect(await counted()).toEqual({ a: [30, 30], b: [30, 30], c: [1, 1] });
    await call.settle(used(4, 5));
    expect(await counted()).toEqual({ a: [9, 0], b: [9, 0], c: [1, 0] });
    const two = await granted([{ id: 'a' }, { id: 'p', per: 'principal' }]);
    await two.settle(used(1, 1));
    expect(table.operations.filter((operation) => operation === 'UpdateItem')).toHaveLength(2 + 4);
    expect(await counted('app')).toEqual({ p: [2, 0] });
  });

  test('shortens the answer to what is left, and says so only where a hard budget of tokens or dollars binds it', async () => {
    const { granted, refused } = setUp();
    const first = await granted([{ limit: '50' }], { output: 30 });
    expect([first.output, first.binding]).toEqual([30, true]);
    const second = await granted([{ limit: '50' }], { input: 5, output: 30 });
    expect(second.output).toBe(5);
    expect((await refused([{ limit: '50' }], { input: 1 })).refusal).toMatchObject({ reason: 'budget-held' });
    const soft = await setUp().granted([
      { limit: '1', enforcement: 'soft' },
      { id: 'n', unit: 'requests', limit: '1' },
    ]);
    expect([soft.output, soft.binding]).toEqual([20, false]);
  });

  test('of a small budget shortens the answer at once, in the one write', async () => {
    const { granted } = setUp();
    expect((await granted([{ limit: '15' }])).output).toBe(5);
    expect(table.operations).toEqual(['UpdateItem']);
  });

  test('does not shorten an answer below what the call says it must have', async () => {
    const { granted, refused } = setUp();
    expect((await granted([{ limit: '25' }], { least: 15 })).output).toBe(15);
    expect((await refused([{ id: 'c', limit: '24' }], { least: 15 })).refusal.code).toBe('rate_limited');
  });

  test('does not shorten what cannot be shortened', async () => {
    const { refused } = setUp();
    const { refusal, standings } = await refused([{ limit: '29' }], { lowerable: false });
    expect(refusal).toMatchObject({
      code: 'rate_limited',
      reason: 'budget-used-up',
      retryAfterSeconds: 12 * 3_600 - 30,
    });
    expect(refusal.publicMessage).toBe(
      'The budget b has not enough left for this call; it is reset at 2026-11-22T00:00:00Z.',
    );
    expect(standings()).toMatchObject([{ limit: 29n, total: 0n }]);
  });

  test('gives back to one item what another refuses, and tells the wait of the one that takes longest', async () => {
    const { refused, counted, lines } = setUp();
    const budgets = [
      { id: 't' },
      { id: 'p', per: 'principal', unit: 'requests', limit: '0', period: 'minute' },
    ] as const;
    const { refusal } = await refused([...budgets]);
    expect(refusal).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 30 });
    const more = await refused([...budgets, { id: 'z', unit: 'requests', limit: '0', period: 'month' }]);
    expect(more.refusal.publicMessage).toBe('The budget z is used up; it is reset at 2026-12-01T00:00:00Z.');
    expect(await counted()).toEqual({});
    expect(lines).toMatchObject([
      { event: 'budget-refused', BudgetRefused: 1, budgets: ['p'] },
      { event: 'budget-refused', BudgetRefused: 1, budgets: ['p', 'z'] },
    ]);
  });

  test('that one item refuses leaves nothing in the other', async () => {
    const { granted, refused, counted } = setUp();
    const one = { id: 'p', per: 'principal', unit: 'requests', limit: '1' } as const;
    await (await granted([{ id: 't' }, one])).settle(used(1, 1));
    expect((await refused([{ id: 't' }, one])).refusal.reason).toBe('budget-used-up');
    expect(await counted()).toEqual({ t: [2, 0] });
    expect(await counted('app')).toEqual({ p: [1, 0] });
  });

  test('gives up after a few attempts that others were quicker at', async () => {
    let asked = 0;
    const counters = {
      ...table.counters,
      // It says that everything is left, and takes nothing.
      update: async () => ({ applied: asked++ < 0, counts: NO_COUNTS }),
    };
    const { refused } = setUp({ counters });
    const { refusal } = await refused([{}]);
    expect(refusal).toMatchObject({ code: 'rate_limited', reason: 'budget-held', retryAfterSeconds: 2 });
    expect(asked).toBe(RESERVE_ATTEMPTS);
  });
});

describe('dollars', () => {
  const usd = { unit: 'usd', limit: '1' } as const;
  const perMillion = { usdPerMillion: { input: '100', output: '1000' } };

  test('are reserved at the model’s price and settled at what was used', async () => {
    const { granted, counted } = setUp({ versions: [perMillion] });
    const call = await granted([usd]);
    expect(await counted()).toEqual({ b: [21e15, 21e15] });
    await call.settle(used(3, 2));
    expect(await counted()).toEqual({ b: [2.3e15, 0] });
  });

  test('that input may cost when it is cached are reserved', async () => {
    const cached = { usdPerMillion: { input: '100', output: '1000', cacheWrite: '125', cacheWrite1h: '200' } };
    const { granted, counted } = setUp({ versions: [cached] });
    await granted([usd], { caches: true });
    expect(await counted()).toEqual({ b: [22e15, 22e15] });
  });

  test('of pictures are reserved by the picture', async () => {
    const { granted, counted } = setUp({ versions: [{ usdPerImage: '0.04' }] });
    const call = await granted([usd], { images: 2, output: 0, lowerable: false });
    expect(await counted()).toEqual({ b: [8e16, 8e16] });
    await call.settle(used(0, 0, { images: 1 }));
    expect(await counted()).toEqual({ b: [4e16, 0] });
  });

  test('that a call used without a price for it are settled as they were reserved', async () => {
    const { granted, counted } = setUp({ versions: [perMillion] });
    await (await granted([usd])).settle(used(1, 1, { cacheRead: 5 }));
    expect(await counted()).toEqual({ b: [21e15, 0] });
  });

  test('that counters take a call for are told for its line, with the counters that take it: no minute’s, none of another unit', async () => {
    const { granted } = setUp({ versions: [{ usdPerMillion: { input: '1', output: '2' } }] });
    const usd = { unit: 'usd', limit: '1' } as const;
    const call = await granted([
      { ...usd, id: 'm', period: 'month' },
      { ...usd, id: 'w', period: 'week', per: 'principal' },
      { ...usd, id: 'd', per: 'model', enforcement: 'soft' },
      { ...usd, id: 'now', period: 'minute' },
      { id: 'tokens' },
    ]);
    const to = ['tenant|m|2026-11', 'principal|w|2026-W47', 'model|d|2026-11-21'];
    expect(call.charged(used(4, 5))?.usd).toBe('0.000014');
    expect(call.charged(used(4, 5))?.to.toSorted()).toEqual(to.toSorted());
    expect(call.charged({ ...used(4, 5), outcome: 'failed' })).toBeUndefined();
    // What cannot be priced is counted as it was reserved.
    expect(call.charged(used(4, 5, { cacheRead: 1 }))?.usd).toBe('0.00005');
    expect((await granted([{ id: 'tokens' }])).charged(used(4, 5))).toBeUndefined();
  });

  test('of another tier are settled at that tier’s price', async () => {
    const flex = { version: 'f', tier: 'flex', usdPerMillion: { input: '50', output: '500' } } as const;
    const { granted, counted } = setUp({ versions: [perMillion, flex] });
    await (await granted([usd])).settle({ ...used(2, 2), tier: 'flex' });
    expect(await counted()).toEqual({ b: [1.1e15, 0] });
  });

  test('of a call that may go on elsewhere are reserved once, at the dearest place, and settled by what each attempt used where it was', async () => {
    const west = { version: 'w', region: 'us-west-2', usdPerMillion: { input: '200', output: '2000' } };
    const { granted, counted } = setUp({ versions: [perMillion, west] });
    const places = [{ region: 'us-west-2', tier: 'on-demand' }] as const;
    const call = await granted([usd, { id: 'r', unit: 'requests' }, { id: 't' }], {}, 'on-demand', places);
    expect(await counted()).toEqual({ b: [42e15, 42e15], r: [1, 1], t: [30, 30] });
    call.retried({ ...used(0, 0), outcome: 'retried', region: 'us-east-2' });
    const torn = { ...used(2, 2), outcome: 'retried', region: 'us-east-1' } as const;
    expect(call.charged(torn)?.usd).toBe('0.0022');
    call.retried(torn);
    await call.settle({ ...used(1, 1), region: 'us-west-2' });
    expect(await counted()).toEqual({ b: [4.4e15, 0], r: [1, 0], t: [6, 0] });
  });

  test('of a place without a price are not known, however cheap the others are', async () => {
    const east = { ...perMillion, region: 'us-east-1' };
    const { ask } = setUp({ versions: [east] });
    const places = [{ region: 'us-west-2', tier: 'on-demand' }] as const;
    await expect(ask([usd], {}, 'on-demand', places)).rejects.toMatchObject({ reason: 'budget-unpriced' });
    await expect(ask([usd], {}, 'on-demand')).resolves.toMatchObject({ refusal: undefined });
  });

  test.each([
    ['priority', '150', '1500', 31.5e15],
    ['flex', '50', '500', 21e15],
    ['batch', '500', '1', 25e15],
  ] as const)(
    'of %s are reserved at its price, or on-demand’s where that is dearer',
    async (tier, input, output, most) => {
      const price = { version: 'w', tier, usdPerMillion: { input, output } };
      const { granted, counted } = setUp({ versions: [perMillion, price] });
      await granted([usd], {}, tier);
      expect(await counted()).toEqual({ b: [most, most] });
    },
  );

  const nothing = { usdPerMillion: { input: '0', output: '0' } };
  const hourly = { tier: 'provisioned', usdPerHour: '10' } as const;
  test.each(
    PERIODS.flatMap((period) =>
      BUDGET_SCOPES.flatMap((per) => [
        { period, per, versions: [nothing], tier: 'on-demand' as const },
        { period, per, versions: [hourly], tier: 'provisioned' as const },
      ]),
    ),
  )(
    'Q6 are not asked for by a call that costs none, beyond the limit of a $period $per budget, on $tier',
    async (one) => {
      const { period, per, versions, tier } = one;
      const { tenant, granted, counted } = setUp({ versions });
      const key = per === 'principal' ? principalCounters(tenant, 'app') : tenantCounters(tenant);
      const name = counterName({ id: 'b', unit: 'usd' }, windowOf(period, NOW), per === 'model' ? 'nova' : undefined);
      await table.counters.update({ key, add: new Map([[totalAttribute(name), 2n * MONEY]]) });
      for (const limit of ['0', '1', '2']) {
        const call = await granted([{ per, period, unit: 'usd', limit }], {}, tier);
        expect([call.refusal, call.output]).toEqual([undefined, 20]);
        await call.settle({ ...used(7, 8), tier });
      }
      expect(await counted(per === 'principal' ? 'app' : undefined)).toEqual({ b: [Number(2n * MONEY), 0] });
    },
  );

  test('Q6 are asked for by a call of which only the answer costs any, or only the input', async () => {
    for (const usdPerMillion of [
      { input: '0', output: '1' },
      { input: '1', output: '0' },
    ]) {
      const { tenant, refused } = setUp({ versions: [{ usdPerMillion }] });
      const name = counterName({ id: 'b', unit: 'usd' }, windowOf('day', NOW));
      await table.counters.update({ key: tenantCounters(tenant), add: new Map([[totalAttribute(name), 2n * MONEY]]) });
      expect((await refused([{ unit: 'usd', limit: '1' }])).refusal.reason).toBe('budget-used-up');
    }
  });

  test('of bought capacity are reserved as if it were used up, and none where it alone has a price', async () => {
    const hour = { version: 'h', tier: 'provisioned', usdPerHour: '20' } as const;
    const overflowing = setUp({ versions: [perMillion, hour] });
    const call = await overflowing.granted([usd], {}, 'provisioned');
    expect(await overflowing.counted()).toEqual({ b: [21e15, 21e15] });
    await call.settle({ ...used(3, 2), tier: 'provisioned' });
    expect(await overflowing.counted()).toEqual({ b: [0, 0] });
    const alone = setUp({ versions: [hour] });
    await alone.granted([usd], {}, 'provisioned');
    expect(await alone.counted()).toEqual({ b: [0, 0] });
    await expect(alone.ask([usd], {}, 'priority')).rejects.toMatchObject({ reason: 'budget-unpriced' });
  });

  test('a hard budget refuses a model without a price, and says so', async () => {
    const { ask, lines } = setUp();
    await expect(ask([usd])).rejects.toMatchObject({
      ...{ code: 'unavailable', reason: 'budget-unpriced', retryAfterSeconds: 2 },
      publicMessage: 'The model has no price here, so a budget in dollars cannot be checked.',
    });
    expect(lines).toMatchObject([{ event: 'undecided', reason: 'budget-unpriced', Undecided: 1 }]);
    expect(table.operations).toEqual([]);
  });

  test('a soft budget lets it pass, uncounted, beside those that are', async () => {
    const { granted, lines, counted } = setUp();
    await (await granted([{ ...usd, enforcement: 'soft' }, { id: 't' }])).settle(used(1, 1));
    expect(lines).toMatchObject([{ event: 'budget-uncounted', budgets: ['b'], BudgetUnsettled: 1 }]);
    expect(await counted()).toEqual({ t: [2, 0] });
  });

  test('a registry that does not answer is no missing price', async () => {
    const prices = { prices: () => Promise.reject(new TollgateError('unavailable', { reason: 'registry-timeout' })) };
    await expect(setUp({ prices }).ask([usd])).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'registry-timeout',
    });
  });
});

describe('a table that fails', () => {
  const down = () => 'lost-request' as const;

  test('refuses under a hard budget, and what may have been reserved is given back', async () => {
    const { ask, kept, counted, lines } = setUp();
    let calls = 0;
    table.fault = () => (++calls === 1 ? 'lost-answer' : calls <= 3 ? 'lost-request' : undefined);
    await expect(ask([{}])).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    expect(lines).toMatchObject([
      { event: 'undecided', reason: 'counters-failed', detail: { cause: expect.any(String) }, Undecided: 1 },
    ]);
    await Promise.all(kept);
    expect(await counted()).toEqual({ b: [0, 0] });
  });

  test('lets pass under soft budgets, counted by a metric', async () => {
    const { granted, lines, kept } = setUp();
    table.fault = down;
    const call = await granted([{ enforcement: 'soft' }]);
    expect(call.standings()).toEqual([]);
    expect(lines).toMatchObject([{ event: 'budget-uncounted', budgets: ['b'], BudgetUnsettled: 1 }]);
    await call.settle(used(1, 1));
    await Promise.all(kept);
  });

  test.each(['lost-answer', 'throttled'] as const)(
    'once (%s) changes nothing: each write counts once',
    async (kind) => {
      const { granted, counted, crossed } = setUp();
      const once = () => {
        let left = 1;
        return () => (left-- > 0 ? kind : undefined);
      };
      table.fault = once();
      const call = await granted([{ limit: '30' }]);
      expect(await counted()).toEqual({ b: [30, 30] });
      table.fault = once();
      await call.settle(used(20, 10));
      expect(await counted()).toEqual({ b: [30, 0] });
      expect(crossed.length).toBeLessThanOrEqual(2);
    },
  );

  test('for good leaves a line and a metric, and settling never rejects', async () => {
    const { granted, lines, tenant } = setUp();
    const call = await granted([{}]);
    table.fault = down;
    await expect(call.settle(used(1, 1))).resolves.toBeUndefined();
    expect(lines).toMatchObject([{ event: 'budget-unsettled', tenant, budgets: ['b'], BudgetUnsettled: 1 }]);
  });
});

describe('settling', () => {
  test.each(['failed', 'throttled', 'refused', 'denied'] as const)(
    'Q4 a call that was %s has used nothing',
    async (outcome) => {
      const { granted, counted } = setUp();
      const call = await granted([{}, { id: 'n', unit: 'requests' }]);
      await call.settle({ ...used(10, 10), outcome });
      expect(await counted()).toEqual({ b: [0, 0], n: [0, 0] });
    },
  );

  test.each(['interrupted', 'deadline', 'abandoned'] as const)(
    'a call that was %s has used what it used',
    async (outcome) => {
      const { granted, counted } = setUp();
      const call = await granted([{}, { id: 'n', unit: 'requests' }]);
      await call.settle({ ...used(3, 4, { cacheRead: 1, cacheWrite: 2, cacheWrite1h: 5, reasoning: 4 }), outcome });
      expect(await counted()).toEqual({ b: [15, 0], n: [1, 0] });
    },
  );

  test('twice counts once', async () => {
    const { granted, counted } = setUp();
    const call = await granted([{}]);
    await Promise.all([call.settle(used(3, 4)), call.settle(used(3, 4))]);
    expect(await counted()).toEqual({ b: [7, 0] });
  });

  test('tells each threshold in the settlement that crosses it', async () => {
    const { granted, crossed } = setUp();
    const use = async (tokens: number) => {
      await (await granted([{ enforcement: 'soft' }])).settle(used(tokens, 0));
      return crossed.splice(0).map(({ percent, settled }) => [percent, Number(settled)]);
    };
    expect(await use(79)).toEqual([]);
    expect(await use(1)).toEqual([[80, 80]]);
    expect(await use(19)).toEqual([]);
    expect(await use(1)).toEqual([[100, 100]]);
    expect(await use(50)).toEqual([]);
    const other = setUp();
    await (await other.granted([{ enforcement: 'soft' }])).settle(used(500, 0));
    expect(other.crossed.map(({ percent }) => percent)).toEqual([80, 100]);
  });

  test('shows where budgets stand: with its input until it is known, and then with what was used', async () => {
    const { granted } = setUp();
    const call = await granted([{}, { id: 'n', unit: 'requests' }]);
    const standing = (record?: Parameters<Granted['settle']>[0]) =>
      call.standings(record).map((one) => Number(one.total));
    expect(standing()).toEqual([10, 1]);
    expect(standing(used(3, 4))).toEqual([7, 1]);
    expect(standing({ ...used(0, 0), outcome: 'failed' })).toEqual([0, 0]);
  });
});
