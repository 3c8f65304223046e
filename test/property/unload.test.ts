import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LINE_AGE_MAX_MS, LINE_AHEAD_MAX_MS, UNLOAD_DAYS_MAX } from '../../contract/limits/metering.ts';
import { GUARDRAIL_POLICIES, OUTCOMES, STOPS, TIERS, type UsageRecord } from '../../contract/usage.ts';
import { usageLine } from '../../metering/emf.ts';
import { aggregate } from '../../metering/ledger/aggregate.ts';
import { USAGE_COLUMNS, valuesOf } from '../../metering/ledger/usage-file.ts';
import { parseUsageLine, withinDelivery } from '../../metering/parse.ts';
import { createPriceBook } from '../../metering/price.ts';
import { quarantined, reaggregation, unloadStatement } from '../../metering/unload/statement.ts';
import { HOUR_MS, hourOf, hourText } from '../../metering/window.ts';
import type { PricedModel } from '../../registry/price.ts';
import { openCatalogue, portable } from '../infra/sql.ts';
import { finished, NINE, started } from '../unit/metering/support.ts';

/** An hour, the next one, and one of the next day. */
const HOURS = [0, 1, 20].map((hour) => NINE + hour * HOUR_MS);
const DAYS = { from: '2026-11-21', to: '2026-11-22' };
const NOW = NINE + 72 * HOUR_MS;
/** The hour that every line is delivered in. */
const DELIVERED = Date.UTC(2026, 10, 23);

const PRICES: PricedModel[] = [
  {
    id: 'm1',
    prices: [
      { version: 'a', from: 0, usdPerMillion: { input: '1.02', output: '3.000000000001' } },
      { version: "it's", from: NINE + 1_800_000, usdPerMillion: { input: '2', output: '4', cacheRead: '0.1' } },
      // The name of the one that it follows, which is of every region: they share a row and not a price.
      { version: 'a', from: NINE + 900_000, region: 'us-west-2', usdPerMillion: { input: '5', output: '6' } },
      { version: 'batch', from: 0, tier: 'batch', usdPerMillion: { input: '0.5', output: '0', cacheWrite1h: '7' } },
      // What is paid by the hour is not paid by the token, whatever else its price says.
      {
        ...{ version: 'hour', from: NINE + 1, tier: 'provisioned', usdPerHour: '0.000000012345' },
        usdPerMillion: { input: '9' },
      },
      { version: 'later', from: NOW, usdPerMillion: { input: '999', output: '999' } },
    ],
  },
  {
    id: 'painter',
    prices: [
      { version: 'a', from: 0, usdPerMillion: { input: '1' }, usdPerImage: '0.04' },
      // Not computable: what it takes the place of is not in force any more.
      { version: 'broken', from: NINE + 3_000_000, usdPerMillion: { input: '1e3' } },
    ],
  },
  {
    id: 'helper',
    prices: [
      // What its calls tell of tokens costs nothing more; in a list that has some tokens all have to be there.
      { version: 'a', from: 0, usdPerCall: '0.02' },
      { version: 'b', from: NINE + 1_800_000, usdPerCall: '0.02', usdPerMillion: { input: '1' } },
    ],
  },
];

const name = fc.constantFrom('acme', 'globex', '=cmd|x', "o'neil", 'a","b', 'zoë\r\n');
const rare = fc.option(fc.nat(9), { nil: undefined });
const tokens = fc
  .record({
    ...{ input: fc.nat(2_000), output: fc.nat(1_000), cacheRead: fc.nat(3), cacheWrite: fc.nat(1) },
    ...{ cacheWrite1h: rare, reasoning: rare, images: rare, embeddings: rare, searches: rare, calls: rare },
  })
  .map((all) => JSON.parse(JSON.stringify(all)));
const members = fc
  .record({
    // Lines of one call lie in one hour, as ours do.
    id: fc.nat(20),
    ms: fc.oneof(fc.nat(HOUR_MS - 1), fc.constantFrom(0, 1, 899_999, 900_000, 1_799_999, 1_800_000, 3_000_000)),
    tenant: name,
    principal: name,
    costCenter: name,
    model: fc.constantFrom('m1', 'painter', 'helper', 'm2', ''),
    region: fc.constantFrom('us-east-1', 'us-west-2'),
  })
  .map(({ id, ms, ...rest }) => ({ invocationId: `call-${id}`, at: (HOURS[id % HOURS.length] ?? 0) + ms, ...rest }));
const record: fc.Arbitrary<UsageRecord> = fc.oneof(
  members.map((some) => started(some)),
  fc
    .record({
      some: members,
      outcome: fc.oneof(fc.constant('ok' as const), fc.constantFrom(...OUTCOMES)),
      estimated: fc.boolean(),
      // Often the same, so that lines contradict each other in nothing but what comes after.
      tokens: fc.oneof(tokens, fc.constant({ input: 10, output: 5, cacheRead: 0, cacheWrite: 0 })),
      tier: fc.option(fc.constantFrom(...TIERS), { nil: undefined }),
      priceRegion: fc.option(fc.constantFrom('us-east-1', 'us-west-2'), { nil: undefined }),
      priceModel: fc.option(fc.constantFrom('m1', 'painter', 'm2'), { nil: undefined }),
      account: fc.option(fc.constantFrom('444455556666', '777788889999'), { nil: undefined }),
      nativeModel: fc.constantFrom('a.model-v1', 'a.model-v2'),
      stop: fc.option(fc.constantFrom(...STOPS), { nil: undefined }),
      guardrail: fc.option(fc.subarray([...GUARDRAIL_POLICIES], { minLength: 1 }).map(String), { nil: undefined }),
      durationMs: fc.constantFrom(0, 1, 1_500, 0.5, -1, 2_000_000),
    })
    .map(({ some, tier, priceRegion, priceModel, account, stop, guardrail, ...rest }) =>
      finished({
        ...some,
        ...rest,
        ...(tier === undefined ? {} : { tier }),
        ...(priceRegion === undefined ? {} : { priceRegion }),
        // Of on-demand calls alone: a router buys no capacity.
        ...(priceModel === undefined || tier === 'provisioned' ? {} : { priceModel }),
        ...(account === undefined ? {} : { account }),
        ...(stop === undefined ? {} : { stop }),
        ...(guardrail === undefined ? {} : { guardrail }),
      }),
    ),
);

const spoilt = (members: object, base: object = finished()): string =>
  JSON.stringify({ usage: { ...base, ...members } });
const BAD = [
  'not json',
  '{"usage":',
  '{}',
  '[]',
  'null',
  spoilt({ v: 2 }),
  spoilt({ phase: 'paused' }),
  spoilt({ tenant: '' }),
  spoilt({ tenant: undefined }),
  spoilt({ requestId: null }),
  spoilt({ surface: 'gopher' }),
  spoilt({ action: 'fine-tune' }),
  spoilt({ at: -1 }),
  spoilt({ at: 1.5 }),
  spoilt({ at: 1e15 }),
  spoilt({ at: DELIVERED - LINE_AGE_MAX_MS - 1 }),
  spoilt({ at: DELIVERED + HOUR_MS + LINE_AHEAD_MAX_MS }),
  spoilt({ attempt: 0 }),
  spoilt({ outcome: 'lost' }),
  spoilt({ code: null }),
  spoilt({ estimated: 'perhaps' }),
  spoilt({ tier: 'gold' }),
  spoilt({ stop: 'gone' }),
  spoilt({ guardrail: '' }),
  spoilt({ guardrail: 'word,topic' }),
  spoilt({ guardrail: 'word,word' }),
  spoilt({ guardrail: 'word,' }),
  spoilt({ tokens: 7 }),
  spoilt({ tokens: { input: 1, output: 1, cacheRead: 1 } }),
  spoilt({ tokens: { input: -1, output: 1, cacheRead: 1, cacheWrite: 1 } }),
  spoilt({ tokens: { input: Number.NaN, output: 1, cacheRead: 1, cacheWrite: 1 } }),
  spoilt({ tokens: { input: '1e9', output: 1, cacheRead: 1, cacheWrite: 1 } }),
  spoilt({ tokens: { input: 2 ** 53, output: 1, cacheRead: 1, cacheWrite: 1 } }),
  spoilt({ tokens: { input: 1, output: 1, cacheRead: 1, cacheWrite: 1, images: 0.5 } }),
];

function catalogueOf(lines: readonly string[]) {
  const catalogue = openCatalogue();
  for (const line of lines) catalogue.insert('raw_lines', { dt: '2026-11-23', hour: 0n, line });
  return catalogue;
}

/** Rows as the statement has them, in an order of their own. */
function bySql(lines: readonly string[], days = DAYS): unknown[][] {
  const rows = catalogueOf(lines).all(portable(reaggregation({ ...days, prices: PRICES })));
  return sorted(rows.map((row) => Object.values(row)));
}

function byLedger(records: readonly UsageRecord[]): unknown[][] {
  const book = createPriceBook(PRICES);
  const hours = Map.groupBy(records, ({ at }) => hourOf(at));
  const rows = [...hours].flatMap(([hour, of]) =>
    aggregate(of, book, NOW).rows.map((row) => {
      const hourStart = `${hourText(hour).replace('T', ' ')}:00:00.000`;
      return [hourStart, ...valuesOf(row), hourText(hour).slice(0, 10)];
    }),
  );
  return sorted(rows);
}

function sorted(rows: unknown[][]): unknown[][] {
  const key = (row: unknown[]): string =>
    JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

describe('the statement that aggregates in Athena', () => {
  test('gives the rows of the ledger, to the last unit, whatever the lines are and however often they come', () => {
    const lines = fc.array(record, { maxLength: 60 }).chain((records) =>
      fc.tuple(
        fc.constant(records),
        fc.shuffledSubarray([...records, ...records].map((one) => usageLine(one)).concat(BAD), {
          minLength: records.length * 2 + BAD.length,
          maxLength: records.length * 2 + BAD.length,
        }),
      ),
    );
    fc.assert(
      fc.property(lines, ([records, all]) => {
        expect(bySql(all)).toEqual(byLedger(records));
      }),
      { numRuns: 100 },
    );
  });

  test('has the columns of the Parquet, and the partition behind them', () => {
    const [row = {}] = catalogueOf([usageLine(finished())]).all(portable(reaggregation({ ...DAYS, prices: PRICES })));
    expect(Object.keys(row)).toEqual([...USAGE_COLUMNS, 'dt']);
  });

  test('takes a call by the moment it began in, however late its lines came', () => {
    const late = [finished({ invocationId: 'in' }), finished({ invocationId: 'out', at: NINE + 24 * HOUR_MS })];
    const lines = late.map((one) => usageLine(one));
    expect(bySql(lines, { from: '2026-11-21', to: '2026-11-21' })).toEqual(byLedger(late.slice(0, 1)));
  });

  test('takes the first and the last millisecond of its days, and none beside', () => {
    const [first, after] = [Date.UTC(2026, 10, 21), Date.UTC(2026, 10, 23)];
    const at = [first - 1, first, after - 1, after].map((ms) => finished({ invocationId: `at-${ms}`, at: ms }));
    expect(bySql(at.map((one) => usageLine(one)))).toEqual(byLedger(at.slice(1, 3)));
  });

  test.each(['tenant', 'principal', 'costCenter', 'model', 'region', 'tier'])(
    'of two lines that differ in the %s alone, the same one stands as in the ledger',
    (member) => {
      const both = ['batch', 'priority'].map((value) => finished({ [member]: value }));
      for (const records of [both, both.toReversed()])
        expect(bySql(records.map((one) => usageLine(one)))).toEqual(byLedger(records));
    },
  );

  test('divides an hour of capacity so that nothing is lost: of equal remainders the earlier gets the unit', () => {
    const one = (id: string, tokens: number) =>
      finished({
        ...{ invocationId: id, tenant: id, model: 'm1', tier: 'provisioned', at: NINE + 1 },
        tokens: { input: tokens, output: 0, cacheRead: 0, cacheWrite: 0 },
      });
    for (const tokens of [1, 0]) {
      const records = ['c', 'a', 'b', 'd', 'e', 'f', 'g'].map((id) => one(id, tokens));
      const rows = bySql(records.map((record) => usageLine(record)));
      expect(rows).toEqual(byLedger(records));
      const total = USAGE_COLUMNS.indexOf('total_cost');
      expect(rows.reduce((sum, row) => sum + (row[total] as bigint), 0n)).toBe(12_345_000_000n);
    }
  });

  test('runs without any price: everything is then unpriced', () => {
    const sql = portable(reaggregation({ ...DAYS, prices: [] }));
    const [row] = catalogueOf([usageLine(finished())]).all(sql);
    expect(row).toMatchObject({ invocations: 1n, unpriced: 1n, total_cost: null, price_version: '' });
  });

  test.each(BAD)('sets a line aside that the ledger sets aside: %s', (line) => {
    expect(withinDelivery(parseUsageLine(line), hourOf(DELIVERED)).rejection).toBeDefined();
    const sql = portable(quarantined(DAYS.from, DAYS.to));
    expect(catalogueOf([line, usageLine(finished())]).all(sql)).toMatchObject([{ line }]);
  });

  test('writes Parquet by day, with quotes in names kept within their text', () => {
    const statement = unloadStatement({ ...DAYS, prices: PRICES }, 's3://bucket/unload/');
    expect(statement).toMatch(/^UNLOAD \(\nWITH /);
    expect(statement).toMatch(
      /\)\nTO 's3:\/\/bucket\/unload\/'\nWITH \(format = 'PARQUET', compression = 'SNAPPY', partitioned_by = ARRAY\['dt'\]\)$/,
    );
    expect(statement).toContain("'it''s'");
    expect(statement).toContain("dt BETWEEN '2026-11-21' AND '2026-11-24'");
    expect(statement).not.toContain("'later'");
  });

  test.each([
    ['days in the wrong order', '2026-11-22', '2026-11-21', '--to'],
    [`more than ${UNLOAD_DAYS_MAX} days`, '2026-01-01', '2026-04-11', '--to'],
    ['a day that is none', '2026-02-30', '2026-03-01', 'from'],
  ])('%s are refused by name', (_, from, to, field) => {
    expect(() => reaggregation({ from, to, prices: [] })).toThrow(
      expect.objectContaining({ code: 'invalid_request', field }),
    );
  });

  test(`${UNLOAD_DAYS_MAX} days are as many partitions as one statement may write`, () => {
    expect(() => reaggregation({ from: '2026-01-01', to: '2026-04-10', prices: [] })).not.toThrow();
  });

  test('more prices than a statement can hold are refused', () => {
    const prices = Array.from({ length: 3_000 }, (_, i) => ({ id: `model-${i}`, prices: PRICES[0]?.prices ?? [] }));
    expect(() => unloadStatement({ ...DAYS, prices }, 's3://bucket/unload/')).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
  });
});
