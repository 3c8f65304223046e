import { safeText } from '../contract/csv.ts';

/** A column of a file for a spreadsheet. */
export interface CsvColumn<Row> {
  head: string;
  /** Text is kept from being a formula; a number, or an exact amount, stands as it is; null: an empty cell. */
  cell(row: Row): { text: string } | { number: string | number } | null;
}

/** @returns CSV as in RFC 4180, in the form of the gateway’s own reports */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(({ cell }) => cellText(cell(row))).join(','));
  return [columns.map(({ head }) => head).join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

function cellText(cell: ReturnType<CsvColumn<never>['cell']>): string {
  if (cell === null) return '';
  if ('number' in cell) return String(cell.number);
  const safe = safeText(cell.text);
  return /["\r\n,]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
