import { writeFileSync } from 'node:fs';
import { CODES, isTollgateError, TollgateError } from '../contract/errors.ts';
import { awsFailure, type Where } from './failure.ts';
import { clearProgress } from './progress.ts';

export function print(text: string): void {
  clearProgress();
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** @throws TollgateError `bad_setting` naming `--out` when the file cannot be written */
export function save(file: string, text: string): void {
  try {
    writeFileSync(file, text.endsWith('\n') ? text : `${text}\n`);
  } catch (cause) {
    throw new TollgateError('bad_setting', {
      field: '--out',
      reason: 'unwritable',
      message: `${file} cannot be written${because(cause)}`,
      cause,
    });
  }
}

/** Why the machine would not write, in words. */
function because(cause: unknown): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  const why = { ENOSPC: 'the disk is full', EACCES: 'it is not yours to write', EBUSY: 'another program holds it' };
  return code === '' ? '' : `: ${why[code as keyof typeof why] ?? code}`;
}

/** To stdout, or into the file that was named, which stderr then says. Nothing stays nothing on stdout. */
export function printOrSave(text: string, out: string | undefined): void {
  if (out !== undefined) {
    save(out, text);
    warn(`written: ${out}`);
  } else if (text !== '') print(text);
}

/** `1 line`, `2 lines` */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

export function warn(text: string): void {
  clearProgress();
  process.stderr.write(`${text}\n`);
}

/** From so many elements on each has one line of its own: ten thousands, indented, are half blanks and take seconds to write. */
const LONG_LIST = 200;

function isLong(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length >= LONG_LIST;
}

/** Indented for who reads it, but for long lists, of the value itself or of its members. */
export function jsonText(value: unknown): string {
  if (isLong(value)) return inLines(value, '');
  if (value === null || typeof value !== 'object' || !Object.values(value).some(isLong))
    return JSON.stringify(value, null, 2);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => {
      const text = isLong(member) ? inLines(member, '  ') : JSON.stringify(member, null, 2).replaceAll('\n', '\n  ');
      return `  ${JSON.stringify(name)}: ${text}`;
    });
  return `{\n${members.join(',\n')}\n}`;
}

function inLines(list: readonly unknown[], indent: string): string {
  const lines = list.map((one) => `${indent}  ${JSON.stringify(one)}`);
  return `[\n${lines.join(',\n')}\n${indent}]`;
}

/**
 * @param width of the terminal in characters, if it is one: the widest cells are then cut to fit
 * @returns lines of columns padded to their widest cell, without trailing spaces; an empty cell is `-`
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width = Infinity): string {
  const all = [head.map((name) => name.toUpperCase()), ...rows.map((row) => row.map((cell) => printable(cell) || '-'))];
  const widths = fitted(
    head.map((_, column) => all.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0)),
    width - GAP.length * (head.length - 1),
  );
  return all
    .map((row) => row.map((cell, column) => cut(cell, widths[column] ?? 0)).join(GAP))
    .map(trimmed)
    .join('\n');
}

const GAP = '  ';

/** A cell that is cut still says what it begins with. */
const CELL_MIN = 6;

/** The widest columns give way, one after the other. */
function fitted(widths: readonly number[], room: number): number[] {
  const now = [...widths];
  const taken = () => now.reduce((sum, one) => sum + one, 0);
  while (taken() > room) {
    const widest = now.indexOf(Math.max(...now));
    if ((now[widest] ?? 0) <= CELL_MIN) break;
    now[widest] = (now[widest] ?? 0) - 1;
  }
  return now;
}

function cut(cell: string, width: number): string {
  return cell.length <= width ? cell.padEnd(width) : `${cell.slice(0, width - 1)}…`;
}

/** A document as `name  value` lines, members of members with a dot between. */
export function lines(document: object): string {
  const rows = flat(document);
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => trimmed(`${name.padEnd(width)}  ${printable(value)}`)).join('\n');
}

/** Each member that holds none, by its path: `target.region`, `prices[0].from`. */
export function flat(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    const at = Array.isArray(value) ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    if (Array.isArray(inner) && inner.every((item) => typeof item === 'string')) return [[at, inner.join(', ')]];
    return inner !== null && typeof inner === 'object' ? flat(inner, at) : [[at, String(inner)]];
  });
}

// What the table holds may have been written by anybody: no value moves a terminal's cursor or starts a line.
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

function trimmed(line: string): string {
  return line.trimEnd();
}

/**
 * One line that says what went wrong, what a store or service said where it failed, and what to do; beneath it a line for each
 * thing that is wrong where it is more than one.
 *
 * @param where the command acted
 */
export function explain(error: unknown, where: Where = {}): string {
  const failure = awsFailure(error, where);
  if (failure !== undefined) return printable(failure);
  if (!isTollgateError(error)) return printable(describe(error));
  const { publicMessage, field, reason, cause, problems = [] } = error;
  const named = field !== undefined && !publicMessage.includes(field);
  const failed = error.code === 'unavailable' && reason !== 'no-local-gateway' && cause !== undefined;
  // What callers are told of it, who can do nothing but wait.
  const what = failed && publicMessage === CODES.unavailable.text ? `${nameOf(where)} does not answer` : publicMessage;
  const line = [what, named ? `(${field}: ${reason ?? error.code})` : '', failed ? `(${describe(cause)})` : ''];
  const rest = problems.length > 1 ? problems.map((one) => `  ${one.path}: ${one.message ?? words(one.reason)}`) : [];
  return [line.filter(Boolean).join(' '), ...rest].map(printable).join('\n');
}

function nameOf({ stage }: Where): string {
  return stage === undefined ? 'the local gateway' : `AWS, for stage ${stage},`;
}

function words(reason: string): string {
  return reason.replaceAll('-', ' ');
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  // A refused connection is an AggregateError with an empty message in Node.
  return error.message === '' ? (code ?? error.name) : `${error.name}: ${error.message}`;
}
