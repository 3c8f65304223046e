import { describe, expect, test } from 'vitest';
import { TOLD_MAX } from '../../../../contract/limits/metering.ts';
import type { FinishedUsage, UsageRecord } from '../../../../contract/usage.ts';
import { aggregate, type Summary } from '../../../../metering/ledger/aggregate.ts';
import { Calls, WHOLE } from '../../../../metering/ledger/calls.ts';
import { TOLD_COLUMNS } from '../../../../metering/ledger/told.ts';
import { book, finished, NINE, started } from '../support.ts';

const NOW = NINE + 7_200_000;
const used = { input: 10, output: 5, cacheRead: 0, cacheWrite: 0 };
const more = { input: 11, output: 5, cacheRead: 0, cacheWrite: 0 };

describe('lines of one call that contradict each other', () => {
  test.each<[string, UsageRecord[]]>([
    ['tokens', [finished(), finished({ tokens: more })]],
    ['outcome', [finished(), finished({ outcome: 'failed' })]],
    ['tenant', [finished(), finished({ tenant: 'globex' })]],
    ['images', [finished(), finished({ tokens: { ...used, images: 1 } })]],
    ['tokens cached for an hour', [finished({ tokens: { ...used, cacheWrite1h: 2 } }), finished()]],
    ['reasoning', [finished({ tokens: { ...used, reasoning: 2 } }), finished({ tokens: { ...used, reasoning: 3 } })]],
    ['tier', [finished(), finished({ tier: 'batch' })]],
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

  test('a kind that is left out is the same as none of it', () => {
    const lines = [finished(), finished({ tokens: { ...used, images: 0, reasoning: 0 } })];
    expect(aggregate(lines, book(), NOW).contradicted).toBe(0);
  });

  test('lines that differ only in what is not on the bill do not contradict', () => {
    const lines = [finished({ durationMs: 1 }), finished({ durationMs: 2, requestId: 'other' })];
    expect(aggregate(lines, book(), NOW).contradicted).toBe(0);
  });

  test('of lines that differ in how the call went alone the same one stands, whichever came first', () => {
    const lines = [finished({ stop: 'tool', durationMs: 2 }), finished({ stop: 'tool', durationMs: 5 })];
    for (const order of [lines, lines.toReversed()])
      expect(toldOf(aggregate(order, book(), NOW))).toMatchObject({ stop_tool: 1n, answer_ms: 5n });
  });

  test('a started line does not contradict a finished one, before it or after it', () => {
    const lines = [started({ model: '' }), finished(), started({ model: '' })];
    expect(aggregate(lines, book(), NOW)).toMatchObject({ contradicted: 0, rows: [{ invocations: 1, unsettled: 0 }] });
  });
});

const toldOf = ({ rows: [row] }: Summary) =>
  Object.fromEntries(TOLD_COLUMNS.map((name, i) => [name, row?.told[i] ?? 0n]).filter(([, sum]) => sum !== 0n));

describe('how calls went', () => {
  const answer = (id: string, members: Partial<FinishedUsage>) => finished({ invocationId: id, ...members });
  const tokens = (output: number) => ({ input: 1, output, cacheRead: 0, cacheWrite: 0 });

  test('answers are counted by why they ended, with their lengths and times and the squares of both', () => {
    const lines = [
      answer('a', { stop: 'end', tokens: tokens(3), durationMs: 10 }),
      answer('b', { stop: 'end', tokens: tokens(5), durationMs: 20 }),
      answer('c', { stop: 'guardrail', guardrail: 'topic,word', tokens: tokens(0), durationMs: 0 }),
      // Of what is no text nothing is told.
      answer('d', { tokens: tokens(900), durationMs: 900 }),
    ];
    expect(toldOf(aggregate(lines, book(), NOW))).toEqual({
      ...{ stop_end: 2n, stop_guardrail: 1n, guardrail_topic: 1n, guardrail_word: 1n },
      ...{ answer_tokens: 8n, answer_tokens_squared: 34n, answer_ms: 30n, answer_ms_squared: 500n },
    });
  });

  test('a guardrail that is applied by itself has intervened, and no answer has ended', () => {
    const lines = [answer('a', { outcome: 'counted', guardrail: 'sensitive' })];
    expect(toldOf(aggregate(lines, book(), NOW))).toEqual({ guardrail_sensitive: 1n });
  });

  test('one that is beyond this world counts as the longest that is in it', () => {
    const lines = [answer('a', { stop: 'length', tokens: tokens(2 ** 50), durationMs: 1e15 })];
    const most = BigInt(TOLD_MAX);
    expect(toldOf(aggregate(lines, book(), NOW))).toEqual({
      ...{ stop_length: 1n, answer_tokens: most, answer_tokens_squared: most * most },
      ...{ answer_ms: most, answer_ms_squared: most * most },
    });
  });
});

describe('kinds that most calls have none of', () => {
  const kinds = (i: number) => ({ ...used, ...(i % 3 === 0 ? { cacheWrite1h: i, images: i % 7 } : {}) });
  const lines = Array.from({ length: 5_000 }, (_, i) => finished({ invocationId: `c${i}`, tokens: kinds(i) }));
  const sum = (of: (i: number) => number) => BigInt(lines.reduce((total, _, i) => total + of(i), 0));

  test.each([1_000_000, 700])('are those of their call, however the table grows and is split (limit %i)', (limit) => {
    const { rows } = aggregate(lines, book(), NOW, limit);
    const total = (kind: 'cacheWrite1h' | 'images') => rows.reduce((units, row) => units + row.tokens[kind], 0n);
    expect(total('cacheWrite1h')).toBe(sum((i) => (i % 3 === 0 ? i : 0)));
    expect(total('images')).toBe(sum((i) => (i % 3 === 0 ? i % 7 : 0)));
    expect(rows.reduce((calls, row) => calls + row.invocations, 0)).toBe(5_000);
  });

  test('stay with the line that stands', () => {
    const calls = new Calls(WHOLE, String);
    for (const images of [2, 1, 0])
      for (const invocationId of ['a', 'b']) calls.add(finished({ invocationId, tokens: { ...used, images } }), 0);
    expect([...calls].map(({ tokens }) => tokens.images)).toEqual([2, 2]);
  });
});

describe('a call that used what its price has no rate for', () => {
  test('is unpriced as a whole, beside the priced ones of the same price', () => {
    const cached = finished({ invocationId: 'cached', tokens: { ...used, cacheRead: 1 } });
    expect(aggregate([finished(), cached], book(), NOW).rows).toMatchObject([
      { priceVersion: '', invocations: 1, unpriced: 1, cost: null, tokens: { cacheRead: 1n } },
      { priceVersion: '2026-01', invocations: 1, unpriced: 0, tokens: { input: 10n } },
    ]);
  });

  test('that was refused is not unpriced: it used nothing', () => {
    const refused = finished({ outcome: 'refused', tokens: { ...used, cacheRead: 1 } });
    expect(aggregate([refused], book(), NOW).rows).toMatchObject([
      { priceVersion: '2026-01', refused: 1, unpriced: 0, cost: { input: 0n } },
    ]);
  });
});

describe('two prices of one name, the later one of the region alone', () => {
  test('share a row, each call at its own', () => {
    const price = (input: string) => ({ version: 'v', usdPerMillion: { input, output: '0' } });
    const prices = [
      { ...price('1'), from: 0 },
      { ...price('100'), from: NINE + 10, region: 'us-east-1' },
    ];
    const tokens = { input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0 };
    const records = [0, 9, 10].map((ms) => finished({ invocationId: `call-${ms}`, at: NINE + ms, tokens }));
    for (const lines of [records, records.toReversed()])
      expect(aggregate(lines, book([{ id: 'nova-lite', prices }]), NINE + 7_200_000).rows).toMatchObject([
        { priceVersion: 'v', invocations: 3, unpriced: 0, cost: { input: 102n * 10n ** 18n, output: 0n } },
      ]);
  });
});

describe('attempts', () => {
  test('each is a call of its own; one that another answers for is counted apart and uses nothing', () => {
    const lines = [
      finished({ invocationId: 'first', outcome: 'retried', tokens: { ...used, input: 0, output: 0 } }),
      finished({ invocationId: 'second', attempt: 2 }),
    ];
    expect(aggregate(lines, book(), NOW).rows).toMatchObject([{ invocations: 1, retried: 1, refused: 0, failed: 0 }]);
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
