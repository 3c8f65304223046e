import { readFileSync } from 'node:fs';
import { TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import type { BadPart } from '../registry/prices/import/tree.ts';
import { printable, warn } from './print.ts';

/** @param file `-`: standard input @throws TollgateError `bad_setting` naming a file that cannot be read */
export function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    throw new TollgateError('bad_setting', {
      field: file,
      reason: 'unreadable',
      message: `${file} cannot be read`,
      cause,
    });
  }
}

/** What a file holds. @param file `-`: standard input @throws TollgateError `bad_setting` naming it */
export function readDocument(file: string): unknown {
  return parseJsonObject(bytesOf(file), 'file');
}

/** Every part of a file that is wrong, a line each on stderr. */
export function tellBad(file: string, bad: readonly BadPart[]): void {
  for (const { line, at, field, reason } of bad)
    warn(
      printable(
        `${file}${line === 0 ? '' : `:${line}`}: ${at === '' ? '' : `${at}: `}${field}: ${reason.replaceAll('-', ' ')}`,
      ),
    );
}
