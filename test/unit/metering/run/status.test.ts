import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../../contract/log.ts';
import { readLastRun } from '../../../../metering/run/last-run.ts';
import { readStatus } from '../../../../metering/run/status.ts';
import { aggregationOver, call, MemoryStore, NINE, started } from '../support.ts';

describe('how far the ledger is', () => {
  test('before the first run nothing is in it, and what was delivered waits', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const status = await readStatus(store, NINE);
    expect(status).toEqual({
      watermark: null,
      rawObjects: 1,
      pendingHours: [],
      quarantined: { lines: 0, rawObjects: 0 },
      invocations: [],
      lastRun: null,
    });
  });

  test('after a run: the watermark, the hours with calls in flight, the lines that cannot be used, what it did', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [started(), '{broken', '[]']);
    store.deliver('dt=2026-11-21/hour=09/b', ['{broken']);
    const now = NINE + 1_000;
    expect((await aggregationOver(store, { now }).run()).watermark).toBe('2026-11-21T09');
    const status = await readStatus(store, NINE);
    expect(status).toEqual({
      watermark: '2026-11-21T09',
      rawObjects: 0,
      pendingHours: ['2026-11-21T09'],
      quarantined: { lines: 3, rawObjects: 2 },
      invocations: [],
      lastRun: { started: now, ended: now, hours: 1, rawObjects: 2, quarantined: 3, released: 0, failed: [] },
    });
  });

  test('a run in which something failed does not move the watermark, and says what failed', async () => {
    const store = new MemoryStore();
    const { run, clock } = aggregationOver(store, { now: NINE });
    await run();
    clock.now += 2 * 3_600_000;
    store.deliver('dt=2026-11-21/hour=10/a', call());
    store.before = (operation) => {
      if (operation === 'lines') throw new Error('AccessDenied');
    };
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    store.before = () => {};
    const status = await readStatus(store, NINE);
    expect(status).toMatchObject({ watermark: '2026-11-21T09', rawObjects: 1 });
    expect(status.lastRun?.failed).toEqual(['scan dt=2026-11-21/hour=10/a.jsonl.gz: Error: AccessDenied']);
    expect((await run()).watermark).toBe('2026-11-21T11');
  });

  test('one hour by itself leaves the watermark where it is, and tells it', async () => {
    const store = new MemoryStore();
    const { run, clock } = aggregationOver(store, { now: NINE });
    expect((await run({ hour: '2026-11-21T09' })).watermark).toBeNull();
    await run();
    clock.now += 24 * 3_600_000;
    expect((await run({ hour: '2026-11-21T09' })).watermark).toBe('2026-11-21T09');
  });

  test('a note of the last run that is not ours is none', async () => {
    const store = new MemoryStore();
    store.objects.set('state/last-run.json', Buffer.from('{'));
    expect(await readLastRun(store)).toBeNull();
  });
});

describe('what crashed calls had reserved', () => {
  test('is released after each run, and counted', async () => {
    const { run } = aggregationOver(new MemoryStore(), { release: async () => ({ released: 3 }) });
    expect((await run()).released).toBe(3);
    expect((await run({ hour: '2026-11-21T09' })).released).toBe(3);
  });

  test('that cannot be released fails the run, and the hours are written all the same', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const release = async () => {
      throw new Error('throttled');
    };
    const { run, lines } = aggregationOver(store, { release });
    await expect(run()).rejects.toMatchObject({ code: 'unavailable', reason: 'aggregation-failed' });
    expect(lines).toContainEqual(expect.objectContaining({ during: 'release', [METRICS.aggregationFailed]: 1 }));
    expect(store.text('reports/2026-11-21.csv')).toContain('acme');
    expect((await readStatus(store, NINE)).rawObjects).toBe(0);
  });

  test('is released also when nothing could be aggregated', async () => {
    const store = new MemoryStore();
    store.before = (operation) => {
      if (operation === 'list') throw new Error('AccessDenied');
    };
    let released = 0;
    const release = async () => ({ released: ++released });
    await expect(aggregationOver(store, { release }).run()).rejects.toMatchObject({ code: 'unavailable' });
    expect(released).toBe(1);
  });
});
