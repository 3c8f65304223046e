import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Budget } from '../../contract/budget.ts';
import { COUNTER_KEPT_MS, RESERVATION_EPOCH_MS } from '../../contract/limits/budgets.ts';
import { type Budgets, createBudgets } from '../../metering/budgets/budgets.ts';
import { counterName, principalCounters, tenantCounters } from '../../metering/budgets/counter-names.ts';
import { countedOf, limitOf } from '../../metering/budgets/quota.ts';
import { releaseReservations } from '../../metering/budgets/release.ts';
import type { Crossing } from '../../metering/budgets/reservation.ts';
import type { Granted } from '../../metering/budgets/verdict.ts';
import { windowOf } from '../../metering/calendar.ts';
import { budgetsOver, type CountersTable, openTable } from '../unit/metering/table.ts';

/**
 * Budgets over the local DynamoDB itself: whatever calls do at once, however they end and whatever the table loses, what
 * is settled and reserved of a hard budget stays within its limit, but for what calls used beyond their reservation.
 */

let table: CountersTable;

beforeAll(async () => {
  table = await openTable();
});

afterAll(() => table.close());

const START = Date.UTC(2026, 10, 29, 22, 30);
const WEEK_MS = 7 * 24 * 3_600_000;

const UNITS = ['tokens', 'requests', 'usd'] as const;
const PRICED = { input: '1', output: '3' };

const budgets = fc.uniqueArray(
  fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    per: fc.constantFrom('tenant' as const, 'principal' as const, 'model' as const),
    period: fc.constantFrom('day' as const, 'week' as const, 'month' as const),
    unit: fc.constantFrom(...UNITS),
    size: fc.integer({ min: 0, max: 400 }),
    enforcement: fc.constantFrom('hard' as const, 'hard' as const, 'soft' as const),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 3 },
);

function budgetOf({ size, unit, ...rest }: { size: number } & Omit<Budget, 'limit'>): Budget {
  // About as many calls fit, whatever the unit.
  const limit =
    unit === 'requests' ? String(size % 12) : unit === 'usd' ? `0.${String(size * 2).padStart(6, '0')}` : String(size);
  return { ...rest, unit, limit };
}

/** What one call asks for, how it ends, and what it used by then; more than it had reserved, perhaps. */
const calls = fc.record({
  principal: fc.constantFrom('p', 'q'),
  model: fc.constantFrom('m', 'n'),
  input: fc.integer({ min: 0, max: 60 }),
  output: fc.integer({ min: 0, max: 90 }),
  lowerable: fc.boolean(),
  ends: fc.constantFrom('ok' as const, 'ok' as const, 'failed' as const, 'crash' as const),
  usedInput: fc.integer({ min: 0, max: 70 }),
  usedOutput: fc.integer({ min: 0, max: 90 }),
});

/** Calls begin in groups, all of a group at once; a group's calls end by themselves, or while those of the next begin. */
const runs = fc.record({
  budgets,
  groups: fc.array(
    fc.record({ calls: fc.array(calls, { minLength: 1, maxLength: 5 }), minutes: fc.nat(200), overlap: fc.boolean() }),
    { minLength: 1, maxLength: 5 },
  ),
  faults: fc.array(
    fc.constantFrom(undefined, undefined, undefined, undefined, 'lost-request' as const, 'lost-answer' as const),
    {
      maxLength: 40,
    },
  ),
});

let tenants = 0;

test('Q2 no interleaving passes a hard limit by more than its calls used beyond their reservation; nothing is lost', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async ({ budgets: drawn, groups, faults }) => {
      const tenant = `tenant-${++tenants}`;
      const list = drawn.map((budget) => budgetOf(budget));
      let now = START;
      let names = 0;
      let lost = false;
      const crossed: Crossing[] = [];
      const ran: Budgets = createBudgets({
        counters: table.counters,
        prices: {
          prices: async (ids) =>
            new Map(ids.map((id) => [id, { id, prices: [{ version: 'v', from: 0, usdPerMillion: PRICED }] }])),
        },
        clock: () => now,
        write: (line) => {
          lost ||= /"event":"budget-un(settled|counted)"/.test(line);
        },
        newCall: () => `call-${++names}`,
        announce: async (found) => void crossed.push(...found),
        pause: async () => {},
      });
      const pending = [...faults];
      table.fault = () => pending.shift();

      /** By counter: what was used, and by how much more than was reserved. */
      const used = new Map<string, bigint>();
      const beyond = new Map<string, bigint>();
      const keyOf = (budget: Budget, principal: string, model: string, at: number): string =>
        [
          budget.id,
          budget.per === 'principal' ? principal : budget.per === 'model' ? model : '',
          windowOf(budget.period, at).name,
        ].join();
      const background: Promise<unknown>[] = [];
      type Drawn = (typeof groups)[number]['calls'][number];
      const open: { call: Drawn; at: number; granted: Granted }[] = [];

      const begin = async (call: Drawn): Promise<void> => {
        const at = now;
        const { principal, model, input, output, lowerable } = call;
        const verdict = await ran
          .reserve({
            ...{ tenant, principal, model, at, budgets: list, region: 'us-east-1', tier: 'on-demand' },
            demand: { input, output, lowerable, images: 0, searches: 0, caches: false },
            waitUntil: (promise) => background.push(promise),
          })
          .catch(() => undefined);
        if (verdict !== undefined && verdict.refusal === undefined) open.push({ call, at, granted: verdict });
      };
      const end = async ({ call, at, granted }: (typeof open)[number]): Promise<void> => {
        const { principal, model, ends, input, usedInput, usedOutput } = call;
        if (ends === 'crash') return;
        // A limit on the answer holds; what the input comes to is the model's to say.
        const output = Math.min(usedOutput, granted.output);
        const tokens = { input: usedInput, output, cacheRead: 0, cacheWrite: 0 };
        if (ends === 'ok')
          for (const budget of list) {
            const key = keyOf(budget, principal, model, at);
            const amount = {
              requests: 1n,
              credentials: 1n,
              tokens: BigInt(usedInput + output),
              usd: micro(usedInput + 3 * output),
            }[budget.unit];
            const reserved = {
              requests: 1n,
              credentials: 1n,
              tokens: BigInt(input + granted.output),
              usd: micro(input + 3 * granted.output),
            }[budget.unit];
            used.set(key, (used.get(key) ?? 0n) + amount);
            if (amount > reserved) beyond.set(key, (beyond.get(key) ?? 0n) + amount - reserved);
          }
        await granted.settle({ outcome: ends, tokens });
      };
      const counted = async (budget: Budget, principal: string, model: string, at: number) => {
        const key = budget.per === 'principal' ? principalCounters(tenant, principal) : tenantCounters(tenant);
        const name = counterName(budget, windowOf(budget.period, at), budget.per === 'model' ? model : undefined);
        return countedOf(name, await table.counters.counts(key));
      };
      const each = list.flatMap((budget) =>
        (budget.per === 'tenant' ? ['p'] : ['p', 'q']).map((which) => ({
          budget,
          principal: which,
          model: which === 'p' ? 'm' : 'n',
        })),
      );
      const holds = async (): Promise<void> => {
        const faulty = table.fault;
        table.fault = () => undefined;
        for (const { budget, principal, model } of each) {
          const { total, reserved } = await counted(budget, principal, model, now);
          expect(reserved).toBeGreaterThanOrEqual(0n);
          if (budget.enforcement === 'hard')
            expect(total <= limitOf(budget) + (beyond.get(keyOf(budget, principal, model, now)) ?? 0n)).toBe(true);
        }
        table.fault = faulty;
      };

      for (const { calls: group, minutes, overlap } of groups) {
        const ending = open.splice(0).map((one) => end(one));
        await Promise.all([...ending, ...group.map((call) => begin(call))]);
        if (!overlap) await Promise.all(open.splice(0).map((one) => end(one)));
        await holds();
        // No call lives for longer than a quarter of an hour.
        now += (overlap ? minutes % 14 : minutes) * 60_000;
      }
      await Promise.all(open.splice(0).map((one) => end(one)));
      await Promise.all(background);
      await holds();
      const last = now;
      table.fault = () => undefined;

      // Whatever crashed, or could not be settled, is given back once it cannot be alive any more.
      now += 2 * RESERVATION_EPOCH_MS;
      await Promise.all(
        [1, 2].map(() => releaseReservations({ counters: table.counters, clock: () => now, write: () => {} })),
      );
      for (const { budget, principal, model } of each)
        for (const at of [START, last]) {
          const { total, reserved } = await counted(budget, principal, model, at);
          const past = windowOf(budget.period, at).until + COUNTER_KEPT_MS <= now;
          const whole = used.get(keyOf(budget, principal, model, at)) ?? 0n;
          expect(reserved).toBe(0n);
          // What the table could not be told of is not counted, and says so; nothing is ever counted twice.
          if (lost || past) expect(total <= whole).toBe(true);
          else expect(total).toBe(whole);
        }

      const told = crossed.map(({ counter: { key, name }, percent }) => JSON.stringify([key, name, percent]));
      expect(new Set(told).size).toBe(told.length);
    }),
    { numRuns: 60 },
  );
}, 120_000);

/** Millionths of a dollar in Money. */
function micro(amount: number): bigint {
  return BigInt(amount) * 10n ** 12n;
}

test('Q3 calls through the end of every period: each counts once, in the window in which it began', async () => {
  for (const [period, end] of [
    ['day', Date.UTC(2026, 10, 22)],
    ['week', Date.UTC(2026, 10, 23)],
    ['month', Date.UTC(2026, 11, 1)],
    ['month', Date.UTC(2028, 2, 1)],
    ['minute', Date.UTC(2026, 10, 21, 9, 1)],
  ] as const) {
    const tenant = `${period}-${end}`;
    let now = end - 1_000;
    const { reserve } = budgetsOver(table, () => now);
    const budget: Budget = { id: 'b', per: 'tenant', period, unit: 'tokens', limit: '100000', enforcement: 'hard' };
    const used = new Map<string, bigint>();
    const one = async (i: number): Promise<void> => {
      // 200 calls over two seconds, of which the border is the middle.
      const at = end - 1_000 + i * 10;
      now = at;
      const verdict = await reserve({
        ...{ tenant, principal: 'p', model: 'm', at, budgets: [budget], region: 'us-east-1', tier: 'on-demand' },
        demand: { input: 10, output: 30, lowerable: true, images: 0, searches: 0, caches: false },
        waitUntil: () => {},
      });
      if (verdict === undefined || verdict.refusal !== undefined) throw new Error('refused');
      const { name } = windowOf(period, at);
      used.set(name, (used.get(name) ?? 0n) + BigInt(i + 1));
      await verdict.settle({ outcome: 'ok', tokens: { input: i, output: 1, cacheRead: 0, cacheWrite: 0 } });
    };
    await Promise.all(Array.from({ length: 200 }, (_, i) => one(i)));
    const counts = await table.counters.counts(tenantCounters(tenant));
    for (const at of [end - 1, end]) {
      const window = windowOf(period, at);
      const expected = { total: used.get(window.name), reserved: 0n };
      expect(countedOf(counterName(budget, window), counts), `${period} ${window.name}`).toEqual(expected);
    }
    expect([...used.values()].reduce((a, b) => a + b)).toBe((200n * 201n) / 2n);
  }
}, 60_000);

test('a day that is over is still there a week later only if nobody called since', () => {
  expect(COUNTER_KEPT_MS).toBeGreaterThan(2 * RESERVATION_EPOCH_MS);
  expect(COUNTER_KEPT_MS).toBeLessThan(WEEK_MS);
});
