import { describe, expect, test } from 'vitest';
import { LOG_READS_FOR_MS, UNSETTLED_AFTER_MS } from '../../../../contract/limits/metering.ts';
import type { UsageRecord } from '../../../../contract/usage.ts';
import { type Page, type Position, pageOfCalls, type Wanted } from '../../../../metering/calls/log.ts';
import { doneKey } from '../../../../metering/ledger/layout.ts';
import { scanRaw } from '../../../../metering/ledger/raw.ts';
import { call, finished, MemoryStore, NINE, started } from '../support.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const everything: Wanted = { until: NINE + 10 * HOUR, is: () => true, ended: () => true, limit: 100 };

const idOf = (index: number): string => `request-${String(index).padStart(4, '0')}`;

/** One call a minute, from nine on, delivered every five minutes as Firehose names it, each object noted unless `waiting`. */
async function filled(count: number, { waiting = 0, of = (_: number): Parameters<typeof call>[0] => ({}) } = {}) {
  const store = new MemoryStore();
  const read: string[] = [];
  store.before = (operation, key) => {
    if (operation === 'lines') read.push(key);
  };
  const names: string[] = [];
  for (let first = 0; first < count; first += 5) {
    const records = Array.from({ length: Math.min(5, count - first) }, (_, more) => {
      const index = first + more;
      return call({ invocationId: `call-${index}`, requestId: idOf(index), at: NINE + index * MINUTE, ...of(index) });
    });
    names.push(deliver(store, NINE + first * MINUTE, records.flat()));
  }
  for (const name of names.slice(0, names.length - waiting)) await noted(store, name);
  read.length = 0;
  return { store, read, names };
}

function deliver(store: MemoryStore, at: number, records: UsageRecord[]): string {
  const stamp = new Date(at).toISOString();
  const name = `dt=${stamp.slice(0, 10)}/hour=${stamp.slice(11, 13)}/usage-1-${stamp.slice(0, 19).replaceAll(/[T:]/g, '-')}-x`;
  store.deliver(name, records);
  return `${name}.jsonl.gz`;
}

async function noted(store: MemoryStore, name: string): Promise<void> {
  await scanRaw(store, name);
  await store.put(doneKey(name), '');
}

const still = () => 0;

/** Every page to the end. */
async function all(store: MemoryStore, wanted: Wanted, clock: () => number = still, most?: number): Promise<Page[]> {
  const pages: Page[] = [];
  let next: Position | undefined;
  do {
    const page = await pageOfCalls(store, wanted, clock, next, most);
    pages.push(page);
    next = page.next;
    expect(pages.length).toBeLessThan(500);
  } while (next !== undefined);
  return pages;
}

const idsOf = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ calls }) => calls.map(({ requestId }) => requestId));

describe('the log of calls', () => {
  test.each([
    [1, 0],
    [7, 0],
    [7, 3],
    [50, 12],
    [1_000, 40],
  ])(
    'by pages of %i, with %i objects that no run has taken on, every call is told once, the newest first',
    async (limit, waiting) => {
      const { store } = await filled(200, { waiting });
      const pages = await all(store, { ...everything, limit });
      expect(idsOf(pages)).toEqual(Array.from({ length: 200 }, (_, index) => idOf(199 - index)));
      for (const { calls } of pages) expect(calls.length).toBeLessThanOrEqual(limit);
    },
  );

  test('where time is spent after each object, each page comes further, and every call is told once', async () => {
    const { store } = await filled(200);
    let now = 0;
    const pages = await all(store, everything, () => {
      now += LOG_READS_FOR_MS;
      return now;
    });
    expect(idsOf(pages).sort()).toEqual(Array.from({ length: 200 }, (_, index) => idOf(index)));
    expect(pages.length).toBeGreaterThan(3);
    const back = pages.map(({ lookedBackTo }) => lookedBackTo);
    expect(back).toEqual(back.toSorted((a, b) => b - a));
  });

  test('the newest page reads the newest objects alone, and a time of which nothing is wanted is not read', async () => {
    const { store, read } = await filled(300);
    await pageOfCalls(store, { ...everything, limit: 10 }, still);
    expect(read.length).toBeLessThanOrEqual(12);
    read.length = 0;
    const some = { ...everything, since: NINE + HOUR, until: NINE + HOUR + 2 * MINUTE };
    expect(idsOf(await all(store, some))).toEqual([idOf(61), idOf(60)]);
    expect(read.filter((key) => !key.includes('hour=10/'))).toEqual([]);
  });

  test('what all lines of a call say decides, and what is not wanted of each line is not told', async () => {
    const { store } = await filled(120, {
      of: (index) => ({ ...(index % 40 === 0 ? { outcome: 'denied' } : {}), tenant: index % 2 ? 'globex' : 'acme' }),
    });
    const denied: Wanted = {
      ...everything,
      limit: 2,
      is: ({ tenant }) => tenant === 'acme',
      ended: ({ attempts }) => attempts.at(-1)?.finished?.outcome === 'denied',
    };
    expect(idsOf(await all(store, denied))).toEqual([idOf(80), idOf(40), idOf(0)]);
  });

  test('a call whose end was delivered later is told once, with its end, also where a page ends between the two', async () => {
    const store = new MemoryStore();
    const names: string[] = [];
    // Starts in one object, ends in the next.
    for (let index = 0; index < 30; index++) {
      const [begun, ended] = call({ invocationId: `c-${index}`, requestId: idOf(index), at: NINE + index * MINUTE });
      names.push(deliver(store, begun.at, [begun]), deliver(store, begun.at + 30_000, [ended]));
    }
    names.push(
      deliver(store, NINE + 35_000, [started({ invocationId: 'lost', requestId: 'lost', at: NINE + 30_000 })]),
    );
    for (const name of names) await noted(store, name);
    for (const limit of [1, 3, 4, 100]) {
      const calls = (await all(store, { ...everything, limit })).flatMap((page) => page.calls);
      expect(calls.map(({ requestId }) => requestId)).toEqual([
        ...Array.from({ length: 29 }, (_, index) => idOf(29 - index)),
        'lost',
        idOf(0),
      ]);
      expect(calls.filter(({ attempts }) => attempts[0]?.finished === undefined)).toHaveLength(1);
    }
    // Where there is no time to look whether it has an end, none is said to have none.
    let now = 0;
    const hasty = await all(store, { ...everything, limit: 3 }, () => {
      now += LOG_READS_FOR_MS;
      return now;
    });
    const told = hasty.flatMap((page) => page.calls).filter(({ attempts }) => attempts[0]?.finished === undefined);
    expect(told.map(({ requestId }) => requestId).filter((id) => id !== 'lost')).toEqual([]);
  });

  test('an attempt that was retried is no call of its own on the next page', async () => {
    const store = new MemoryStore();
    const at = NINE;
    const older = deliver(store, at, [finished({ invocationId: 'a', outcome: 'retried', at })]);
    const between = Array.from({ length: 8 }, (_, index) => deliver(store, at + (index + 1) * MINUTE, []));
    const newer = deliver(store, at + 20 * MINUTE, [finished({ invocationId: 'b', attempt: 2, at })]);
    for (const name of [older, ...between, newer]) await noted(store, name);
    // What touches the hour is read; the two are far apart in it.
    for (let index = 0; index < 20; index++)
      await noted(
        store,
        deliver(store, at + (index + 1) * MINUTE + 1_000, [
          finished({ invocationId: `x${index}`, requestId: `x${index}`, at: at + index + 1 }),
        ]),
      );
    const ids = idsOf(await all(store, { ...everything, limit: 2 }));
    expect(ids.filter((id) => id === 'request-1')).toHaveLength(1);
  });

  test('more calls than fit into memory are told all the same', async () => {
    const { store } = await filled(120, { of: (index) => (index < 3 ? { outcome: 'failed' } : {}) });
    const failed: Wanted = { ...everything, ended: ({ attempts }) => attempts[0]?.finished?.outcome === 'failed' };
    const few = 10;
    expect(idsOf(await all(store, failed, still, few))).toEqual([idOf(2), idOf(1), idOf(0)]);
    expect(idsOf(await all(store, everything, still, few))).toEqual(
      Array.from({ length: 120 }, (_, at) => idOf(119 - at)),
    );
  });

  test('an object that has expired, or is no whole gzip, is passed over; an answer that fails otherwise is not', async () => {
    const { store, names } = await filled(20);
    const [gone, broken] = names as [string, string];
    store.objects.set(`raw/${broken}`, Buffer.from('no gzip'));
    store.before = (operation, key) => {
      if (operation === 'lines' && key.endsWith(gone))
        throw Object.assign(new Error(), { $metadata: { httpStatusCode: 404 } });
    };
    expect(idsOf(await all(store, everything))).toEqual(Array.from({ length: 10 }, (_, index) => idOf(19 - index)));
    store.before = (operation) => {
      if (operation === 'lines') throw new Error('refused');
    };
    await expect(pageOfCalls(store, everything, still)).rejects.toThrow('refused');
  });

  test('an idle year is gone through in few lists', async () => {
    const { store } = await filled(1);
    const long = NINE - 365 * 24 * HOUR;
    await noted(store, deliver(store, long, call({ invocationId: 'old', requestId: 'old', at: long })));
    let lists = 0;
    store.before = (operation) => {
      if (operation === 'list') lists++;
    };
    expect(idsOf([await pageOfCalls(store, everything, still)])).toEqual([idOf(0), 'old']);
    expect(lists).toBeLessThan(16);
  });

  test('where there are no lines, none are looked for', async () => {
    expect(await pageOfCalls(new MemoryStore(), everything, still)).toEqual({
      calls: [],
      lookedBackTo: everything.until,
    });
    const { store } = await filled(5);
    const late = await pageOfCalls(store, { ...everything, since: NINE + UNSETTLED_AFTER_MS }, still);
    expect(late).toEqual({ calls: [], lookedBackTo: NINE + UNSETTLED_AFTER_MS });
  });
});
