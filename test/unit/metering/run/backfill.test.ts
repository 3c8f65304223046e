import { describe, expect, test } from 'vitest';
import { BACKFILL_MAX_DAYS } from '../../../../contract/limits/metering.ts';
import { readCsv } from '../../../../metering/csv.ts';
import type { RangeProgress } from '../../../../metering/run/run.ts';
import { aggregationOver, call, MemoryStore, NINE } from '../support.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS = ['2026-11-19', '2026-11-20', '2026-11-21'];

/** A call at nine of each of three days, aggregated at an old price. */
async function threeDays(): Promise<MemoryStore> {
  const store = new MemoryStore();
  DAYS.forEach((day, i) => {
    store.deliver(`dt=${day}/hour=09/${i}`, call({ invocationId: `c${i}`, at: NINE - (2 - i) * DAY }));
  });
  await aggregationOver(store).run();
  return store;
}

const NEW_PRICES = [
  { id: 'nova-lite', prices: [{ version: 'corrected', from: 0, usdPerMillion: { input: '1', output: '1' } }] },
];

function versions(store: MemoryStore): (string | undefined)[] {
  return DAYS.map((day) => readCsv(store.text(`usage/dt=${day}/hour=09/usage.csv`) ?? '')[0]?.price_version);
}

/** A run of a range, with what it told. */
async function backfill(
  { run }: ReturnType<typeof aggregationOver>,
  range: { from: string; to?: string; restart?: boolean } = { from: '2026-11-19', to: '2026-11-20' },
) {
  const told: RangeProgress[] = [];
  const outcome = await run(range, (progress) => told.push(progress)).catch((error: unknown) => error);
  return { outcome, told };
}

describe('a range of hours', () => {
  test('is computed anew from all its lines, with its reports, and no other hour is', async () => {
    const store = await threeDays();
    const { outcome, told } = await backfill(aggregationOver(store, { prices: NEW_PRICES }));
    expect(versions(store)).toEqual(['corrected', 'corrected', '2026-01']);
    expect(outcome).toMatchObject({
      hours: [{ hour: '2026-11-19T09' }, { hour: '2026-11-20T09' }],
      reports: ['reports/2026-11-19.csv', 'reports/2026-11-20.csv'],
    });
    expect(readCsv(store.text('reports/2026-11-20.csv') ?? '')).toMatchObject([{ total_cost: '0.000015' }]);
    expect(told).toHaveLength(48);
    expect(told[9]).toEqual({ hour: '2026-11-19T09', calls: 1, failed: false, done: 10, left: 38 });
    expect(told.at(-1)).toEqual({ hour: '2026-11-20T23', calls: 0, failed: false, done: 48, left: 0 });
  });

  test('may begin and end at an hour, and ends now unless told otherwise', async () => {
    const store = await threeDays();
    const aggregation = aggregationOver(store, { now: NINE + HOUR / 2 });
    const hours = async (range: { from: string; to?: string }) =>
      (await backfill(aggregation, range)).told.map(({ hour }) => hour);
    expect(await hours({ from: '2026-11-20T08', to: '2026-11-20T10' })).toEqual([
      '2026-11-20T08',
      '2026-11-20T09',
      '2026-11-20T10',
    ]);
    expect(await hours({ from: '2026-11-20T08', to: '2026-11-20T08' })).toEqual(['2026-11-20T08']);
    expect(await hours({ from: '2026-11-21T08' })).toEqual(['2026-11-21T08', '2026-11-21T09']);
    expect(await hours({ from: '2026-11-21T09', to: '2026-12-31' })).toEqual(['2026-11-21T09']);
  });

  test('finds lines that were delivered and that no run has seen', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=11/late', call({ at: NINE - DAY }));
    const { outcome } = await backfill(aggregationOver(store));
    expect(outcome).toMatchObject({ rawObjects: 1, hours: [{ hour: '2026-11-20T09', calls: 1 }] });
  });

  test('gives the bytes that one run over everything gives', async () => {
    const store = await threeDays();
    const before = store.results();
    await backfill(aggregationOver(store));
    expect(store.results()).toEqual(before);
  });

  test('an hour that fails is told and named, the others are done, and the same command does it again alone', async () => {
    const store = await threeDays();
    const aggregation = aggregationOver(store, { prices: NEW_PRICES });
    store.before = (operation, key) => {
      if (operation === 'lines' && key.includes('dt=2026-11-19')) throw new Error('AccessDenied');
    };
    const first = await backfill(aggregation);
    expect(first.outcome).toMatchObject({ code: 'unavailable', reason: 'aggregation-failed' });
    expect(String(first.outcome)).toContain('hour 2026-11-19T09');
    expect(first.told.filter(({ failed }) => failed).map(({ hour }) => hour)).toEqual(['2026-11-19T09']);
    expect(versions(store)).toEqual(['2026-01', 'corrected', '2026-01']);

    store.before = () => {};
    const second = await backfill(aggregation);
    expect(second.told).toEqual([{ hour: '2026-11-19T09', calls: 1, failed: false, done: 48, left: 0 }]);
    expect(versions(store)).toEqual(['corrected', 'corrected', '2026-01']);
  });

  test('broken off, it goes on with the day that was not finished; told to restart, it begins anew', async () => {
    const store = await threeDays();
    const killed = new Error('killed');
    const { run } = aggregationOver(store, { prices: NEW_PRICES });
    const stopped = run({ from: '2026-11-19', to: '2026-11-20' }, ({ hour }) => {
      if (hour === '2026-11-20T03') throw killed;
    });
    await expect(stopped).rejects.toMatchObject({ cause: killed });
    const resumed = await backfill(aggregationOver(store, { prices: NEW_PRICES }));
    expect(resumed.told).toHaveLength(24);
    expect(resumed.told[0]).toMatchObject({ hour: '2026-11-20T00', done: 25, left: 23 });
    expect(versions(store)).toEqual(['corrected', 'corrected', '2026-01']);

    await expect(
      run({ from: '2026-11-19', to: '2026-11-20' }, ({ hour }) => {
        if (hour === '2026-11-20T03') throw killed;
      }),
    ).rejects.toMatchObject({ cause: killed });
    expect(
      (await backfill(aggregationOver(store), { from: '2026-11-19', to: '2026-11-20', restart: true })).told,
    ).toHaveLength(48);
  });

  test('broken off in its last hour, it has that hour left', async () => {
    const store = await threeDays();
    const range = { from: '2026-11-20T23', to: '2026-11-21T00' };
    const stopped = aggregationOver(store).run(range, ({ left }) => {
      if (left === 0) throw new Error('killed');
    });
    await expect(stopped).rejects.toMatchObject({ code: 'unavailable' });
    expect((await backfill(aggregationOver(store), range)).told.map(({ hour }) => hour)).toEqual(['2026-11-21T00']);
  });

  test('once it has ended well, the same command does all of it again', async () => {
    const store = await threeDays();
    const aggregation = aggregationOver(store);
    expect((await backfill(aggregation)).told).toHaveLength(48);
    expect((await backfill(aggregation)).told).toHaveLength(48);
  });

  test('a state that is not ours begins anew', async () => {
    const store = await threeDays();
    const key = 'state/backfill/2026-11-19T00_2026-11-20T23.json';
    for (const text of ['{', '{"next":"never","failed":[]}', '{"next":"2026-11-20T00"}', 'null']) {
      store.objects.set(key, Buffer.from(text));
      expect((await backfill(aggregationOver(store))).told).toHaveLength(48);
    }
  });

  test.each([
    ['a day that does not exist', { from: '2026-02-30' }, 'from'],
    ['an end that is none', { from: '2026-11-01', to: 'today' }, 'to'],
    ['an end without a beginning', { to: '2026-11-01' }, 'from'],
    ['an end before the beginning', { from: '2026-11-02', to: '2026-11-01' }, 'from'],
    ['an hour more than the longest year', { from: '2028-01-01', to: '2029-01-01T00' }, 'from'],
    ['more than a year', { from: '2025-01-01', to: '2026-11-01' }, 'from'],
    ['an hour and a range', { hour: '2026-11-21T09', from: '2026-11-01' }, 'hour'],
    ['an hour and an end', { hour: '2026-11-21T09', to: '2026-11-01' }, 'hour'],
    ['a restart of nothing', { restart: true }, 'restart'],
  ])('%s is refused before anything is read', async (_, request, field) => {
    const store = new MemoryStore();
    store.before = () => {
      throw new Error('must not be asked');
    };
    await expect(aggregationOver(store).run(request)).rejects.toMatchObject({ code: 'invalid_request', field });
  });

  test('a whole year is not too much', async () => {
    const store = new MemoryStore();
    const told: unknown[] = [];
    await aggregationOver(store, { now: Date.UTC(2029, 0, 1) }).run({ from: '2028-01-01', to: '2028-12-31' }, (hour) =>
      told.push(hour),
    );
    expect(told).toHaveLength(BACKFILL_MAX_DAYS * 24);
  });
});
