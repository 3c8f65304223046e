import { describe, expect, test } from 'vitest';
import { LATE_HOURS, RAW_OBJECTS_PER_STEP, UNSETTLED_AFTER_MS } from '../../../../contract/limits/metering.ts';
import { METRICS } from '../../../../contract/log.ts';
import { NO_TOKENS } from '../../../../contract/usage.ts';
import { readCsv } from '../../../../metering/csv.ts';
import { TOLD_COLUMNS } from '../../../../metering/ledger/told.ts';
import { aggregationOver, call, finished, MemoryStore, NINE, started } from '../support.ts';

const HOUR = 3_600_000;
const AT_NINE = 'usage/dt=2026-11-21/hour=09';

function usage(store: MemoryStore, hour = AT_NINE) {
  return readCsv(store.text(`${hour}/usage.csv`) ?? '');
}

function report(store: MemoryStore, day = '2026-11-21') {
  return readCsv(store.text(`reports/${day}.csv`) ?? '');
}

describe('M1: a call is on the bill', () => {
  test('one hour gives one CSV, one Parquet, a list of unsettled calls and the report of the day', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const result = await aggregationOver(store).run();
    expect([...store.results().keys()]).toEqual([
      'reports/2026-11-21.csv',
      `${AT_NINE}/unsettled.csv`,
      `${AT_NINE}/usage.csv`,
      `${AT_NINE}/usage.parquet`,
    ]);
    expect(usage(store)).toEqual([
      {
        hour_start: '2026-11-21T09:00:00Z',
        tenant_id: 'acme',
        principal: 'acme-app',
        cost_center: 'cc-1',
        model_id: 'nova-lite',
        region: 'us-east-1',
        price_version: '2026-01',
        input_tokens: '10',
        output_tokens: '5',
        cache_read_tokens: '0',
        cache_write_tokens: '0',
        invocations: '1',
        counted: '0',
        refused: '0',
        failed: '0',
        estimated: '0',
        unsettled: '0',
        unpriced: '0',
        input_cost: '0.0000006',
        output_cost: '0.0000012',
        total_cost: '0.0000018',
        tier: 'on-demand',
        cache_write_1h_tokens: '0',
        reasoning_tokens: '0',
        images: '0',
        embeddings: '0',
        retried: '0',
        estimated_cost: '0',
        searches: '0',
        account: '',
        calls: '0',
        native_model: 'amazon.nova-lite-v1:0',
        ...Object.fromEntries(TOLD_COLUMNS.map((name) => [name, '0'])),
      },
    ]);
    expect(result).toMatchObject({ reports: ['reports/2026-11-21.csv'], rawObjects: 1, quarantined: 0 });
    expect(result.hours.map(({ hour }) => hour)).toEqual(['2026-11-21T09']);
  });

  test('refused and failed calls are counted, use nothing, and a tenant with nothing else is not on the report', async () => {
    const store = new MemoryStore();
    const outcomes = ['refused', 'denied', 'throttled', 'failed', 'retried'] as const;
    store.deliver(
      'dt=2026-11-21/hour=09/a',
      outcomes.flatMap((outcome) =>
        call({ outcome, invocationId: outcome, ...(outcome === 'retried' ? { tokens: NO_TOKENS } : {}) }),
      ),
    );
    await aggregationOver(store).run();
    expect(usage(store)).toMatchObject([
      { invocations: '0', refused: '2', failed: '2', retried: '1', input_tokens: '0', total_cost: '0' },
    ]);
    expect(report(store)).toEqual([]);
  });

  test('calls whose tokens are our estimate are counted as such', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [
      ...call({ invocationId: 'a', estimated: true, outcome: 'interrupted' }),
      ...call({ invocationId: 'b' }),
    ]);
    await aggregationOver(store).run();
    expect(usage(store)).toMatchObject([{ invocations: '2', estimated: '1', input_tokens: '20' }]);
  });
});

describe('M2: a call that began and never ended', () => {
  test('is pending, then unsettled: listed, counted, alarmed, and of unknown cost', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [started({ invocationId: 'lost' })]);
    const aggregation = aggregationOver(store, { now: NINE + UNSETTLED_AFTER_MS - 1 });
    expect((await aggregation.run()).hours).toMatchObject([{ pending: 1, rows: 0 }]);
    expect(report(store)).toEqual([]);

    aggregation.clock.now = NINE + UNSETTLED_AFTER_MS;
    aggregation.lines.length = 0;
    await aggregation.run();
    expect(report(store)).toMatchObject([{ tenant_id: 'acme', invocations: '0', unsettled: '1', total_cost: '' }]);
    expect(readCsv(store.text(`${AT_NINE}/unsettled.csv`) ?? '')).toMatchObject([
      { invocation_id: 'lost', tenant_id: 'acme', started_at: '2026-11-21T09:00:00.000Z' },
    ]);
    expect(aggregation.lines).toMatchObject([{ event: 'hour-aggregated', [METRICS.unsettled]: 1 }]);
  });

  test('is told from one that may still end, begun in the same hour', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [
      started({ invocationId: 'lost' }),
      started({ invocationId: 'running', at: NINE + 1 }),
    ]);
    const { hours } = await aggregationOver(store, { now: NINE + UNSETTLED_AFTER_MS }).run();
    expect(hours).toMatchObject([{ pending: 1, unsettled: 1 }]);
    expect(readCsv(store.text(`${AT_NINE}/unsettled.csv`) ?? '').map((row) => row.invocation_id)).toEqual(['lost']);
  });

  test('is looked for only where its lines are from; the same one is listed wherever they are', async () => {
    const store = new MemoryStore();
    const lost = started({ invocationId: 'lost', requestId: 'r1' });
    const again = started({ invocationId: 'lost', requestId: 'r2' });
    store.deliver('dt=2026-11-21/hour=09/a', call({ invocationId: 'ended-1' }));
    store.deliver('dt=2026-11-21/hour=09/b', [lost, ...call({ invocationId: 'ended-2' })]);
    const read: string[] = [];
    store.before = (operation, key) =>
      void (operation === 'lines' && read.push(key.replace(/^.*\/(.*)\.jsonl\.gz$/, '$1')));
    await aggregationOver(store).run();
    // Each once to see which hours it touches, each once for the hour.
    expect(read).toEqual(['a', 'b', 'a', 'b', 'b']);
    store.deliver('dt=2026-11-21/hour=09/c', [again]);
    await aggregationOver(store).run();
    expect(usage(store)).toMatchObject([{ unsettled: '1', invocations: '2' }]);
    const listed = readCsv(store.text(`${AT_NINE}/unsettled.csv`) ?? '');
    expect(listed.map(({ invocation_id, request_id }) => [invocation_id, request_id])).toEqual([['lost', 'r2']]);
  });

  test('is settled by a finished line that comes late', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [started({ invocationId: 'late' })]);
    const { run } = aggregationOver(store);
    await run();
    expect(usage(store)).toMatchObject([{ unsettled: '1' }]);
    store.deliver('dt=2026-11-21/hour=11/b', [finished({ invocationId: 'late' })]);
    await run();
    expect(usage(store)).toMatchObject([{ unsettled: '0', invocations: '1', input_tokens: '10' }]);
    expect(readCsv(store.text(`${AT_NINE}/unsettled.csv`) ?? '')).toEqual([]);
  });

  test('is looked at again by a run that finds nothing new, and only once', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [started()]);
    const { run, clock } = aggregationOver(store, { now: NINE + 1_000 });
    await run();
    expect((await run()).hours).toEqual([]);
    clock.now += UNSETTLED_AFTER_MS;
    expect((await run()).hours).toHaveLength(1);
    expect((await run()).hours).toEqual([]);
  });
});

describe('M3: repetition, lateness and the edges of time', () => {
  test('a second run finds nothing to do and changes nothing', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const { run } = aggregationOver(store);
    await run();
    const before = store.results();
    expect(await run()).toEqual({
      hours: [],
      reports: [],
      rawObjects: 0,
      quarantined: 0,
      released: 0,
      invocations: [],
      watermark: '2026-11-21T12',
    });
    expect(store.results()).toEqual(before);
  });

  test('a line delivered twice, in two objects, counts once', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [...call(), ...call()]);
    store.deliver('dt=2026-11-21/hour=10/b', call());
    await aggregationOver(store).run();
    expect(usage(store)).toMatchObject([{ invocations: '1', input_tokens: '10' }]);
  });

  test.each([1, 25, LATE_HOURS])(
    'a line that is late by %i hours makes its hour anew, with all its lines',
    async (late) => {
      const store = new MemoryStore();
      store.deliver('dt=2026-11-21/hour=09/a', call());
      const { run, clock } = aggregationOver(store);
      await run();
      const partition = new Date(NINE + late * HOUR).toISOString().replace(/T(\d\d).*/, '/hour=$1');
      store.deliver(`dt=${partition}/b`, call({ invocationId: 'late' }));
      clock.now = NINE + late * HOUR + 60_000;
      const { hours, reports } = await run();
      expect(hours.map(({ hour }) => hour)).toEqual(['2026-11-21T09']);
      expect(reports).toEqual(['reports/2026-11-21.csv']);
      expect(usage(store)).toMatchObject([{ invocations: '2' }]);
      expect(report(store)).toMatchObject([{ invocations: '2' }]);
    },
  );

  test('an object delivered while nobody ran for a week is taken up all the same', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const { run, clock } = aggregationOver(store);
    await run();
    store.deliver('dt=2026-11-22/hour=09/b', call({ at: NINE + 24 * HOUR, invocationId: 'b' }));
    clock.now = NINE + 7 * 24 * HOUR;
    await run();
    expect(report(store, '2026-11-22')).toMatchObject([{ invocations: '1' }]);
  });

  test.each([
    ['2026-11-21T23:59:59.999Z', 'usage/dt=2026-11-21/hour=23', '2026-11-21'],
    ['2026-11-22T00:00:00.000Z', 'usage/dt=2026-11-22/hour=00', '2026-11-22'],
    ['2028-02-29T12:00:00.000Z', 'usage/dt=2028-02-29/hour=12', '2028-02-29'],
    ['2026-12-31T23:59:59.999Z', 'usage/dt=2026-12-31/hour=23', '2026-12-31'],
  ])('a call at %s falls into one hour and one day of UTC', async (at, hour, day) => {
    const store = new MemoryStore();
    store.deliver(`${hour.replace('usage/', '')}/a`, call({ at: Date.parse(at) }));
    await aggregationOver(store, { now: Date.UTC(2028, 2, 1, 2) }).run();
    expect([...store.results().keys()].filter((key) => /usage.csv|reports/.test(key))).toEqual([
      `reports/${day}.csv`,
      `${hour}/usage.csv`,
    ]);
  });

  test('two runs at once end in the same bytes as one', async () => {
    const deliver = (store: MemoryStore) => {
      for (let i = 0; i < 6; i++)
        store.deliver(
          `dt=2026-11-21/hour=${i < 3 ? '09' : '10'}/${i}`,
          call({ invocationId: `c${i}`, at: NINE + i * 1_000_000 }),
        );
    };
    const [alone, shared] = [new MemoryStore(), new MemoryStore()];
    deliver(alone);
    deliver(shared);
    await aggregationOver(alone).run();
    await Promise.all([aggregationOver(shared).run(), aggregationOver(shared).run()]);
    expect(shared.results()).toEqual(alone.results());
  });

  test('a slow run cannot put back an hour that a faster one has written with more lines', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call({ invocationId: 'a' }));
    const slow = aggregationOver(store);
    const fast = aggregationOver(store);
    let overtaken = false;
    store.before = async (operation, key) => {
      if (overtaken || operation !== 'put' || key !== `${AT_NINE}/usage.csv`) return;
      overtaken = true;
      store.deliver('dt=2026-11-21/hour=09/b', call({ invocationId: 'b' }));
      await fast.run();
    };
    await slow.run();
    expect(overtaken).toBe(true);
    expect(usage(store)).toMatchObject([{ invocations: '2' }]);
    expect(report(store)).toMatchObject([{ invocations: '2' }]);
  });

  test('a backlog of more objects than one step takes is worked off whole', async () => {
    const store = new MemoryStore();
    for (let i = 0; i <= RAW_OBJECTS_PER_STEP; i++)
      store.deliver(`dt=2026-11-21/hour=09/${String(i).padStart(4, '0')}`, call({ invocationId: `c${i}` }));
    expect((await aggregationOver(store).run()).rawObjects).toBe(RAW_OBJECTS_PER_STEP + 1);
    expect(usage(store)).toMatchObject([{ invocations: String(RAW_OBJECTS_PER_STEP + 1) }]);
  });
});

describe('M6: prices', () => {
  test('a model without a price stays on the bill: cost empty, counted, alarmed', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call({ model: 'new-model' }));
    const { run, lines } = aggregationOver(store);
    await run();
    expect(report(store)).toMatchObject([
      {
        model_id: 'new-model',
        input_tokens: '10',
        invocations: '1',
        unpriced: '1',
        input_cost: '',
        output_cost: '',
        total_cost: '',
      },
    ]);
    expect(lines).toMatchObject([{ event: 'hour-aggregated', [METRICS.unpriced]: 1 }]);
  });

  test('a price that changes at noon: each call at its own, one row each in the hour, one sum in the report', async () => {
    const noon = Date.UTC(2026, 10, 21, 12);
    const changed = noon + 1_800_000;
    const prices = [
      {
        id: 'nova-lite',
        prices: [
          { version: 'old', from: 0, usdPerMillion: { input: '1000', output: '1000' } },
          { version: 'new', from: changed, usdPerMillion: { input: '2000', output: '2000' } },
        ],
      },
    ];
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=12/a', [
      ...call({ invocationId: 'before', at: changed - 1 }),
      ...call({ invocationId: 'after', at: changed }),
    ]);
    await aggregationOver(store, { prices, now: noon + 3 * HOUR }).run();
    expect(usage(store, 'usage/dt=2026-11-21/hour=12')).toMatchObject([
      { price_version: 'new', input_cost: '0.02', output_cost: '0.01' },
      { price_version: 'old', input_cost: '0.01', output_cost: '0.005' },
    ]);
    expect(report(store)).toMatchObject([
      { invocations: '2', input_cost: '0.03', output_cost: '0.015', total_cost: '0.045' },
    ]);
  });
});
