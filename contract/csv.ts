/** A record of a CSV file (RFC 4180). */
export interface CsvRow {
  /** The line of the file on which it begins, from 1: a quoted cell may hold line breaks. */
  line: number;
  cells: string[];
}

/** @param csv lines ended by CRLF, LF or CR; the last may be open @returns every record, an empty line as one empty cell */
export function* csvRows(csv: string): Generator<CsvRow> {
  let row: string[] = [];
  let at = 0;
  let line = 1;
  let begun = 1;
  while (at < csv.length) {
    const { text, end } = csv[at] === '"' ? quoted(csv, at) : plain(csv, at);
    row.push(text);
    line += lineBreaks(text);
    at = end + 1;
    if (csv[end] === ',') {
      if (at === csv.length) row.push('');
      continue;
    }
    if (csv[end] === '\r' && csv[at] === '\n') at++;
    yield { line: begun, cells: row };
    row = [];
    begun = ++line;
  }
  if (row.length > 0) yield { line: begun, cells: row };
}

function plain(csv: string, start: number): { text: string; end: number } {
  let end = start;
  while (end < csv.length && csv[end] !== ',' && csv[end] !== '\r' && csv[end] !== '\n') end++;
  return { text: csv.slice(start, end), end };
}

function quoted(csv: string, start: number): { text: string; end: number } {
  let end = start + 1;
  while (end < csv.length && !(csv[end] === '"' && csv[end + 1] !== '"')) end += csv[end] === '"' ? 2 : 1;
  return { text: csv.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 };
}

function lineBreaks(text: string): number {
  return /[\r\n]/.test(text) ? (text.match(/\r\n|\r|\n/g)?.length ?? 0) : 0;
}
