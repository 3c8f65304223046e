import { describe, expect, test } from 'vitest';
import type { UsageRecord } from '../../../contract/usage.ts';
import { aggregate } from '../../../metering/aggregate.ts';
import { Calls, WHOLE } from '../../../metering/calls.ts';
import { book, finished, NINE, started } from './support.ts';

const NOW = NINE + 7_200_000;
const more = { input: 11, output: 5, cacheRead: 0, cacheWrite: 0 };

describe('lines of one call that contradict each other', () => {
  test.each<[string, UsageRecord[]]>([
    ['tokens', [finished(), finished({ tokens: more })]],
    ['outcome', [finished(), finished({ outcome: 'failed' })]],
    ['tenant', [finished(), finished({ tenant: 'globex' })]],
    ['time', [finished(), finished({ at: NINE + 1 })]],
    ['estimated', [finished(), finished({ estimated: true })]],
    ['tenant of a call without an end', [started(), started({ tenant: 'globex' })]],
  ])('%s: one stands, the same one in either order, and it is counted', (_, lines) => {
    const forwards = aggregate(lines, book(), NOW);
    expect(forwards).toMatchObject({ calls: 1, contradicted: 1 });
    expect(forwards.rows).toHaveLength(1);
    expect(aggregate(lines.toReversed(), book(), NOW)).toEqual(forwards);
  });

  test('the line with more tokens stands: what was used is not billed as less', () => {
    const { rows } = aggregate([finished({ tokens: more }), finished()], book(), NOW);
    expect(rows).toMatchObject([{ tokens: { input: 11n } }]);
  });

  test('lines that differ only in what is not on the bill do not contradict', () => {
    const lines = [finished({ durationMs: 1 }), finished({ durationMs: 2, requestId: 'other' })];
    expect(aggregate(lines, book(), NOW).contradicted).toBe(0);
  });

  test('a started line does not contradict a finished one, before it or after it', () => {
    const lines = [started({ model: '' }), finished(), started({ model: '' })];
    expect(aggregate(lines, book(), NOW)).toMatchObject({ contradicted: 0, rows: [{ invocations: 1, unsettled: 0 }] });
  });
});

describe('M7: what is in memory is bounded', () => {
  test('beyond its limit a table takes no more calls, until it has given up half of its slice', () => {
    const calls = new Calls(WHOLE, String, 100);
    const given = [];
    for (let i = 0; i < 10_000; i++)
      while (!calls.add(finished({ invocationId: `c${i}` }), 0)) given.push(calls.split());
    expect(calls.count).toBeLessThanOrEqual(100);
    // The slices that were given up and the one that is left are all of the whole, once.
    const shares = given.map(({ of }) => 1 / of);
    expect(shares.reduce((sum, share) => sum + share, 0) + (shares.at(-1) ?? 0)).toBe(1);
  });

  test('30,001 calls in passes of 5,000: totals exact', () => {
    const lines = Array.from({ length: 30_001 }, (_, i) =>
      finished({
        invocationId: `c${i}`,
        tenant: `t${i % 7}`,
        tokens: { input: i, output: 1, cacheRead: 0, cacheWrite: 0 },
      }),
    );
    const { rows, calls } = aggregate(lines, book(), NOW, 5_000);
    expect(calls).toBe(30_001);
    expect(rows).toHaveLength(7);
    expect(rows.reduce((sum, { tokens }) => sum + tokens.input, 0n)).toBe((30_000n * 30_001n) / 2n);
  });
});
