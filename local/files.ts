import { randomUUID } from 'node:crypto';
import { fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TollgateError } from '../contract/errors.ts';

/** Writes a file whole or not at all, and readable by its owner alone: it may hold keys. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const next = `${path}.${randomUUID()}.tmp`;
  const file = await open(next, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}

/**
 * Opens a file of lines to append to. A last line that a killed process left without its end gets one, so that what follows
 * is a line of its own.
 *
 * @returns a file descriptor
 */
export function openLines(path: string): number {
  const file = openSync(path, 'a+', 0o600);
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last.toString() !== '\n') writeSync(file, '\n');
  return file;
}

/** @returns the file's text, or undefined when there is none */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes the folder and proves that it can be written, so that a start fails before anything listens.
 *
 * @throws TollgateError `bad_setting` naming TOLLGATE_DATA
 */
export async function writableFolder(path: string): Promise<void> {
  const probe = `${path}/.probe`;
  try {
    await mkdir(dirname(probe), { recursive: true });
    await writeWhole(probe, '');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TollgateError('bad_setting', {
      field: 'TOLLGATE_DATA',
      reason: 'not-writable',
      message: `TOLLGATE_DATA: the folder ${path} cannot be written (${code}).`,
      cause,
    });
  }
}
