import { describe, expect, test } from 'vitest';
import { METRIC_MAX_AGE_MS } from '../../../../contract/limits/metering.ts';
import { aggregationOver, call, MemoryStore, NINE } from '../support.ts';

const PRICES = [{ id: 'm', prices: [{ version: '1', from: 0, usdPerMillion: { input: '100000', output: '0' } }] }];
const used = { input: 10, output: 5, cacheRead: 0, cacheWrite: 0 };

function twoTenants(): MemoryStore {
  const store = new MemoryStore();
  store.deliver('dt=2026-11-21/hour=09/a', [
    ...call({ invocationId: 'a', model: 'm', tokens: used }),
    ...call({ invocationId: 'b', model: 'm', tokens: { ...used, input: 20 }, tenant: 'globex' }),
    ...call({ invocationId: 'c', model: 'unpriced', tenant: 'initech' }),
  ]);
  return store;
}

/** Each metric as CloudWatch would have it: its dimensions, its time and its value. */
function published(lines: Record<string, unknown>[]) {
  return lines
    .filter(({ event }) => event === 'hour-cost')
    .flatMap((line) => {
      const { Timestamp, CloudWatchMetrics } = line._aws as {
        Timestamp: number;
        CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
      };
      return CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
        Dimensions.map((names) => ({
          by: names.map((name) => `${name}=${line[name]}`).join(),
          at: Timestamp,
          metrics: Metrics,
          value: line.Cost,
        })),
      );
    });
}

describe('what an hour cost', () => {
  test('is published in total, by tenant and by model, each once and at the hour’s own time', async () => {
    const { run, lines } = aggregationOver(twoTenants(), { prices: PRICES });
    await run();
    const metrics = [{ Name: 'Cost', Unit: 'None' }];
    expect(published(lines)).toEqual([
      { by: '', at: NINE, metrics, value: 3 },
      { by: 'Tenant=acme', at: NINE, metrics, value: 1 },
      { by: 'Tenant=globex', at: NINE, metrics, value: 2 },
      { by: 'Model=m', at: NINE, metrics, value: 3 },
    ]);
  });

  test('is not published again for an hour that is computed anew and is what it was', async () => {
    const { run, lines } = aggregationOver(twoTenants(), { prices: PRICES });
    await run();
    lines.length = 0;
    expect((await run({ hour: '2026-11-21T09' })).hours).toHaveLength(1);
    expect(published(lines)).toEqual([]);
  });

  test('is published again when a line came late', async () => {
    const store = twoTenants();
    const { run, lines } = aggregationOver(store, { prices: PRICES });
    await run();
    lines.length = 0;
    store.deliver('dt=2026-11-21/hour=10/late', call({ invocationId: 'late', model: 'm', tokens: used }));
    await run();
    expect(published(lines)).toMatchObject([
      { by: '', value: 4 },
      { by: 'Tenant=acme', value: 2 },
      { by: 'Tenant=globex', value: 2 },
      { by: 'Model=m', value: 4 },
    ]);
  });

  test('is repeated rather than lost when the hour could not be written', async () => {
    const store = twoTenants();
    const { run, lines } = aggregationOver(store, { prices: PRICES });
    store.before = (operation, key) => {
      if (operation === 'put' && key.endsWith('usage.csv')) throw new Error('SlowDown');
    };
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    lines.length = 0;
    store.before = () => {};
    await run();
    expect(published(lines)).toHaveLength(4);
  });

  test('is not published of an hour that CloudWatch takes nothing for any more', async () => {
    const at = async (now: number) => {
      const { run, lines } = aggregationOver(twoTenants(), { prices: PRICES, now });
      await run();
      return published(lines).length;
    };
    expect(await at(NINE + METRIC_MAX_AGE_MS)).toBe(4);
    expect(await at(NINE + METRIC_MAX_AGE_MS + 1)).toBe(0);
  });

  test('of an hour without a priced call is nothing, not zero', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [
      ...call({ model: 'unpriced' }),
      ...call({ invocationId: 'r', outcome: 'refused' }),
    ]);
    const { run, lines } = aggregationOver(store, { prices: PRICES });
    await run();
    expect(published(lines)).toEqual([]);
  });
});
