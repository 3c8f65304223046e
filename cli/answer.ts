import { spawnSync } from 'node:child_process';
import { safeText } from '../contract/csv.ts';
import { writeCsv } from '../metering/csv.ts';
import { flat, lines, print, table } from './print.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/**
 * What a verb has to say, in each form that `--format` knows; only the one that is asked for is made. `verb` is what was run:
 * `grant add`.
 */
export interface Answer {
  /** For people. @param width of the terminal in characters, if it is one */
  text(width?: number): string;
  json(verb: string): unknown;
  csv(verb: string): string;
  /** What `-q` leaves of it, a line each. */
  ids(): readonly string[];
  /** It is no success all the same: thrown once this is printed. */
  failure?: unknown;
}

type Row = readonly string[];

/** A list: a row and a document for each entry. */
export interface Listed {
  head: Row;
  rows: readonly Row[];
  /** What JSON holds, an item each. */
  documents: readonly object[];
  /** The first cell of each row unless given. */
  ids?: readonly string[];
  /** For people, where there is no row. */
  none?: string;
}

/** Its CSV has the columns of the table: `granted at` is granted_at. */
export function listed({ head, rows, documents, ids, none }: Listed): Answer {
  return {
    text: (width) => (rows.length === 0 && none !== undefined ? none : table(head, rows, width)),
    json: () => documents,
    csv: () =>
      writeCsv(
        head.map((name) => name.replaceAll(' ', '_')),
        rows.map((row) => row.map((text) => ({ text }))),
      ),
    ids: () => ids ?? rows.map(([id = '']) => id),
  };
}

/** One thing, as a line a member; its CSV is a row with a column a member. */
export function shown(id: string, document: object, text: (width?: number) => string = () => lines(document)): Answer {
  return { text, json: () => document, csv: () => documentsCsv([document]), ids: () => [id] };
}

/** What became of an edit. */
export interface Edited {
  id: string;
  tenant?: string | undefined;
  /** False: it was that already. */
  changed: boolean;
  /** Of the entry, as it is now. */
  version?: number | undefined;
  /** Its number among all edits. */
  edit?: number | undefined;
  /** In words; one line or several. */
  says: string;
  /** Of this verb alone, for JSON. */
  more?: object;
}

/** Said in words; as JSON and CSV what was done to what, its version, the edit’s number and whether anything changed. */
export function edited({ says, more, ...what }: Edited): Answer {
  const documentOf = (verb: string) => ({ verb, ...what, message: says, ...more });
  return {
    text: () => says,
    json: documentOf,
    csv: (verb) => documentsCsv([documentOf(verb)]),
    ids: () => [what.id],
  };
}

/** A row for each and a column for each member that any of them has, members of members with a dot between. */
export function documentsCsv(documents: readonly object[]): string {
  const rows = documents.map((document) => new Map(flat(document)));
  const columns = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  return writeCsv(
    columns.map(safeText),
    rows.map((row) => columns.map((name) => ({ text: row.get(name) ?? '' }))),
  );
}

/** Prints it; what is longer than the terminal goes through a pager. Nothing stays nothing. */
export function say(answer: Answer, verb: string, format: Format, quiet: boolean): void {
  if (quiet) printAll(answer.ids().join('\n'));
  else if (format === 'json') print(JSON.stringify(answer.json(verb), null, 2));
  else if (format === 'csv') printAll(answer.csv(verb));
  else printForPeople(answer);
}

function printForPeople(answer: Answer): void {
  const { isTTY, columns, rows } = process.stdout;
  const text = answer.text(isTTY ? columns : undefined);
  if (!isTTY || text.split('\n').length < rows || !paged(text)) printAll(text);
}

function printAll(text: string): void {
  if (text !== '') print(text);
}

/** Through what PAGER says, or less; an empty PAGER is none. @returns false when there is none */
function paged(text: string): boolean {
  const { PAGER = 'less', LESS = 'FRX' } = process.env;
  if (PAGER.trim() === '') return false;
  const { error, status } = spawnSync(PAGER, {
    shell: true,
    input: `${text}\n`,
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { ...process.env, LESS },
  });
  // 127: the shell found no such program. A pager that is left before its end breaks the pipe, and that is no error.
  return (error === undefined || (error as NodeJS.ErrnoException).code === 'EPIPE') && status !== 127;
}
