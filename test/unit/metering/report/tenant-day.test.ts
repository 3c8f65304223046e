import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TENANT_DAY_MAX_BYTES } from '../../../../contract/limits/metering.ts';
import type { UsageRecord } from '../../../../contract/usage.ts';
import { usageDayKey } from '../../../../metering/budgets/counter-names.ts';
import type { Counters } from '../../../../metering/budgets/counters.ts';
import { aggregate } from '../../../../metering/ledger/aggregate.ts';
import { noTokens } from '../../../../metering/price.ts';
import { parseTenantDay, type TenantDay, TenantDays, toItem } from '../../../../metering/report/tenant-day.ts';
import { aggregationOver, book, call, finished, MemoryStore, NINE, started } from '../support.ts';
import { type CountersTable, openTable } from '../table.ts';

const NOW = NINE + 7_200_000;
const DAY = '2026-11-21';

function daysOf(records: UsageRecord[]): TenantDay[] {
  const days = new TenantDays(DAY);
  days.add(aggregate(records, book(), NOW).rows);
  return days.list(NOW);
}

describe('a tenant’s summary of a day', () => {
  test('has a row for each model and principal, whatever the hour, region, tier and price version', () => {
    const tokens = { input: 10, output: 5, cacheRead: 0, cacheWrite: 0 };
    const [acme, globex, ...others] = daysOf([
      finished({ invocationId: 'a', tokens }),
      finished({ invocationId: 'b', tokens, region: 'eu-west-1' }),
      finished({ invocationId: 'c', tokens, principal: 'other' }),
      finished({ invocationId: 'd', tokens, tenant: 'globex', model: 'unpriced' }),
      started({ invocationId: 'e' }),
    ]);
    expect(others).toEqual([]);
    expect(acme).toMatchObject({
      tenant: 'acme',
      day: DAY,
      asOf: NOW,
      rows: [
        {
          model: 'nova-lite',
          principal: 'acme-app',
          tokens: { input: 20n, output: 10n },
          invocations: 2,
          unsettled: 1,
        },
        { model: 'nova-lite', principal: 'other', tokens: { input: 10n }, invocations: 1, unsettled: 0 },
      ],
    });
    expect(acme?.rows[0]?.cost).toEqual({ input: 1_200_000_000_000n, output: 2_400_000_000_000n, estimated: 0n });
    expect(globex?.rows).toMatchObject([{ model: 'unpriced', invocations: 1, unpriced: 1, cost: null }]);
  });

  test('read back from its item it is what was written, also beyond what a number of JSON holds', () => {
    const tokens = { ...noTokens(), input: 2n ** 60n + 1n, cacheWrite1h: 3n, images: 1n };
    const rows = [
      {
        model: 'm',
        principal: 'zoë "x"',
        tokens,
        invocations: 3,
        estimated: 2,
        unsettled: 1,
        unpriced: 0,
        cost: { input: 1n, output: 0n, estimated: 1n },
      },
      {
        ...{ model: 'n', principal: '', tokens: noTokens(), invocations: 1, estimated: 0 },
        ...{ unsettled: 0, unpriced: 1, cost: null },
      },
    ];
    const day = { tenant: 'acme', day: DAY, asOf: NOW, rows };
    const item = toItem(day);
    expect(item).toMatchObject({ pk: 'USAGE#acme', sk: DAY, asOf: NOW, expiresAt: Date.UTC(2027, 11, 26) / 1_000 });
    expect(parseTenantDay('acme', DAY, item.doc)).toEqual(day);
  });

  test('one of an earlier release tells of no estimates', () => {
    const counts = { tokens: { input: '7' }, invocations: 1, unsettled: 0, unpriced: 0 };
    const row = { model: 'm', principal: 'p', ...counts, cost: { input: '1', output: '0' } };
    expect(parseTenantDay('acme', DAY, JSON.stringify({ v: 1, asOf: NOW, rows: [row] })).rows).toMatchObject([
      { estimated: 0, cost: { input: 10n ** 18n, estimated: 0n } },
    ]);
  });

  test('a document of another version is not guessed at', () => {
    expect(() => parseTenantDay('acme', DAY, '{"v":2,"asOf":0,"rows":[]}')).toThrow('unknown version');
  });

  test('who only was refused, or has a name that is no tenant’s, has none', () => {
    expect(daysOf([finished({ outcome: 'refused' }), finished({ invocationId: 'b', tenant: 'a/../b' })])).toEqual([]);
  });

  test('of more principals than an item holds those who used most are named, and nothing is lost', () => {
    const records = Array.from({ length: 4_000 }, (_, i) =>
      finished({
        invocationId: `c${i}`,
        principal: `principal-${i}`,
        model: i % 2 === 0 ? 'nova-lite' : 'unpriced',
        tokens: { input: i, output: 1, cacheRead: 0, cacheWrite: 0 },
      }),
    );
    const [day] = daysOf(records);
    expect(Buffer.byteLength(toItem(day as TenantDay).doc)).toBeLessThan(TENANT_DAY_MAX_BYTES + 100);
    expect(Buffer.byteLength(toItem(day as TenantDay).doc)).toBeGreaterThan(TENANT_DAY_MAX_BYTES - 1_000);
    const rows = day?.rows ?? [];
    expect(rows.filter(({ principal }) => principal === '').map(({ model }) => model)).toEqual([
      'nova-lite',
      'unpriced',
    ]);
    expect(rows.some(({ principal }) => principal === 'principal-3999')).toBe(true);
    expect(rows.some(({ principal }) => principal === 'principal-0')).toBe(false);
    expect(rows.reduce((sum, { tokens }) => sum + tokens.input, 0n)).toBe((3_999n * 4_000n) / 2n);
    expect(rows.reduce((sum, { invocations }) => sum + invocations, 0)).toBe(4_000);
    expect(rows.reduce((sum, { unpriced }) => sum + unpriced, 0)).toBe(2_000);
  });
});

describe('written with the day’s report', () => {
  let table: CountersTable;

  beforeAll(async () => {
    table = await openTable();
  });

  afterAll(() => table.close());

  /** Two tenants of the test's own; a call of each at nine, and another of the first at ten. */
  function deliver(store: MemoryStore, one: string, other: string): void {
    const atNine = [...call({ invocationId: 'a', tenant: one }), ...call({ invocationId: 'b', tenant: other })];
    store.deliver('dt=2026-11-21/hour=09/a', atNine);
    store.deliver('dt=2026-11-21/hour=10/b', call({ invocationId: 'c', tenant: one, at: NINE + 3_600_000 }));
  }

  async function summary(tenant: string): Promise<TenantDay | undefined> {
    const document = await table.counters.get(usageDayKey(tenant, DAY));
    return document && parseTenantDay(tenant, DAY, String(document.doc));
  }

  test('for every tenant, over all hours of the day, and again when an hour changes', async () => {
    const store = new MemoryStore();
    deliver(store, 'one', 'other');
    const { run, clock } = aggregationOver(store, { counters: table.counters });
    await run();
    expect(await summary('one')).toMatchObject({ asOf: clock.now, rows: [{ invocations: 2 }] });
    expect(await summary('other')).toMatchObject({ asOf: clock.now, rows: [{ invocations: 1 }] });
    store.deliver('dt=2026-11-21/hour=11/c', call({ invocationId: 'd', tenant: 'one' }));
    // Even within the same millisecond.
    await run();
    expect(await summary('one')).toMatchObject({ asOf: clock.now, rows: [{ invocations: 3 }] });
  });

  test('once, however often another run writes the report in between', async () => {
    const store = new MemoryStore();
    deliver(store, 'disturbed', 'undisturbed');
    const report = 'reports/2026-11-21.csv';
    let times = 0;
    store.before = (operation, key) => {
      if (operation === 'put' && key === report && times++ < 2) store.objects.set(report, Buffer.from(String(times)));
    };
    await aggregationOver(store, { counters: table.counters }).run();
    expect(times).toBe(3);
    expect((await summary('disturbed'))?.rows).toMatchObject([{ invocations: 2 }]);
  });

  test('never over one that was read later, and that is no failure', async () => {
    const store = new MemoryStore();
    deliver(store, 'overtaken', 'alone');
    const { pk, sk, ...later } = toItem({ tenant: 'overtaken', day: DAY, asOf: NOW + 99 * 3_600_000, rows: [] });
    await table.counters.put({ pk, sk }, later);
    await aggregationOver(store, { counters: table.counters }).run();
    expect((await summary('overtaken'))?.rows).toEqual([]);
    expect((await summary('alone'))?.rows).toHaveLength(1);
  });

  test('one that cannot be written fails the run, after the others were, and the next run repairs it', async () => {
    const store = new MemoryStore();
    deliver(store, 'unlucky', 'lucky');
    let failing = true;
    const put: Counters['put'] = async (key, ...rest) => {
      if (failing && key.pk === 'USAGE#unlucky') throw new Error('ProvisionedThroughputExceeded');
      return table.counters.put(key, ...rest);
    };
    const { run, failures } = aggregationOver(store, { counters: { ...table.counters, put } });
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    expect(failures()).toMatchObject([{ during: 'report', day: DAY }]);
    expect(await summary('unlucky')).toBeUndefined();
    expect((await summary('lucky'))?.rows).toHaveLength(1);
    failing = false;
    await run();
    expect((await summary('unlucky'))?.rows).toMatchObject([{ invocations: 2 }]);
  });
});
