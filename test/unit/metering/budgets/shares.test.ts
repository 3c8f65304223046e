import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import { EXACT_REQUESTS_PER_MINUTE, REQUESTS_PER_MINUTE } from '../../../../contract/limits/budgets.ts';
import { tenantCounters } from '../../../../metering/budgets/counter-names.ts';
import { createShares, isShare, requestsShare, SESSIONS, type Share } from '../../../../metering/budgets/shares.ts';
import { type CountersTable, openTable } from '../table.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);

let table: CountersTable;
let tenant: string;
let tenants = 0;

beforeAll(async () => {
  table = await openTable();
});
beforeEach(() => {
  tenant = `tenant-${++tenants}`;
  table.fault = () => undefined;
  table.operations.length = 0;
});
afterAll(() => table.close());

/** One process; what it tells in the background is waited for where `told` says so. */
function startProcess(share: Share) {
  let now = NOW;
  const kept: Promise<unknown>[] = [];
  const lines: Record<string, unknown>[] = [];
  const take = createShares({
    counters: table.counters,
    clock: () => now,
    write: (line) => lines.push(JSON.parse(line)),
  });
  const one = (of = tenant): boolean => {
    try {
      take(of, share, { waitUntil: (promise) => kept.push(promise) });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'rate_limited', reason: 'share-used-up' });
      return false;
    }
  };
  return {
    ...{ one, take, kept, lines },
    /** @returns how many of them passed, the table's answer awaited after each */
    async many(count: number, of = tenant): Promise<number> {
      let passed = 0;
      for (let i = 0; i < count; i++) {
        if (one(of)) passed++;
        await Promise.all(kept.splice(0));
      }
      return passed;
    },
    later(ms: number) {
      now += ms;
    },
  };
}

const share = (limit: number): Share => ({ id: '_requests', of: 'requests', limit });

const attributes = async (): Promise<string[]> =>
  [...(await table.counters.counts(tenantCounters(tenant))).numbers.keys()].filter((name) => name.startsWith('t|'));

describe('a share', () => {
  test('is given to its last one and no further, and anew in the next minute; another tenant has its own', async () => {
    const process = startProcess(share(5));
    expect(await process.many(8)).toBe(5);
    expect(await process.many(1, 'another')).toBe(1);
    process.later(MINUTE);
    expect(await process.many(1)).toBe(1);
  });

  test('that is used up says how much it was and when there is more', () => {
    const { take } = startProcess(share(0));
    const ask = () => take(tenant, share(0), { waitUntil: () => {} });
    expect(ask).toThrow(
      expect.objectContaining({
        status: 429,
        retryAfterSeconds: 30,
        publicMessage:
          'This tenant has had its 0 requests of this minute; the next one begins at 2026-11-21T12:01:00Z.',
      }),
    );
  });

  test('is taken without waiting for the table, which is told ever more at once', async () => {
    const process = startProcess(share(10_000));
    await process.many(64);
    expect(table.operations).toEqual(Array(7).fill('UpdateItem'));
    const { numbers } = await table.counters.counts(tenantCounters(tenant));
    expect(numbers.get('t|_requests|2026-11-21T12:00|requests')).toBe(64n);
    table.fault = () => 'lost-request';
    const began = performance.now();
    expect(process.one()).toBe(true);
    expect(performance.now() - began).toBeLessThan(50);
  });

  test('of many processes is passed by one step of each at most, and never by as much again', async () => {
    const [limit, count] = [400, 20];
    const processes = Array.from({ length: count }, () => startProcess(share(limit)));
    let passed = 0;
    for (let round = 0; round < 60; round++) for (const process of processes) passed += await process.many(1);
    expect(passed).toBeGreaterThanOrEqual(limit);
    expect(passed).toBeLessThanOrEqual(limit + count * (limit / 100));
    expect(passed).toBeLessThan(2 * limit);
  });

  test('whose counter does not answer refuses nobody before this process has had all of it by itself', async () => {
    const process = startProcess(share(10));
    table.fault = () => 'throttled';
    expect(await process.many(12)).toBe(10);
    expect(process.lines).toContainEqual(
      expect.objectContaining({ event: 'share-uncounted', tenant, BudgetUnsettled: 1 }),
    );
    table.fault = () => undefined;
    process.later(MINUTE);
    expect(await process.many(1)).toBe(1);
  });

  test('leaves nothing of the minutes before the last in the item', async () => {
    const process = startProcess(share(10));
    for (let minute = 0; minute < 5; minute++) {
      await process.many(2);
      process.later(MINUTE);
    }
    expect(await attributes()).toEqual([
      't|_requests|2026-11-21T12:03|requests',
      't|_requests|2026-11-21T12:04|requests',
    ]);
  });

  test('of sessions is counted apart from that of requests', async () => {
    const sessions = startProcess({ ...SESSIONS, limit: 1 });
    expect(await sessions.many(2)).toBe(1);
    expect(await startProcess(share(1)).many(2)).toBe(1);
  });
});

describe('which share of requests', () => {
  const rate = (more: Partial<Budget>): Budget => ({
    ...{ id: 'rate', per: 'tenant', period: 'minute', unit: 'requests', limit: '60', enforcement: 'hard' },
    ...more,
  });
  const large = String(EXACT_REQUESTS_PER_MINUTE + 1);

  test.each<[string, Budget[], string, number]>([
    ['everybody has one', [], '_requests', REQUESTS_PER_MINUTE],
    ['a small rate is counted exactly beside it', [rate({})], '_requests', REQUESTS_PER_MINUTE],
    ['a rate too large to be counted exactly stands in its place', [rate({ limit: '600000' })], 'rate', 600_000],
    ['the least of several holds', [rate({ limit: '600000' }), rate({ id: 'b', limit: large })], 'b', Number(large)],
    ['a soft one changes nothing', [rate({ limit: large, enforcement: 'soft' })], '_requests', REQUESTS_PER_MINUTE],
    ['nor one for a day', [rate({ limit: large, period: 'day' })], '_requests', REQUESTS_PER_MINUTE],
    ['nor one for each principal', [rate({ limit: large, per: 'principal' })], '_requests', REQUESTS_PER_MINUTE],
    ['nor one of tokens', [rate({ limit: large, unit: 'tokens' })], '_requests', REQUESTS_PER_MINUTE],
  ])('%s', (_, budgets, id, limit) => {
    expect(requestsShare(budgets)).toMatchObject({ id, limit });
  });

  test('a rate is counted before each call up to what one item can be written', () => {
    expect(isShare(rate({ limit: String(EXACT_REQUESTS_PER_MINUTE) }))).toBe(false);
    expect(isShare(rate({ limit: large }))).toBe(true);
  });
});
