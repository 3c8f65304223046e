import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { type Column, PARTITIONS, RAW_COLUMNS, USAGE_COLUMNS } from '../../infra/athena-columns.ts';
import { VIEWS } from '../../infra/athena-views.ts';
import { parseMoney } from '../../metering/money.ts';

/** The catalogue in another engine: the same tables and views, the very text of whose SQL is run. */

export type Value = string | bigint | null;

export interface Catalogue {
  insert(table: 'usage' | 'raw_lines', row: Record<string, Value>): void;
  /** Whole numbers come as bigint, money as 10^-18 dollars. */
  all(sql: string): Record<string, SQLOutputValue>[];
}

/** SQLite has no decimals, so money is whole here: its own unit, in which nothing is ever rounded. */
const TYPES: Record<Column['type'], string> = {
  string: 'TEXT',
  timestamp: 'TEXT',
  int: 'INTEGER',
  bigint: 'INTEGER',
  'decimal(38,18)': 'INTEGER',
};

export function openCatalogue(): Catalogue {
  const database = new DatabaseSync(':memory:');
  addFunctions(database);
  const table = (name: string, columns: readonly Column[]) =>
    database.exec(
      `CREATE TABLE ${name} (${columns.map((column) => `${column.name} ${TYPES[column.type]}`).join(', ')})`,
    );
  table('usage', [...USAGE_COLUMNS, ...PARTITIONS]);
  table('raw_lines', [...RAW_COLUMNS, ...PARTITIONS]);
  for (const { name, sql } of VIEWS) database.exec(`CREATE VIEW ${name} AS ${sql}`);
  return {
    insert(name, row) {
      const names = Object.keys(row);
      const places = names.map(() => '?').join(', ');
      database.prepare(`INSERT INTO ${name} (${names.join(', ')}) VALUES (${places})`).run(...Object.values(row));
    },
    all(sql) {
      const statement = database.prepare(sql);
      statement.setReadBigInts(true);
      return statement.all().map((row) => ({ ...row }));
    },
  };
}

/**
 * What of Athena's SQL has no like in SQLite's grammar, by what means the same there: a cast that cannot fail after the
 * test before it, an exact decimal, a moment.
 */
export function portable(sql: string): string {
  return sql
    .replaceAll('TRY_CAST(', 'CAST(')
    .replace(/CAST\(([^()]+) AS DECIMAL\(27, 18\)\)/g, 'UNITS($1)')
    .replace(/CAST\((FROM_UNIXTIME\([^()]*\)) AS TIMESTAMP\)/g, '$1');
}

/** What the statements use of Athena's functions and SQLite has under no name, by their documentation. */
function addFunctions(database: DatabaseSync): void {
  const pure = { deterministic: true };
  database.function('date_add', pure, (unit, amount, date) => {
    if (unit !== 'day') throw new Error(`date_add of ${unit}`);
    return new Date(Date.parse(`${date}T00:00:00Z`) + Number(amount) * 86_400_000).toISOString().slice(0, 10);
  });
  database.function('date_diff', { ...pure, useBigIntArguments: true }, (unit, from, to) => {
    if (unit !== 'day') throw new Error(`date_diff of ${unit}`);
    return BigInt((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
  });
  database.function('from_unixtime', pure, (seconds) =>
    new Date(Number(seconds) * 1_000).toISOString().replace('T', ' ').replace('Z', ''),
  );
  database.function('regexp_like', pure, (text, pattern) =>
    text === null ? null : Number(new RegExp(String(pattern)).test(String(text))),
  );
  database.function('units', pure, (text) => (text === null ? null : (parseMoney(String(text)) ?? null)));
  // NULL for what is no JSON, for what is not there, and for what is no scalar.
  database.function('json_extract_scalar', pure, (text, path) => {
    let value: unknown;
    try {
      value = JSON.parse(String(text));
    } catch {
      return null;
    }
    for (const name of String(path).split('.').slice(1)) value = (value as Record<string, unknown> | null)?.[name];
    return value == null || typeof value === 'object' ? null : String(value);
  });
}
