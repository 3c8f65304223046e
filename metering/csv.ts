import { csvRows, originalText, safeText } from '../contract/csv.ts';

/** A cell: text a tenant may have chosen, or a number of ours. */
export type Cell = { text: string } | { number: string };

/**
 * CSV as in RFC 4180: lines end in CRLF, and a cell with a quote, comma or line break is quoted.
 *
 * @param rows each with as many cells as there are columns
 * @returns the header and the rows, the last line ended too
 */
export function writeCsv(columns: readonly string[], rows: Iterable<readonly Cell[]>): string {
  let out = `${columns.join(',')}\r\n`;
  for (const row of rows) out += `${row.map(cellText).join(',')}\r\n`;
  return out;
}

function cellText(cell: Cell): string {
  if ('number' in cell) return cell.number;
  const safe = safeText(cell.text);
  return /["\r\n,]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * @param csv as writeCsv writes it; a bare LF ends a line too
 * @param only what stands in some columns of the rows that are wanted; the others are passed over, which is quick
 * @returns one object per row, by column name, texts without the apostrophes that writing added
 */
export function readCsv(csv: string, only: Readonly<Record<string, string>> = {}): Record<string, string>[] {
  const records: Record<string, string>[] = [];
  let columns: readonly string[] | undefined;
  let wanted: [at: number, cell: string][] = [];
  for (const { cells } of csvRows(csv)) {
    if (columns === undefined) {
      const head = cells;
      columns = head;
      wanted = Object.entries(only).map(([column, text]) => [head.indexOf(column), safeText(text)]);
    } else if (wanted.every(([at, cell]) => cells[at] === cell)) records.push(recordOf(columns, cells));
  }
  return records;
}

function recordOf(columns: readonly string[], cells: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  columns.forEach((column, i) => {
    record[column] = originalText(cells[i] ?? '');
  });
  return record;
}
