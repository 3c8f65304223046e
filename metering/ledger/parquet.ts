import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { MONEY_SCALE } from '../money.ts';
import { HOUR_MS, type Hour } from '../window.ts';
import type { UsageRow } from './row.ts';
import { ROW_COLUMNS, valuesOf } from './usage-file.ts';

// DECIMAL(38, 18) in 16 bytes: the widest decimal that Athena, Spark and DuckDB read, exact to the last unit
// (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#decimal).
const MONEY = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', precision: 38 } as const;

const TYPES: Record<(typeof ROW_COLUMNS)[number]['kind'], Omit<SchemaElement, 'name'>> = {
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  whole: { type: 'INT64', repetition_type: 'REQUIRED' },
  money: { ...MONEY, scale: MONEY_SCALE, repetition_type: 'OPTIONAL' },
};

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 1 + ROW_COLUMNS.length },
  { name: 'hour_start', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
  ...ROW_COLUMNS.map(({ name, kind }): SchemaElement => ({ name, ...TYPES[kind] })),
];

/** What the columns can hold. A sum beyond it is no usage of this world, and must not wrap into a small one. */
const INT64_MAX = 2n ** 63n - 1n;
const DECIMAL_MAX = 10n ** 38n - 1n;

/**
 * The hour's rows as Parquet: the same columns as the CSV, costs null where they are not known. The same rows give the
 * same bytes: there is neither a time nor a random number in the file.
 *
 * @throws RangeError when a sum of tokens does not fit 64 bits, or one of money 38 digits
 */
export function usageParquet(hour: Hour, rows: readonly UsageRow[]): Uint8Array {
  const values = rows.map(valuesOf);
  const columnData = [
    { name: 'hour_start', data: values.map(() => new Date(hour * HOUR_MS)) },
    ...ROW_COLUMNS.map(({ name, kind }, i) => ({
      name,
      data: values.map((row) => within(kind === 'money' ? DECIMAL_MAX : INT64_MAX, row[i] ?? null)),
    })),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema: SCHEMA, createdBy: 'tollgate' }));
}

function within(most: bigint, value: string | bigint | null): string | bigint | null {
  if (typeof value === 'bigint' && value > most) throw new RangeError('a sum does not fit its column');
  return value;
}
