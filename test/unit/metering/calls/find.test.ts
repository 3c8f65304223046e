import { describe, expect, test } from 'vitest';
import { findCalls } from '../../../../metering/calls/find.ts';
import { call, finished, MemoryStore, NINE, started } from '../support.ts';

const HOUR = 3_600_000;
const at = { since: NINE - HOUR, until: NINE + HOUR };
const all = { ...at, is: () => true };

function storeOf(...objects: [string, Parameters<MemoryStore['deliver']>[1]][]): {
  store: MemoryStore;
  read: string[];
} {
  const store = new MemoryStore();
  for (const [name, records] of objects) store.deliver(`dt=2026-11-21/hour=${name}`, records);
  const read: string[] = [];
  store.before = (operation, key) => {
    if (operation === 'lines') read.push(key);
  };
  return { store, read };
}

describe('calls by their lines', () => {
  test('attempts of one request are one call in their order, each line once, whatever was delivered when', async () => {
    const first = finished({ invocationId: 'a', outcome: 'retried' });
    const second = call({ invocationId: 'b', attempt: 2 });
    const { store } = storeOf(['09/1', [second[1], first]], ['10/1', [...second, first]]);
    const calls = await findCalls(store, all);
    expect(calls).toMatchObject([
      { requestId: 'request-1', at: NINE, attempts: [{ finished: first }, { finished: second[1] }] },
    ]);
  });

  test('an end stands over its start, the one of more tokens over another, and a start alone has no end', async () => {
    const more = finished({ tokens: { input: 10, output: 6, cacheRead: 0, cacheWrite: 0 } });
    const open = started({ invocationId: 'open', requestId: 'request-2', at: NINE + 1 });
    const { store } = storeOf(['09/1', [more, started(), open]], ['09/2', [finished()]]);
    const calls = await findCalls(store, all);
    expect(calls.map(({ requestId }) => requestId)).toEqual(['request-2', 'request-1']);
    expect(calls[0]?.attempts[0]).toEqual({ base: open });
    expect(calls[1]?.attempts[0]?.finished).toEqual(more);
  });

  test('only those of the time are told', async () => {
    const { store } = storeOf([
      '09/1',
      [finished({ at: at.since - 1 }), finished({ invocationId: 'b', at: at.until })],
    ]);
    expect(await findCalls(store, all)).toEqual([]);
  });

  test('one that is found is not looked for in what was delivered before it began', async () => {
    const earlier = Array.from({ length: 12 }, (_, i): [string, []] => [`08/${10 + i}`, []]);
    const { store, read } = storeOf(
      ...earlier,
      ...earlier.map(([name]): [string, []] => [name.replace('08', '09'), []]),
      ['10/1', [finished()]],
    );
    expect(await findCalls(store, { ...at, is: ({ requestId }) => requestId === 'request-1', one: true })).toHaveLength(
      1,
    );
    expect(read.filter((key) => key.includes('hour=08'))).toEqual([]);
    expect(read.filter((key) => key.includes('hour=09'))).toHaveLength(12);
  });
});
