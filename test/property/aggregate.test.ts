import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOKENS_MAX } from '../../contract/limits.ts';
import { BILLABLE, OUTCOMES, type UsageRecord } from '../../contract/usage.ts';
import { aggregate } from '../../metering/aggregate.ts';
import { reportRows } from '../../metering/report.ts';
import { readUsageCsv, usageCsv } from '../../metering/usage-file.ts';
import { hourOf } from '../../metering/window.ts';
import { aggregationOver, book, finished, MemoryStore, NINE, started } from '../unit/metering/support.ts';

const NOW = NINE + 7_200_000;
const PRICES = book([
  {
    id: 'm1',
    prices: [
      { version: 'a', from: 0, usdPerMillion: { input: '1.02', output: '3' } },
      { version: 'b', from: NINE + 1_800_000, usdPerMillion: { input: '2', output: '4' } },
    ],
  },
]);

const name = fc.constantFrom('acme', 'globex', '=cmd|x', "o'neil", 'a","b', 'zoë\r\n');
const tokens = fc.record({
  input: fc.oneof(fc.nat(1_000), fc.nat(TOKENS_MAX)),
  output: fc.nat(1_000),
  cacheRead: fc.nat(100),
  cacheWrite: fc.nat(100),
});
const members = fc.record({
  invocationId: fc.nat(30).map((n) => `call-${n}`),
  at: fc.nat(3_599_999).map((ms) => NINE + ms),
  tenant: name,
  principal: name,
  costCenter: name,
  model: fc.constantFrom('m1', 'm2', ''),
});
const record: fc.Arbitrary<UsageRecord> = fc.oneof(
  members.map((some) => started(some)),
  fc
    .record({ some: members, outcome: fc.constantFrom(...OUTCOMES), estimated: fc.boolean(), tokens })
    .map(({ some, ...rest }) => finished({ ...some, ...rest })),
);
const records = fc.array(record, { maxLength: 80 });

describe('M3: the same calls give the same rows', () => {
  test('in any order, and however often a line is repeated', () => {
    const twice = records.chain((lines) =>
      fc.tuple(
        fc.constant(lines),
        fc.shuffledSubarray([...lines, ...lines, ...lines], {
          minLength: lines.length * 3,
          maxLength: lines.length * 3,
        }),
      ),
    );
    fc.assert(
      fc.property(twice, ([lines, repeated]) => {
        expect(aggregate(repeated, PRICES, NOW)).toEqual(aggregate(lines, PRICES, NOW));
      }),
    );
  });

  test('M7: however few calls fit into memory at once', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 20 }), (lines, limit) => {
        expect(aggregate(lines, PRICES, NOW, limit)).toEqual(aggregate(lines, PRICES, NOW));
      }),
    );
  });

  test('in any batching into objects: the same bytes', async () => {
    const store = async (lines: readonly UsageRecord[], cuts: readonly number[]) => {
      const memory = new MemoryStore();
      const bounds = [0, ...[...cuts].sort((a, b) => a - b).map((cut) => cut % (lines.length + 1)), lines.length];
      bounds
        .sort((a, b) => a - b)
        .forEach((end, i) => {
          memory.deliver(`dt=2026-11-21/hour=${i % 2 ? '09' : '10'}/${i}`, lines.slice(bounds[i - 1] ?? 0, end));
        });
      await aggregationOver(memory, { now: NOW }).run();
      return memory.results();
    };
    await fc.assert(
      fc.asyncProperty(records, fc.array(fc.nat(100), { maxLength: 6 }), async (lines, cuts) => {
        fc.pre(lines.length > 0);
        expect(await store(lines, cuts)).toEqual(await store([...lines].reverse(), []));
      }),
      { numRuns: 40 },
    );
  });
});

describe('nothing is lost and nothing is counted twice', () => {
  test('every call is in exactly one count, and tokens are those of the line that stands', () => {
    fc.assert(
      fc.property(fc.uniqueArray(record, { selector: ({ invocationId }) => invocationId, maxLength: 30 }), (lines) => {
        const { rows, pending, calls } = aggregate(lines, PRICES, NOW);
        const total = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0);
        const billable = lines.filter((line) => line.phase === 'finished' && BILLABLE.has(line.outcome));
        expect(calls).toBe(lines.length);
        expect(total((row) => row.invocations + row.counted + row.refused + row.failed + row.unsettled) + pending).toBe(
          lines.length,
        );
        expect(total((row) => row.invocations)).toBe(billable.length);
        expect(rows.reduce((sum, row) => sum + row.tokens.input, 0n)).toBe(
          billable.reduce((sum, line) => sum + BigInt(line.phase === 'finished' ? line.tokens.input : 0), 0n),
        );
      }),
    );
  });

  test('an hour read back from its CSV is the hour', () => {
    fc.assert(
      fc.property(records, (lines) => {
        const { rows } = aggregate(lines, PRICES, NOW);
        expect(readUsageCsv(usageCsv(hourOf(NINE), rows))).toEqual(rows);
      }),
    );
  });

  test('a report of several days is the report of their reports', () => {
    fc.assert(
      fc.property(records, records, (one, other) => {
        const [a, b] = [one, other].map((lines) => aggregate(lines, PRICES, NOW).rows);
        expect(reportRows([...reportRows(a ?? []), ...reportRows(b ?? [])])).toEqual(
          reportRows([...(a ?? []), ...(b ?? [])]),
        );
      }),
    );
  });
});
