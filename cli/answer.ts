import { spawnSync } from 'node:child_process';
import { safeText } from '../contract/csv.ts';
import { writeCsv } from '../metering/csv.ts';
import { type Difference, differencesOf } from '../registry/difference.ts';
import { differenceText } from '../registry/difference-text.ts';
import type { Change } from '../registry/edit.ts';
import { flat, lines, print, printable, table, warn } from './print.ts';

export const FORMATS = ['table', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

/** What was run: `grant add`, and whether it was only to say what it would do. */
export interface Ran {
  verb: string;
  dryRun: boolean;
}

/** What a verb has to say, in each form that `--format` knows; only the one that is asked for is made. */
export interface Answer {
  /** For people. @param width of the terminal in characters, if it is one */
  text(width?: number): string;
  json(ran: Ran): unknown;
  csv(ran: Ran): string;
  /** What `-q` leaves of it, a line each. */
  ids(): readonly string[];
  /** What an edit changes, field by field: told beforehand, by --dry-run. */
  differences?: readonly Difference[];
  /** What to do next, for whoever sits at a terminal. */
  hint?: string;
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
  /** As the registry told it. */
  change: Pick<Change<unknown>, 'changed' | 'edit' | 'before' | 'after'>;
  /** What it was of: `grant of nova-lite to acme`. */
  what: string;
  /** What was done to it: `revoked`. */
  done: string;
  /** Of this verb alone, for JSON. */
  more?: object;
}

/** Said in words; as JSON and CSV what was done to what, its version, the edit’s number and whether anything changed. */
export function edited({ id, tenant, change, what, done, more }: Edited): Answer {
  const { changed, edit, before, after } = change;
  const version = (after ?? undefined)?.version as number | undefined;
  const says = changed
    ? `${what}: ${done}${version === undefined ? '' : ` (version ${version})`}`
    : `${what}: nothing to change`;
  const differences = changed ? changesOf(before, after) : [];
  const documentOf = ({ verb, dryRun }: Ran) => ({
    ...{ verb, id, ...(tenant === undefined ? {} : { tenant }), changed },
    ...(version === undefined ? {} : { version }),
    ...(edit === undefined ? {} : { edit }),
    ...(dryRun ? { dryRun } : {}),
    message: says,
    ...more,
  });
  return {
    text: () => says,
    json: (ran) => ({ ...documentOf(ran), differences: differences.map(plainDifference) }),
    csv: (ran) => documentsCsv([documentOf(ran)]),
    ids: () => [id],
    differences,
    ...(edit === undefined ? {} : { hint: `tollgate undo ${edit} takes it back` }),
  };
}

/** What an edit changed, without the form in which its entry is written. */
export function changesOf(...[before, after]: Parameters<typeof differencesOf>): Difference[] {
  return differencesOf(before, after).filter(({ path }) => path !== 'v');
}

/** A difference as JSON has it: null is for what is not there. */
export function plainDifference({ path, before = null, after = null }: Difference): object {
  return { path, before, after };
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

export interface Saying extends Ran {
  format: Format;
  quiet: boolean;
}

/** Prints it; what is longer than the terminal goes through a pager. Nothing stays nothing. */
export function say(answer: Answer, { format, quiet, ...ran }: Saying): void {
  if (ran.dryRun && answer.differences === undefined) warn('tollgate: --dry-run: nothing was changed');
  if (quiet) printAll(answer.ids().join('\n'));
  else if (format === 'json') print(JSON.stringify(answer.json(ran), null, 2));
  else if (format === 'csv') printAll(answer.csv(ran));
  else printForPeople(answer, ran);
}

function printForPeople(answer: Answer, { dryRun }: Ran): void {
  const { isTTY, columns, rows } = process.stdout;
  const said = answer.text(isTTY ? columns : undefined);
  const text =
    dryRun && answer.differences !== undefined
      ? [`would be: ${said}`, ...answer.differences.map((one) => `  ${printable(differenceText(one))}`)].join('\n')
      : said;
  if (!isTTY || text.split('\n').length < rows || !paged(text)) printAll(text);
  if (answer.hint !== undefined && isTTY && process.stderr.isTTY) warn(answer.hint);
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
