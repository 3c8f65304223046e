import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../../metering/budgets/change.ts';
import { NO_COUNTS } from '../../../../metering/budgets/counters.ts';
import { type CountersTable, openTable } from '../table.ts';

let table: CountersTable;

beforeAll(async () => {
  table = await openTable();
});
beforeEach(() => {
  table.fault = () => undefined;
});
afterAll(() => table.close());

let items = 0;
const fresh = () => ({ pk: 'COUNTERS#acme', sk: `PRINCIPAL#${++items}` });

const update = (change: Omit<Change, 'add'> & { add?: Record<string, bigint> }) =>
  table.counters.update({ ...change, add: new Map(Object.entries(change.add ?? {})) });

const numbers = (counts: { numbers: ReadonlyMap<string, bigint> }) => Object.fromEntries(counts.numbers);

describe('an update of counters', () => {
  test('adds to what is there, and to nothing, in one write that answers with the item', async () => {
    const key = fresh();
    await update({ key, add: { 't|a': 5n } });
    const { applied, counts } = await update({ key, add: { 't|a': -7n, 't|b': 1n }, expiresAt: 1_800_000_000 });
    expect(applied).toBe(true);
    expect(numbers(counts)).toEqual({ 't|a': -2n, 't|b': 1n, expiresAt: 1_800_000_000n });
    expect(await table.counters.counts(key)).toEqual(counts);
  });

  test('holds what no JavaScript number does', async () => {
    const key = fresh();
    const much = 99_999_999_999_999_999_999_999_999_999_999_999_999n;
    await update({ key, add: { t: much - 1n } });
    const { counts } = await update({ key, add: { t: 1n }, atMost: new Map([['t', much - 1n]]) });
    expect(numbers(counts)).toEqual({ t: much });
    expect((await update({ key, add: { t: -1n }, atMost: new Map([['t', much - 1n]]) })).applied).toBe(false);
  });

  test('is refused where a number is beyond its bound, and answers with the item as it is', async () => {
    const key = fresh();
    await update({ key, add: { t: 10n } });
    const refused = await update({ key, add: { t: 1n, other: 1n }, atMost: new Map([['t', 9n]]) });
    expect(refused.applied).toBe(false);
    expect(numbers(refused.counts)).toEqual({ t: 10n });
    expect((await update({ key, add: { t: 1n }, atMost: new Map([['t', 10n]]) })).applied).toBe(true);
  });

  test('takes what is not there for 0, which a bound below it refuses', async () => {
    const key = fresh();
    expect(await update({ key, add: { t: 1n }, atMost: new Map([['t', -1n]]) })).toEqual({
      applied: false,
      counts: NO_COUNTS,
    });
    expect((await update({ key, add: { t: 1n }, atMost: new Map([['t', 0n]]) })).applied).toBe(true);
  });

  test('with a call’s name is applied once, however often it is repeated', async () => {
    const key = fresh();
    const comes = { key, add: { t: 3n }, call: { set: 'c|1', name: 'x', goes: 'in' } as const };
    const goes = { key, add: { t: -2n }, call: { set: 'c|1', name: 'x', goes: 'out' } as const };
    for (let i = 0; i < 3; i++) {
      const { applied, counts } = await update(comes);
      expect(applied).toBe(true);
      expect(numbers(counts)).toEqual({ t: 3n });
      expect(counts.sets.get('c|1')).toEqual(new Set(['x']));
    }
    expect((await update(goes)).applied).toBe(true);
    for (let i = 0; i < 2; i++) {
      const { applied, counts } = await update(goes);
      expect(applied).toBe(false);
      expect(numbers(counts)).toEqual({ t: 1n });
      expect(counts.sets.size).toBe(0);
    }
  });

  test('whose answer is lost is repeated by the SDK, and applied once all the same', async () => {
    const key = fresh();
    let left = 2;
    table.fault = () => (left-- > 0 ? 'lost-answer' : undefined);
    const { applied, counts } = await update({ key, add: { t: 3n }, call: { set: 'c', name: 'x', goes: 'in' } });
    expect(applied).toBe(true);
    expect(numbers(counts)).toEqual({ t: 3n });
  });

  test('removes attributes, on the condition that others are what they were seen to be', async () => {
    const key = fresh();
    await update({ key, add: { a: 1n, b: 2n, 'with.a point|and #': 3n } });
    const remove = ['a', 'with.a point|and #'];
    expect((await update({ key, remove, equal: new Map([['b', 3n]]) })).applied).toBe(false);
    expect(numbers((await update({ key, remove, equal: new Map([['b', 2n]]) })).counts)).toEqual({ b: 2n });
    expect((await update({ key, remove: ['b'], equal: new Map([['a', 0n]]) })).applied).toBe(false);
  });
});

describe('reading', () => {
  test('an item that is not there has no counters', async () => {
    expect(await table.counters.counts(fresh())).toEqual(NO_COUNTS);
    expect(await table.counters.get(fresh())).toBeUndefined();
  });

  test('a partition, or all that begin so, over as many pages as it takes', async () => {
    // DynamoDB's page is 1 MB: six items of 200 KB are two.
    const many = Array.from({ length: 6 }, (_, i) => ({ pk: 'PAGED#one', sk: `item-${i}` }));
    for (const key of many) await table.counters.put(key, { n: 1, padding: 'x'.repeat(200_000) });
    await table.counters.put({ pk: 'PAGED#two', sk: 'a' }, { n: 2 });
    expect((await table.counters.partition('PAGED#one')).map(({ key }) => key)).toEqual(many);
    const found: string[] = [];
    for await (const { key, counts } of table.counters.scan('PAGED#'))
      found.push(`${key.sk} ${counts.numbers.get('n')}`);
    expect(found.sort()).toEqual(['a 2', ...many.map(({ sk }) => `${sk} 1`)]);
    expect((await table.counters.query('PAGED#one', 'item-1', 'item-3')).map(({ key }) => key.sk)).toEqual([
      ...['item-1', 'item-2', 'item-3'],
    ]);
    expect(await table.counters.query('PAGED#one', 'b', 'a')).toEqual([]);
  });
});

test('whatever goes wrong is `unavailable`, with the time to come back', async () => {
  table.fault = () => 'lost-request';
  const unavailable = { code: 'unavailable', reason: 'counters-failed', retryAfterSeconds: 2 };
  await expect(update({ key: fresh(), add: { t: 1n } })).rejects.toMatchObject(unavailable);
  await expect(table.counters.counts(fresh())).rejects.toMatchObject(unavailable);
  await expect(table.counters.partition('x')).rejects.toMatchObject(unavailable);
  await expect(table.counters.put(fresh(), {})).rejects.toMatchObject(unavailable);
  await expect(table.counters.scan('x')[Symbol.asyncIterator]().next()).rejects.toMatchObject(unavailable);
});
