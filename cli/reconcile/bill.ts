import { createReadStream, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, type Gunzip } from 'node:zlib';
import { csvRows } from '../../contract/csv.ts';
import { TollgateError } from '../../contract/errors.ts';
import { BILL_LINE_MAX_CHARS, BILL_ROWS_AT_ONCE } from '../../contract/limits/metering.ts';
import { CUR_NEEDED, type CurRecord, isCurColumn } from '../../metering/bill/cur-line.ts';

/** A record of an export, and where it stands: a line of a CSV, a row of a Parquet file, from 1. */
export interface BillRecord {
  line: number;
  record: CurRecord;
}

/** The files of an export: those named, and all that lie in the folders named. */
export function billFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!isFolder(path)) return [path];
    const files = readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(csv|csv\.gz|gz|parquet)$/i.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
    if (files.length === 0) throw unusable(path, 'it holds no .csv, .csv.gz or .parquet');
    return files;
  });
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw unusable(path, 'it cannot be read', cause);
  }
}

/**
 * The records of a file in CSV, gzipped CSV or Parquet, told apart by its first bytes; read as a stream, because an
 * organisation's bill does not fit into memory.
 *
 * @throws TollgateError `invalid_request` naming the file: unreadable, corrupt, or without a column that is needed
 */
export async function* billRecords(file: string): AsyncGenerator<BillRecord> {
  const magic = await firstBytes(file);
  try {
    if (magic.toString('latin1') === 'PAR1') yield* parquetRecords(file);
    else yield* csvRecords(file, magic[0] === 0x1f && magic[1] === 0x8b);
  } catch (error) {
    if (error instanceof TollgateError) throw error;
    throw unusable(file, error instanceof Error ? error.message : 'it cannot be read', error);
  }
}

async function firstBytes(file: string): Promise<Buffer> {
  const bytes = Buffer.alloc(4);
  try {
    const handle = await open(file);
    try {
      await handle.read(bytes, 0, 4, 0);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unusable(file, 'it cannot be read', cause);
  }
  return bytes;
}

async function* csvRecords(file: string, gzipped: boolean): AsyncGenerator<BillRecord> {
  const bytes = createReadStream(file);
  const plain = gzipped ? createGunzip() : bytes;
  // Whoever reads the plain bytes is given the file's errors too.
  if (plain !== bytes) pipeline(bytes, plain as Gunzip, () => undefined);
  let columns: string[] | undefined;
  for await (const { line, cells } of rowsOf(plain, file)) {
    if (columns === undefined) {
      columns = cells.map((name) => name.replace(/^\uFEFF/, '').trim());
      needed(file, columns);
      continue;
    }
    if (cells.length === 1 && cells[0] === '') continue;
    yield { line, record: Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? ''])) };
  }
  if (columns === undefined) throw unusable(file, 'it is empty');
}

/** Whole records of what has come so far: up to the last line break that is in no quoted cell. */
async function* rowsOf(
  bytes: AsyncIterable<Uint8Array>,
  file: string,
): AsyncGenerator<{ line: number; cells: string[] }> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let before = 0;
  for await (const chunk of bytes) {
    rest += decoder.write(Buffer.from(chunk));
    const end = endOfRecords(rest);
    if (end === 0 && rest.length > BILL_LINE_MAX_CHARS) throw unusable(file, `line ${before + 1} does not end`);
    const whole = rest.slice(0, end);
    for (const { line, cells } of csvRows(whole)) yield { line: before + line, cells };
    before += whole.match(/\r\n|\r|\n/g)?.length ?? 0;
    rest = rest.slice(end);
  }
  rest += decoder.end();
  for (const { line, cells } of csvRows(rest)) yield { line: before + line, cells };
}

/** A quote within a quoted cell is doubled, so that only the number of quotes matters. */
function endOfRecords(text: string): number {
  let end = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) quoted = !quoted;
    else if (c === 0x0a && !quoted) end = i + 1;
  }
  return end;
}

async function* parquetRecords(file: string): AsyncGenerator<BillRecord> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  const all = metadata.schema.slice(1).map(({ name }) => name);
  const top = topLevel(metadata.schema);
  needed(file, top);
  const columns = top.filter((name) => all.includes(name) && isCurColumn(name));
  const rows = Number(metadata.num_rows);
  for (let start = 0; start < rows; start += BILL_ROWS_AT_ONCE) {
    const rowEnd = Math.min(start + BILL_ROWS_AT_ONCE, rows);
    const part = await parquetReadObjects({ file: buffer, metadata, columns, rowStart: start, rowEnd });
    for (const [i, row] of part.entries())
      yield {
        line: start + i + 1,
        record: Object.fromEntries(Object.entries(row).map(([name, value]) => [name, textOf(value)])),
      };
  }
}

/** The schema is a tree written out depth first; a map is one column of the table. */
function topLevel(schema: readonly { name: string; num_children?: number }[]): string[] {
  const names: string[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let i = 0; i < (schema[at]?.num_children ?? 0); i++) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]?.name ?? '');
  return names;
}

/** A value of Parquet as the CSV of the same export has it. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}

function needed(file: string, columns: readonly string[]): void {
  for (const column of CUR_NEEDED)
    if (!columns.includes(column))
      throw unusable(
        file,
        column === 'line_item_iam_principal'
          ? `it has no column ${column}: turn on “Include caller identity (IAM principal) allocation data” for the export`
          : `it has no column ${column}`,
      );
}

function unusable(file: string, why: string, cause?: unknown): TollgateError {
  return new TollgateError('invalid_request', {
    field: '--cur',
    reason: 'unusable-file',
    message: `${file}: ${why}`,
    cause,
  });
}
