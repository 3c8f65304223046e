import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import { COUNTER_KEPT_MS, MINUTE_COUNTER_KEPT_MS, RESERVATION_EPOCH_MS } from '../../../../contract/limits/budgets.ts';
import { tenantCounters, usageDayKey } from '../../../../metering/budgets/counter-names.ts';
import { countedIn } from '../../../../metering/budgets/quota.ts';
import { releaseReservations } from '../../../../metering/budgets/release.ts';
import type { Granted } from '../../../../metering/budgets/verdict.ts';
import { budgetsOver, type CountersTable, openTable } from '../table.ts';

let table: CountersTable;
let now: number;

// The last second of an epoch: the shortest time after which a crashed call may be released.
const START =
  Math.floor(Date.UTC(2026, 10, 21, 12) / RESERVATION_EPOCH_MS) * RESERVATION_EPOCH_MS + RESERVATION_EPOCH_MS - 1_000;

beforeAll(async () => {
  table = await openTable();
});
beforeEach(() => {
  now = START;
});
afterAll(() => table.close());

let tenants = 0;

function setUp() {
  const tenant = `tenant-${++tenants}`;
  const { reserve } = budgetsOver(table, () => now);
  const call = async (budget: Partial<Budget> = {}): Promise<Granted> => {
    const whole = {
      ...{ id: 'b', per: 'tenant', period: 'day', unit: 'tokens', limit: '1000', enforcement: 'hard' },
      ...budget,
    };
    return (await reserve({
      ...{ tenant, principal: 'app', model: 'nova', at: now, region: 'us-east-1', tier: 'on-demand' },
      budgets: [whole as Budget],
      demand: { input: 10, output: 20, lowerable: true, images: 0, searches: 0, caches: false },
      waitUntil: () => {},
    })) as Granted;
  };
  const attributes = async () => Object.fromEntries((await table.counters.counts(tenantCounters(tenant))).numbers);
  const counted = async () =>
    countedIn(await table.counters.counts(tenantCounters(tenant))).map(({ total, reserved }) => [
      Number(total),
      Number(reserved),
    ]);
  return { tenant, call, counted, attributes };
}

const used = (tokens: number) => ({
  outcome: 'ok' as const,
  tokens: { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0 },
});

async function sweep() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => lines.push(JSON.parse(line));
  const result = await releaseReservations({ counters: table.counters, clock: () => now, write });
  return { ...result, lines };
}

test('what crashed calls hold is given back once it cannot be alive, and what others used stays', async () => {
  const { tenant, call, counted } = setUp();
  await (await call()).settle(used(7));
  await Promise.all([call(), call()]);
  now = START + 1_000 + RESERVATION_EPOCH_MS - 1;
  expect(await sweep()).toEqual({ released: 0, lines: [] });
  expect(await counted()).toEqual([[67, 60]]);
  now++;
  const { released, lines } = await sweep();
  expect(released).toBe(2);
  expect(lines).toMatchObject([{ event: 'reservations-released', tenant, calls: 2, ReservationsReleased: 2 }]);
  expect(await counted()).toEqual([[7, 0]]);
  expect(await sweep()).toEqual({ released: 0, lines: [] });
});

test('two at once give back once', async () => {
  const { call, counted } = setUp();
  await call();
  now += 2 * RESERVATION_EPOCH_MS;
  const results = await Promise.all([sweep(), sweep(), sweep()]);
  expect(results.reduce((sum, { released }) => sum + released, 0)).toBe(1);
  expect(await counted()).toEqual([[0, 0]]);
});

test('a call that ends when it has been given up changes nothing any more', async () => {
  const { call, counted } = setUp();
  const late = await call();
  now += 2 * RESERVATION_EPOCH_MS;
  await sweep();
  await late.settle(used(5));
  expect(await counted()).toEqual([[0, 0]]);
});

test('calls of a later epoch keep what they hold', async () => {
  const { call, counted } = setUp();
  await call();
  now += 2 * RESERVATION_EPOCH_MS;
  const alive = await call();
  expect((await sweep()).released).toBe(1);
  expect(await counted()).toEqual([[30, 30]]);
  await alive.settle(used(4));
  expect(await counted()).toEqual([[4, 0]]);
});

test('a settlement takes away what is left of windows long past, and nothing of those that are not', async () => {
  const { call, attributes } = setUp();
  await (await call({ id: 'm', period: 'minute' })).settle(used(1));
  await (await call({ id: 'd' })).settle(used(2));
  now += MINUTE_COUNTER_KEPT_MS + 60_000;
  await (await call({ id: 'd' })).settle(used(3));
  expect(Object.keys(await attributes()).filter((name) => name.includes('|m|'))).toEqual([]);
  now = Date.UTC(2026, 10, 22) + COUNTER_KEPT_MS - 1;
  await (await call({ id: 'd' })).settle(used(4));
  expect(await attributes()).toMatchObject({ 't|d|2026-11-21|tokens': 5n, 't|d|2026-11-22|tokens': 4n });
  now++;
  await (await call({ id: 'd' })).settle(used(5));
  const left = await attributes();
  expect(left).toMatchObject({ 't|d|2026-11-22|tokens': 9n });
  expect(Object.keys(left).filter((name) => name.includes('2026-11-21'))).toEqual([]);
});

test('what a minute’s call crashed with goes with its minute, and is no release', async () => {
  const { call, attributes } = setUp();
  await call({ id: 'm', period: 'minute' });
  now += 2 * RESERVATION_EPOCH_MS;
  await sweep();
  expect(Object.keys(await attributes())).toEqual(['expiresAt']);
});

test('the days’ summaries in the same table are left alone', async () => {
  const key = usageDayKey('acme', '2026-11-21');
  await table.counters.put(key, { 'o|1|b|2026-11-21|tokens': 5, calls: 1 });
  expect((await sweep()).released).toBe(0);
  expect(await table.counters.get(key)).toEqual({ 'o|1|b|2026-11-21|tokens': 5, calls: 1 });
});
