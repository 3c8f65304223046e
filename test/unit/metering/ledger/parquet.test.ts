import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { aggregate } from '../../../../metering/ledger/aggregate.ts';
import { usageParquet } from '../../../../metering/ledger/parquet.ts';
import type { UsageRow } from '../../../../metering/ledger/row.ts';
import { USAGE_COLUMNS } from '../../../../metering/ledger/usage-file.ts';
import { MONEY_SCALE } from '../../../../metering/money.ts';
import { hourOf } from '../../../../metering/window.ts';
import { book, finished, NINE } from '../support.ts';

const hour = hourOf(NINE);

const PRICED = book([
  {
    id: 'nova-lite',
    prices: [
      {
        version: '2026-01',
        from: 0,
        usdPerMillion: { input: '0.06', output: '0.24', cacheRead: '0.015', cacheWrite: '0.06', cacheWrite1h: '0.12' },
        usdPerImage: '0.04',
        usdPerSearch: '0.002',
        usdPerCall: '0.001',
      },
    ],
  },
]);

function rows(): UsageRow[] {
  const records = [
    finished({
      invocationId: 'a',
      principal: 'zoë',
      tokens: {
        input: 9_007_199_254_740_991,
        output: 1,
        cacheRead: 2,
        cacheWrite: 3,
        cacheWrite1h: 4,
        reasoning: 1,
        images: 5,
        embeddings: 6,
        searches: 7,
        calls: 3,
      },
    }),
    finished({ invocationId: 'b', principal: '=formula', model: 'unpriced' }),
  ];
  return aggregate(records, PRICED, NINE + 7_200_000).rows;
}

function fileOf(some: readonly UsageRow[]): ArrayBuffer {
  return new Uint8Array(usageParquet(hour, some)).buffer;
}

describe('the Parquet object of an hour', () => {
  test('an independent reader finds the columns of the CSV and the same values', async () => {
    const file = fileOf(rows());
    expect(
      parquetMetadata(file)
        .schema.slice(1)
        .map(({ name }) => name),
    ).toEqual([...USAGE_COLUMNS]);
    expect(await parquetReadObjects({ file })).toMatchObject([
      {
        principal: '=formula',
        model_id: 'unpriced',
        unpriced: 1n,
        input_cost: null,
        output_cost: null,
        total_cost: null,
      },
      {
        hour_start: new Date(NINE),
        principal: 'zoë',
        price_version: '2026-01',
        input_tokens: 9_007_199_254_740_991n,
        cache_read_tokens: 2n,
        cache_write_tokens: 3n,
        invocations: 1n,
        tier: 'on-demand',
        cache_write_1h_tokens: 4n,
        reasoning_tokens: 1n,
        images: 5n,
        embeddings: 6n,
        searches: 7n,
        calls: 3n,
        retried: 0n,
      },
    ]);
  });

  test('money is DECIMAL(38, 18) and exact to its last unit', async () => {
    const file = fileOf(rows());
    const metadata = parquetMetadata(file);
    const column = metadata.schema.find(({ name }) => name === 'total_cost');
    expect(column).toMatchObject({ converted_type: 'DECIMAL', precision: 38, scale: MONEY_SCALE, type_length: 16 });
    // hyparquet makes a float of a DECIMAL; without the annotation it hands out the bytes themselves.
    delete column?.converted_type;
    delete column?.logical_type;
    const [, priced] = await parquetReadObjects({ file, metadata, columns: ['total_cost'], utf8: false });
    const units = BigInt(`0x${Buffer.from(priced?.total_cost).toString('hex')}`);
    const [, row] = rows();
    expect(row?.cost).not.toBeNull();
    expect(units).toBe((row?.cost?.input ?? 0n) + (row?.cost?.output ?? 0n));
  });

  test('M3: the same rows give the same bytes', () => {
    expect(Buffer.from(fileOf(rows())).equals(Buffer.from(fileOf(rows())))).toBe(true);
  });

  test('an hour without rows is a file without rows', async () => {
    expect(await parquetReadObjects({ file: fileOf([]) })).toEqual([]);
  });

  test('a sum beyond 64 bits is an error and does not wrap into a small one', () => {
    const [row] = rows();
    if (!row) throw new Error('no row');
    expect(() => usageParquet(hour, [{ ...row, tokens: { ...row.tokens, input: 2n ** 63n } }])).toThrow(RangeError);
    expect(() => usageParquet(hour, [{ ...row, cost: { input: 10n ** 38n, output: 0n, estimated: 0n } }])).toThrow(
      RangeError,
    );
  });
});
