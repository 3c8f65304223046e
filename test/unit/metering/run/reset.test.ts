import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Budget } from '../../../../contract/budget.ts';
import type { Asked, Budgets } from '../../../../metering/budgets/budgets.ts';
import { counterPartition } from '../../../../metering/budgets/counter-names.ts';
import type { Counters } from '../../../../metering/budgets/counters.ts';
import { budgetStatus } from '../../../../metering/budgets/status.ts';
import type { Granted } from '../../../../metering/budgets/verdict.ts';
import { hourKey } from '../../../../metering/ledger/layout.ts';
import { usageCsv } from '../../../../metering/ledger/usage-file.ts';
import { startBudget } from '../../../../metering/run/reset.ts';
import { hourOf } from '../../../../metering/window.ts';
import { MemoryStore, NINE } from '../support.ts';
import { budgetsOver, type CountersTable, openTable } from '../table.ts';
import { usageRow } from '../usage-row.ts';

const NOW = NINE + 3_600_000;
const CENT = 10n ** 16n;

const budget = (members: Partial<Budget> = {}): Budget => ({
  ...{ id: 'b', per: 'tenant', period: 'month', unit: 'requests', limit: '100', enforcement: 'hard' },
  ...members,
});

async function ledger(rows: Parameters<typeof usageRow>[0][], at = NINE): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.put(
    hourKey(hourOf(at), 'usage.csv'),
    usageCsv(
      hourOf(at),
      rows.map((row) => usageRow(row)),
    ),
  );
  return store;
}

describe('a budget that is set in the middle of a window', () => {
  let table: CountersTable;
  let tenants = 0;
  let budgets: Budgets;

  beforeAll(async () => {
    table = await openTable();
    budgets = budgetsOver(table, () => NOW);
  });

  afterAll(() => table.close());

  const start = (store: MemoryStore, of: readonly string[], given: Budget, counters: ResetCounters = table.counters) =>
    startBudget(of, given, { store, counters, now: NOW });
  type ResetCounters = Pick<Counters, 'counts' | 'partition' | 'update'>;

  async function standing(tenant: string, given: Budget) {
    const items = await table.counters.partition(counterPartition(tenant));
    return budgetStatus([given], items, NOW).map(({ of, settled, reserved }) => [of, settled, reserved]);
  }

  /** A call under the budget, reserved; `settle` ends it. */
  async function reserved(tenant: string, given: Budget) {
    const kept: Promise<unknown>[] = [];
    const asked: Asked = {
      ...{ tenant, principal: 'app', model: 'nova', at: NOW, region: 'us-east-1', tier: 'on-demand', elsewhere: [] },
      budgets: [given],
      demand: { input: 1, output: 1, lowerable: true, images: 0, searches: 0, caches: false },
      waitUntil: (promise) => kept.push(promise),
    };
    const granted = (await budgets.reserve(asked)) as Granted;
    const tokens = { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 };
    return async () => {
      await granted.settle({ outcome: 'ok', tokens });
      await Promise.all(kept);
    };
  }

  test.each<[string, Partial<Budget>, [string, bigint][], string[]]>([
    ['calls', {}, [['', 7n]], ['7']],
    ['tokens', { unit: 'tokens' }, [['', 15n]], ['15']],
    ['dollars', { unit: 'usd' }, [['', 12n * CENT]], ['0.12']],
    [
      'each principal',
      { per: 'principal' },
      [
        ['app', 3n],
        ['other', 4n],
      ],
      ['3', '4'],
    ],
    ['one principal', { per: 'principal', only: 'other' }, [['other', 4n]], ['4']],
    [
      'each model',
      { per: 'model', period: 'day' },
      [
        ['lite', 4n],
        ['nova', 3n],
      ],
      ['4', '3'],
    ],
  ])('starts from what the ledger knows of it: %s', async (_, members, counters, amounts) => {
    const tenant = `tenant-${++tenants}`;
    const store = await ledger([
      {
        tenant,
        principal: 'app',
        model: 'nova',
        invocations: 3,
        tokens: { input: 5n },
        cost: { input: 4n * CENT, output: 0n, estimated: 0n },
      },
      {
        tenant,
        principal: 'other',
        model: 'lite',
        invocations: 4,
        tokens: { output: 10n },
        cost: { input: 0n, output: 8n * CENT, estimated: 0n },
      },
      { tenant: 'somebody-else', invocations: 50, tokens: { input: 50n } },
    ]);
    const given = budget(members);
    const rows = await start(store, [tenant], given);
    expect(rows.map(({ before, after, from }) => [before, after, from])).toEqual(
      amounts.map((one) => ['0', one, 'ledger']),
    );
    expect(await standing(tenant, given)).toEqual(counters.map(([of, settled]) => [of, settled, 0n]));
    // A second time there is nothing to add.
    expect((await start(store, [tenant], given)).map(({ before, after }) => before === after)).toEqual(
      amounts.map(() => true),
    );
  });

  test.each<[string, Partial<Budget>]>([
    ['per minute, of which the ledger knows nothing', { period: 'minute' }],
    ['of credentials, of which the ledger knows nothing', { unit: 'credentials' }],
    ['of another window', { period: 'day' }],
  ])('starts with nothing when it is %s', async (_, members) => {
    const tenant = `tenant-${++tenants}`;
    const store = await ledger([{ tenant, invocations: 3 }], NINE - 86_400_000);
    expect(await start(store, [tenant], budget(members))).toEqual([]);
    expect(await table.counters.partition(counterPartition(tenant))).toEqual([]);
  });

  test('of the stage starts so for every tenant that is under it', async () => {
    const [one, two, three] = [1, 2, 3].map(() => `tenant-${++tenants}`) as [string, string, string];
    const store = await ledger([
      { tenant: one, invocations: 3 },
      { tenant: two, invocations: 4 },
      { tenant: 'has-its-own', invocations: 5 },
    ]);
    const rows = await start(store, [one, two, three], budget());
    expect(rows.map(({ tenant, after }) => [tenant, after])).toEqual([
      [one, '3'],
      [two, '4'],
    ]);
    expect(await table.counters.partition(counterPartition('has-its-own'))).toEqual([]);
  });

  test('that was there before goes on with what is counted, where the ledger is behind', async () => {
    const tenant = `tenant-${++tenants}`;
    for (let call = 0; call < 3; call++) await (await reserved(tenant, budget()))();
    const rows = await start(await ledger([{ tenant, invocations: 2 }]), [tenant], budget());
    expect(rows).toMatchObject([{ before: '3', after: '3', from: 'counter' }]);
    expect(await standing(tenant, budget())).toEqual([['', 3n, 0n]]);
  });

  test('counts each running call of an earlier one once, whenever it ends', async () => {
    const tenant = `tenant-${++tenants}`;
    const [first, second] = [await reserved(tenant, budget()), await reserved(tenant, budget())];
    let between = true;
    // A call settles between the look at the counter and its change.
    const counters: ResetCounters = {
      ...table.counters,
      async update(change) {
        if (between) await first();
        between = false;
        return table.counters.update(change);
      },
    };
    await start(await ledger([{ tenant, invocations: 9 }]), [tenant], budget(), counters);
    expect(await standing(tenant, budget())).toEqual([['', 9n, 1n]]);
    await second();
    expect(await standing(tenant, budget())).toEqual([['', 10n, 0n]]);
    await (await reserved(tenant, budget()))();
    expect(await standing(tenant, budget())).toEqual([['', 11n, 0n]]);
  });
});
