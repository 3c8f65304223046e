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
    const simple = row.length === 0 ? simpleLine(csv, at) : undefined;
    if (simple !== undefined) {
      yield { line: begun, cells: simple.text.split(',') };
      at = simple.next;
      begun = ++line;
      continue;
    }
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

/** A line that holds no quote and ends as most do: nearly all of a file of ours, and read several times as quickly so. */
function simpleLine(csv: string, start: number): { text: string; next: number } | undefined {
  const end = csv.indexOf('\n', start);
  if (end < 0) return undefined;
  const text = csv.slice(start, csv[end - 1] === '\r' && end > start ? end - 1 : end);
  return text.includes('"') || text.includes('\r') ? undefined : { text, next: end + 1 };
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

/**
 * Where a cell begins for some reader: a spreadsheet set to another language takes `;`, or a tab, for what parts cells, and
 * then a quote within a line for text, so that a line break ends the row.
 */
const BEGINNINGS = /([;\t\r\n])/;

/**
 * What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection"), in all widths: it may leave out white space,
 * quotes and what is not seen before it. An apostrophe makes text of it, and several say no more than one.
 */
const FORMULA = /^['"\p{Z}\p{C}]*[=+\-@\uFE62\uFE63\uFE66\uFE6B\uFF0B\uFF0D\uFF1D\uFF20]/u;

/** A cell that begins so has one, too: what begins with an apostrophe of its own can then be told from it. */
const FIRST = /^['\t\r\n]/;

/**
 * Text that somebody else may have chosen, for a cell: wherever a spreadsheet could begin a formula, an apostrophe stands before
 * it.
 *
 * @returns what is still to be quoted
 */
export function safeText(text: string): string {
  const isFirst = FIRST.test(text);
  if (!isFirst && !BEGINNINGS.test(text)) return FORMULA.test(text) ? `'${text}` : text;
  return eachBeginning(text, (part, at) => (FORMULA.test(part) || (at === 0 && isFirst) ? `'${part}` : part));
}

/** @param cell as it was read, without its quotes @returns what safeText was given */
export function originalText(cell: string): string {
  if (!cell.includes("'")) return cell;
  return eachBeginning(cell, (part, at) => (at === 0 || FORMULA.test(part) ? part.replace(/^'/, '') : part));
}

function eachBeginning(text: string, change: (part: string, at: number) => string): string {
  // Every other one is what parts them.
  const parts = text.split(BEGINNINGS);
  return parts.map((part, at) => (at % 2 === 0 ? change(part, at) : part)).join('');
}
