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
 * @returns one object per row, by column name, texts without the apostrophes that writing added
 */
export function readCsv(csv: string): Record<string, string>[] {
  const [columns, ...rows] = csvRows(csv);
  if (columns === undefined) return [];
  return rows.map(({ cells }) =>
    Object.fromEntries(columns.cells.map((column, i) => [column, originalText(cells[i] ?? '')])),
  );
}
