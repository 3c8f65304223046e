import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOKENS_MAX } from '../../contract/limits/invoke.ts';
import {
  BILLABLE,
  GUARDRAIL_POLICIES,
  OUTCOMES,
  STOPS,
  TIERS,
  TOKEN_KINDS,
  type Tokens,
  type UsageRecord,
} from '../../contract/usage.ts';
import { aggregate } from '../../metering/ledger/aggregate.ts';
import { readUsageCsv, usageCsv } from '../../metering/ledger/usage-file.ts';
import { costAt } from '../../metering/price.ts';
import { reportRows } from '../../metering/report/report.ts';
import { hourOf } from '../../metering/window.ts';
import type { PricedModel } from '../../registry/price.ts';
import { aggregationOver, book, finished, MemoryStore, NINE, started } from '../unit/metering/support.ts';

const NOW = NINE + 7_200_000;
const MODELS: PricedModel[] = [
  {
    id: 'm1',
    prices: [
      { version: 'a', from: 0, usdPerMillion: { input: '1.02', output: '3', cacheRead: '0.1', cacheWrite: '1.3' } },
      { version: 'b', from: NINE + 1_800_000, usdPerMillion: { input: '2', output: '4' }, usdPerImage: '0.04' },
      { version: 'c', from: NINE + 900_000, region: 'eu-west-1', usdPerMillion: { input: '3', cacheWrite1h: '6' } },
      { version: 'd', from: 0, tier: 'batch', usdPerMillion: { input: '0.51', output: '1.5' } },
      { version: 'e', from: 0, tier: 'provisioned', usdPerHour: '39.600000000001' },
    ],
  },
];
const PRICES = book(MODELS);
const PER_HOUR = 39_600_000_000_001_000_000n;

const name = fc.constantFrom('acme', 'globex', '=cmd|x', "o'neil", 'a","b', 'zoë\r\n');
const tokens: fc.Arbitrary<Tokens> = fc.record(
  {
    input: fc.oneof(fc.nat(1_000), fc.nat(TOKENS_MAX)),
    output: fc.nat(1_000),
    cacheRead: fc.nat(100),
    cacheWrite: fc.oneof(fc.constant(0), fc.nat(100)),
    cacheWrite1h: fc.nat(100),
    reasoning: fc.nat(100),
    images: fc.nat(3),
    embeddings: fc.nat(3),
    searches: fc.nat(3),
    calls: fc.nat(2),
  },
  { requiredKeys: ['input', 'output', 'cacheRead', 'cacheWrite'] },
);
const members = fc.record({
  invocationId: fc.nat(30).map((n) => `call-${n}`),
  at: fc.nat(3_599_999).map((ms) => NINE + ms),
  tenant: name,
  principal: name,
  costCenter: name,
  model: fc.constantFrom('m1', 'm2', ''),
  region: fc.constantFrom('us-east-1', 'eu-west-1'),
});
const ends = fc.record(
  {
    outcome: fc.constantFrom(...OUTCOMES),
    estimated: fc.boolean(),
    tokens,
    tier: fc.constantFrom(...TIERS),
    priceRegion: fc.constantFrom('us-east-1', 'eu-west-1'),
    account: fc.constantFrom('444455556666', '777788889999'),
    attempt: fc.constantFrom(2, 3),
    stop: fc.constantFrom(...STOPS),
    guardrail: fc.subarray([...GUARDRAIL_POLICIES], { minLength: 1 }).map(String),
    durationMs: fc.nat(2_000_000),
    nativeModel: fc.constantFrom('a.model-v1', 'a.model-v2'),
  },
  { requiredKeys: ['outcome', 'estimated', 'tokens'] },
);
/** A router buys no capacity. */
const routed = fc.record({ priceModel: fc.constantFrom('m1', 'm2') }, { requiredKeys: [] });
const record: fc.Arbitrary<UsageRecord> = fc.oneof(
  members.map((some) => started(some)),
  fc
    .tuple(members, ends, routed)
    .map(([some, end, by]) => finished({ ...some, ...end, ...(end.tier === 'provisioned' ? {} : by) })),
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
      await aggregationOver(memory, { now: NOW, prices: MODELS }).run();
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

/** What was used is paid for, also where another attempt answered. */
function charged(lines: readonly UsageRecord[]) {
  return lines
    .filter((line) => line.phase === 'finished')
    .filter(({ outcome, tokens }) => BILLABLE.has(outcome) || (outcome === 'retried' && usedOf(tokens) > 0));
}

function usedOf(tokens: Tokens): number {
  return Object.values(tokens).reduce((sum, count) => sum + count, 0);
}

describe('nothing is lost and nothing is counted twice', () => {
  test('every call is in exactly one count, and tokens are those of the line that stands', () => {
    fc.assert(
      fc.property(fc.uniqueArray(record, { selector: ({ invocationId }) => invocationId, maxLength: 30 }), (lines) => {
        const { rows, pending, calls } = aggregate(lines, PRICES, NOW);
        const total = (of: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + of(row), 0);
        const billable = lines.filter((line) => line.phase === 'finished' && BILLABLE.has(line.outcome));
        expect(calls).toBe(lines.length);
        expect(
          total((row) => row.invocations + row.counted + row.refused + row.failed + row.retried + row.unsettled) +
            pending,
        ).toBe(lines.length);
        expect(total((row) => row.invocations)).toBe(billable.length);
        for (const kind of TOKEN_KINDS)
          expect(rows.reduce((sum, row) => sum + row.tokens[kind], 0n)).toBe(
            charged(lines).reduce((sum, line) => sum + BigInt(line.tokens[kind] ?? 0), 0n),
          );
      }),
    );
  });

  test('what is billed is what each call costs by itself, and each hour of bought capacity that was used, once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(record, { selector: ({ invocationId }) => invocationId, maxLength: 30 }), (lines) => {
        const { rows } = aggregate(lines, PRICES, NOW);
        const calls = charged(lines);
        const priced = calls.map((line) =>
          costAt(
            PRICES,
            {
              ...line,
              model: line.priceModel ?? line.model,
              region: line.priceRegion ?? line.region,
              tier: line.tier ?? 'on-demand',
            },
            line.tokens,
          ),
        );
        const hours = calls.filter(({ tier, model }) => tier === 'provisioned' && model === 'm1');
        expect(rows.reduce((sum, { cost }) => sum + (cost?.input ?? 0n) + (cost?.output ?? 0n), 0n)).toBe(
          priced.reduce((sum, cost) => sum + (cost?.input ?? 0n) + (cost?.output ?? 0n), 0n) +
            BigInt(new Set(hours.map(({ region, account }) => `${region} ${account}`)).size) * PER_HOUR,
        );
        expect(rows.reduce((sum, { unpriced }) => sum + unpriced, 0)).toBe(
          priced.filter((cost) => cost === undefined).length,
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
