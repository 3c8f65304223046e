import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import { FILE_MAX_BYTES } from '../contract/limits/registry.ts';
import type { BadPart } from '../registry/prices/import/tree.ts';
import { printable, warn } from './print.ts';

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

/** What a file holds. @param file `-`: standard input @throws TollgateError `bad_setting` naming it */
export function readDocument(file: string): unknown {
  return parseJsonObject(bytesOf(file), 'file');
}

/** The same of a verb that asks before it edits: standard input is there once. */
export function documentOf(given: { file: string; document?: unknown }): unknown {
  given.document ??= readDocument(given.file);
  return given.document;
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
