import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { FILE_MAX_BYTES } from '../contract/limits/registry.ts';
import { badEntry, problemsOf } from '../registry/fields.ts';
import type { BadPart } from '../registry/prices/import/tree.ts';
import { counted, printable, warn } from './print.ts';

/**
 * @param file `-`: standard input
 * @param most bytes; a file of more is refused before it is read
 * @throws TollgateError `bad_setting` naming a file that cannot be read, or is too large
 */
export function bytesOf(file: string, most = FILE_MAX_BYTES): Uint8Array {
  let descriptor = 0;
  try {
    if (file !== '-') descriptor = openSync(file, 'r');
    if (fstatSync(descriptor).size > most) throw tooLarge(file, most);
    return readUpTo(descriptor, file, most);
  } catch (cause) {
    if (cause instanceof TollgateError) throw cause;
    throw new TollgateError('bad_setting', {
      field: file,
      reason: 'unreadable',
      message: `${file} cannot be read`,
      cause,
    });
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

/** A pipe does not say how much will come. */
function readUpTo(descriptor: number, file: string, most: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  for (let length = 0; ; ) {
    const chunk = new Uint8Array(CHUNK_BYTES);
    const read = readSync(descriptor, chunk);
    if (read === 0) return Buffer.concat(chunks, length);
    chunks.push(chunk.subarray(0, read));
    length += read;
    if (length > most) throw tooLarge(file, most);
  }
}

const CHUNK_BYTES = 65_536;

function tooLarge(file: string, most: number): TollgateError {
  return new TollgateError('bad_setting', {
    field: file,
    reason: 'too-large',
    message: `${file} has more than ${most} bytes`,
  });
}

/** What a file holds, and where. */
export interface Read {
  value: unknown;
  /** From 1. */
  lineOf(path: string): number | undefined;
}

/**
 * What an entry, or a file of them, says: JSON or YAML.
 *
 * @param file `-`: standard input
 * @throws TollgateError `bad_setting` naming a file that cannot be read; `bad_entry` once what is wrong with its form has been told
 */
export async function readEntries(file: string): Promise<Read> {
  const bytes = bytesOf(file);
  const { readFile } = await import('../registry/file/read.ts');
  return whereItStands(file, { lineOf: () => undefined }, () => readFile(bytes));
}

/** The file that a verb was given. It is read once: standard input is there once, and a verb that asks before it edits reads it twice. */
export interface GivenFile {
  file: string;
  read?: Promise<Read>;
}

/** Does it with the one entry that the file holds. @throws as `whereItStands` */
export async function withFile<T>(given: GivenFile, work: (value: object) => Promise<T>): Promise<T> {
  given.read ??= readEntries(given.file);
  const read = await given.read;
  return whereItStands(given.file, read, async () => {
    const { value } = read;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badEntry('entry', 'not-an-object');
    return work(value);
  });
}

/** Does it; what is wrong with the file is told a line each, with its line in the file. */
export async function whereItStands<T>(
  file: string,
  { lineOf }: Pick<Read, 'lineOf'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isTollgateError(error, 'bad_entry')) throw error;
    const problems = problemsOf(error);
    tellBad(
      file,
      problems.map(({ path, reason, message }) => ({
        line: lineOf(path) ?? 0,
        at: '',
        field: path,
        reason: message ?? reason,
      })),
    );
    throw new TollgateError('bad_entry', {
      field: file,
      reason: 'not-applied',
      message: `${file}: ${counted(problems.length, 'problem')}; nothing was changed.`,
      cause: error,
    });
  }
}

/** Every part of a file that is wrong, a line each on stderr. @param bad whose `field` may say the line itself: `line 3` */
export function tellBad(file: string, bad: readonly BadPart[]): void {
  for (const { line, at, field, reason } of bad) {
    const [, itself] = /^line (\d+)$/.exec(field) ?? [];
    const place = itself ?? (line === 0 ? undefined : line);
    const what = [at, itself === undefined ? field : ''].filter(Boolean).map((one) => `${one}: `);
    // A sentence is told as it is; only a reason has hyphens for its blanks.
    const why = reason.includes(' ') ? reason : reason.replaceAll('-', ' ');
    warn(printable(`${file}${place === undefined ? '' : `:${place}`}: ${what.join('')}${why}`));
  }
}
