import { describe, expect, test } from 'vitest';
import { overlay } from '../../../../metering/ledger/overlay.ts';
import { liveDay } from '../../../../metering/run/live.ts';
import { aggregationOver, call, MemoryStore, NINE, PRICES, started } from '../support.ts';

const DAY = '2026-11-21';
const MINUTE = 60_000;

function dependencies(store: MemoryStore, now: number) {
  const prices = new Map(PRICES.map((model) => [model.id, model]));
  return { store, prices: { prices: async () => prices }, clock: () => now };
}

function contents(store: MemoryStore): [string, string][] {
  return [...store.objects].map(([key, body]) => [key, Buffer.from(body).toString('base64')]);
}

describe('a tenant’s day, live', () => {
  test('is what a run would make of it, and nothing is written', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [
      ...call({ invocationId: 'a' }),
      ...call({ invocationId: 'g', tenant: 'globex' }),
    ]);
    const now = NINE + 5 * MINUTE;
    await aggregationOver(store, { now }).run();
    store.deliver('dt=2026-11-21/hour=09/b', [...call({ invocationId: 'b' }), ...call({ invocationId: 'a' })]);
    const before = contents(store);
    const { rows, inFlight } = await liveDay('acme', DAY, dependencies(store, now));
    expect(rows).toMatchObject([{ tenant: 'acme', model: 'nova-lite', invocations: 2 }]);
    expect(inFlight).toEqual([]);
    expect(contents(store)).toEqual(before);
    await aggregationOver(store, { now }).run();
    expect(await liveDay('acme', DAY, dependencies(store, now))).toEqual({ rows, inFlight });
  });

  test('before any run it is all from the lines', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    expect((await liveDay('acme', DAY, dependencies(store, NINE + MINUTE))).rows).toMatchObject([{ invocations: 1 }]);
    expect((await liveDay('acme', '2026-11-20', dependencies(store, NINE + MINUTE))).rows).toEqual([]);
  });

  test('shows whoever has begun and not ended, the oldest first, and only of the tenant', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [
      started({ invocationId: 'young', at: NINE + 2_000 }),
      started({ invocationId: 'old', at: NINE + 1_000 }),
      started({ invocationId: 'other', tenant: 'globex' }),
      ...call({ invocationId: 'ended' }),
    ]);
    const now = NINE + MINUTE;
    // Noted by an earlier run too, which leaves nothing undone but a pending hour.
    await aggregationOver(store, { now }).run();
    const { rows, inFlight } = await liveDay('acme', DAY, dependencies(store, now));
    expect(rows).toMatchObject([{ invocations: 1, unsettled: 0 }]);
    expect(inFlight.map(({ invocationId }) => invocationId)).toEqual(['old', 'young']);
  });

  test('a call that is overdue is unsettled and no longer in flight', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [started({ invocationId: 'lost' })]);
    await aggregationOver(store, { now: NINE + MINUTE }).run();
    const { rows, inFlight } = await liveDay('acme', DAY, dependencies(store, NINE + 60 * MINUTE));
    expect(rows).toMatchObject([{ invocations: 0, unsettled: 1 }]);
    expect(inFlight).toEqual([]);
  });
});

describe('a bucket that is only read', () => {
  async function keys(list: AsyncIterable<string>): Promise<string[]> {
    const found: string[] = [];
    for await (const key of list) found.push(key);
    return found;
  }

  test('gives back what was put, among what was there, in order', async () => {
    const base = new MemoryStore();
    for (const key of ['a/2', 'a/4', 'b/1']) await base.put(key, `base ${key}`);
    const store = overlay(base);
    for (const key of ['a/1', 'a/3', 'a/4', 'a/5']) await store.put(key, `new ${key}`);
    expect(await keys(store.list('a/'))).toEqual(['a/1', 'a/2', 'a/3', 'a/4', 'a/5']);
    expect(await keys(store.list('a/', 'a/3'))).toEqual(['a/4', 'a/5']);
    expect(await Promise.all(['a/2', 'a/4', 'a/9'].map((key) => store.read(key)))).toEqual([
      'base a/2',
      'new a/4',
      null,
    ]);
    expect([...base.objects.keys()]).toEqual(['a/2', 'a/4', 'b/1']);
  });

  test('keeps the conditions of a write', async () => {
    const base = new MemoryStore();
    await base.put('k', 'one');
    const store = overlay(base);
    const version = await store.version('k');
    expect(await store.put('k', 'two', { ifVersion: null })).toBe(false);
    expect(await store.put('k', 'two', { ifVersion: version })).toBe(true);
    expect(await store.put('k', 'three', { ifVersion: version })).toBe(false);
    expect(await store.read('k')).toBe('two');
    expect(base.text('k')).toBe('one');
  });
});
