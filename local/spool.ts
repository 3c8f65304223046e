import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, mkdirSync, renameSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../contract/log.ts';
import { openLines } from './files.ts';

/** A file of lines that is complete and waits to be delivered. */
export interface Sealed {
  /** `<YYYY-MM-DD>T<HH>-<uuid>`: when it was sealed, UTC. Its object's key derives from it, so a retry overwrites. */
  name: string;
  path: string;
}

/**
 * Lines on disk until they are delivered, in place of Firehose's buffer. A line is in the file before anything else
 * happens to it, and a file goes only after its delivery: a store that is down, or a process that ends, loses nothing.
 */
export class Spool {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #current: string;
  #file: number;
  #lines: string[] = [];
  #empty: boolean;

  /** Takes up what an earlier process left. */
  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    this.#current = join(folder, 'current.jsonl');
    mkdirSync(folder, { recursive: true });
    this.#file = openLines(this.#current);
    this.#empty = fstatSync(this.#file).size === 0;
  }

  add(line: string): void {
    this.#lines.push(line);
    // One write for all the lines of this turn of the event loop.
    if (this.#lines.length === 1) setImmediate(() => this.write());
  }

  /** Puts what was added on disk. */
  write(): void {
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join('\n')}\n`;
    this.#lines = [];
    this.#empty = false;
    writeSync(this.#file, text);
  }

  /** Closes the current file, if it holds anything, and begins another. @returns everything that waits, oldest first */
  async seal(): Promise<Sealed[]> {
    this.write();
    if (!this.#empty) this.#rotate();
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith('.sealed')).sort();
    return names.map((name) => ({ name: name.slice(0, -'.sealed'.length), path: join(this.#folder, name) }));
  }

  #rotate(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
    const hour = new Date(this.#clock()).toISOString().slice(0, 13);
    renameSync(this.#current, join(this.#folder, `${hour}-${randomUUID()}.sealed`));
    this.#file = openLines(this.#current);
    this.#empty = true;
  }

  read({ path }: Sealed): Promise<Buffer> {
    return readFile(path);
  }

  async remove({ path }: Sealed): Promise<void> {
    await rm(path, { force: true });
  }

  close(): void {
    this.write();
    closeSync(this.#file);
  }
}
