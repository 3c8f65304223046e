import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FinishedUsage } from '../../contract/usage.ts';
import { counterOf, isCharge, parseCharged } from '../../metering/budgets/charge.ts';
import { counterPartition, totalAttribute } from '../../metering/budgets/counter-names.ts';
import { countedIn } from '../../metering/budgets/quota.ts';
import { formatMoney } from '../../metering/money.ts';
import { costAt } from '../../metering/price.ts';
import type { PricedModel } from '../../registry/price.ts';
import { aggregationOver, book, finished, MemoryStore, NINE } from '../unit/metering/support.ts';
import { type CountersTable, openTable } from '../unit/metering/table.ts';

/**
 * What counters of dollars have settled is what the ledger says, whatever prices were while the calls ended and were
 * corrected to since, and however runs repeat, overlap or break off.
 */

let table: CountersTable;

beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table.close());

const HOURS = [NINE, NINE + 3_600_000];
const NOW = NINE + 3 * 3_600_000;
const TO = ['tenant|all|2026-11', 'principal|each|2026-W47', 'model|some|2026-11-21'];

type Step =
  | { is: 'call'; hour: number; model: string; principal: string; tokens: number; to: readonly string[] }
  | { is: 'price'; model: string; usd: string }
  | { is: 'run'; times: number; failing: number };

const model = fc.constantFrom('m1', 'm2');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('call' as const),
      hour: fc.nat(1),
      model,
      principal: fc.constantFrom('anna', 'ben'),
      tokens: fc.nat(1_000),
      // A budget may have been set after the call.
      to: fc.subarray(TO),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('price' as const), model, usd: fc.constantFrom('0', '1', '1000000') }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('run' as const), times: fc.constantFrom(1, 1, 2, 3), failing: fc.nat(40) }),
  },
);

let tenants = 0;

test('Q6 counters of dollars follow the ledger: each correction counts once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const tenant = `tenant-${++tenants}`;
      const store = new MemoryStore();
      const prices: PricedModel[] = ['m1', 'm2'].map((id) => ({
        id,
        prices: [{ version: 'v', from: 0, usdPerMillion: { input: '1000000', output: '0' } }],
      }));
      const { run } = aggregationOver(store, { now: NOW, prices, counters: table.counters });
      const calls: FinishedUsage[] = [];
      for (const one of steps)
        if (one.is === 'price') {
          const found = prices.find(({ id }) => id === one.model) as PricedModel;
          found.prices = [{ version: 'v', from: 0, usdPerMillion: { input: one.usd, output: '0' } }];
        } else if (one.is === 'call') await callNow(one);
        else {
          let left = one.failing;
          store.before = () => {
            if (--left === 0) throw new Error('InternalError');
          };
          await Promise.allSettled(Array.from({ length: one.times }, async () => run()));
          store.before = () => undefined;
        }
      for (const hour of ['2026-11-21T09', '2026-11-21T10']) await run({ hour });
      expect(await settled(tenant)).toEqual(due(calls, prices));

      async function callNow({ hour, to, tokens: input, ...rest }: Extract<Step, { is: 'call' }>): Promise<void> {
        const tokens = { input, output: 0, cacheRead: 0, cacheWrite: 0 };
        const at = HOURS[hour] ?? NINE;
        const record = finished({
          invocationId: `call-${calls.length}`,
          tenant,
          at,
          tokens,
          model: rest.model,
          principal: rest.principal,
        });
        const cost = costAt(book(prices), { ...record, tier: 'on-demand' }, tokens);
        const usd = (cost?.input ?? 0n) + (cost?.output ?? 0n);
        const charged = to.length === 0 ? record : { ...record, charged: { usd: formatMoney(usd), to: [...to] } };
        for (const name of to) {
          const counter = counterOf(parsed(name), record);
          await table.counters.update({ key: counter.key, add: new Map([[totalAttribute(counter.name), usd]]) });
        }
        calls.push(charged);
        store.deliver(`dt=2026-11-21/hour=11/${calls.length}`, [charged, charged]);
      }
    }),
    { numRuns: 60 },
  );
});

function parsed(name: string) {
  const found = parseCharged(name);
  if (found === undefined) throw new Error(`no charge: ${name}`);
  return found;
}

async function settled(tenant: string): Promise<Record<string, bigint>> {
  const items = await table.counters.partition(counterPartition(tenant));
  return Object.fromEntries(
    items.flatMap(({ key, counts }) =>
      countedIn(counts).map(({ name, total }) => [`${key.sk} ${totalAttribute(name)}`, total] as const),
    ),
  );
}

/** At the prices as they are now, of the calls that each counter counted. */
function due(calls: readonly FinishedUsage[], prices: PricedModel[]): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const call of calls)
    for (const text of call.charged?.to ?? []) {
      const { key, name } = counterOf(parsed(text), call);
      const cost = costAt(book(prices), { ...call, tier: 'on-demand' }, call.tokens);
      const id = `${key.sk} ${totalAttribute(name)}`;
      sums[id] = (sums[id] ?? 0n) + (cost?.input ?? 0n) + (cost?.output ?? 0n);
    }
  return sums;
}

test.each([
  [{ usd: '0.54', to: ['tenant|monthly|2026-11'] }, true],
  [{ usd: '0', to: [] }, true],
  [{ usd: '-1', to: ['tenant|monthly|2026-11'] }, false],
  [{ usd: '1e9', to: ['tenant|monthly|2026-11'] }, false],
  [{ usd: '1000000000', to: ['tenant|monthly|2026-11'] }, false],
  [{ usd: 1, to: ['tenant|monthly|2026-11'] }, false],
  [{ usd: '1', to: ['tenant|monthly'] }, false],
  [{ usd: '1', to: ['everybody|monthly|2026-11'] }, false],
  [{ usd: '1', to: ['tenant|monthly|2026-13'] }, false],
  [{ usd: '1', to: ['tenant|a|2026-11|usd'] }, false],
  [{ usd: '1', to: 'tenant|monthly|2026-11' }, false],
  [{ usd: '1', to: Array(42).fill('tenant|monthly|2026-11') }, false],
  [null, false],
])('%j as what counters took a call for: %s', (charge, expected) => {
  expect(isCharge(charge)).toBe(expected);
});
