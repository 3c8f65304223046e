import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, mkdirSync, renameSync, writeSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../contract/log.ts';
import { openLines } from './files.ts';

/** Of node:fs: how many of the bytes it wrote. */
type WriteSync = (file: number, bytes: Uint8Array) => number;

export interface SpoolOptions {
  clock: Clock;
  onRefused: (error: unknown) => void;
  write?: WriteSync | undefined;
}

/** A file of lines that is complete and waits to be delivered. */
export interface Sealed {
  /** `<YYYY-MM-DD>T<HH>-<YYYY-MM-DD-HH-MM-SS-mmm>-<uuid>`: when it was sealed, UTC. Its object's key derives from it, so a retry overwrites. */
  name: string;
  path: string;
}

/**
 * Lines on disk until they are delivered, in place of Firehose's buffer. A line is in the file before anything else
 * happens to it, and a file goes only after its delivery: a store that is down, or a process that ends, loses nothing. While the
 * disk is full they wait in memory; few do, for a call that cannot be announced on disk is not made.
 */
export class Spool {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #current: string;
  #file: number;
  readonly #writeSync: WriteSync;
  readonly #onRefused: (error: unknown) => void;
  #lines: string[] = [];
  /** What the disk has not taken yet. */
  #rest: Uint8Array = new Uint8Array();
  #refused = false;
  #empty: boolean;

  /** Takes up what an earlier process left. @param onRefused told once when lines begin to wait for room on the disk */
  constructor(folder: string, { clock, onRefused, write = writeSync }: SpoolOptions) {
    this.#folder = folder;
    this.#clock = clock;
    this.#writeSync = write;
    this.#onRefused = onRefused;
    this.#current = join(folder, 'current.jsonl');
    mkdirSync(folder, { recursive: true });
    this.#file = openLines(this.#current);
    this.#empty = fstatSync(this.#file).size === 0;
  }

  add(line: string): void {
    this.#lines.push(line);
    // One write for all the lines of this turn of the event loop.
    if (this.#lines.length === 1) setImmediate(() => this.#tryWrite());
  }

  /** Puts what was added on disk. @throws what the disk refuses with; it is kept then, and goes first the next time */
  write(): void {
    if (this.#lines.length > 0) {
      this.#rest = Buffer.concat([this.#rest, Buffer.from(`${this.#lines.join('\n')}\n`)]);
      this.#lines = [];
    }
    // The last room on a disk takes a part of what is written to it.
    while (this.#rest.length > 0) {
      const written = this.#writeSync(this.#file, this.#rest);
      this.#empty = false;
      this.#rest = this.#rest.subarray(written);
    }
    this.#refused = false;
  }

  /** Nobody waits for it: what is refused is tried again at the next line, and at the next delivery. */
  #tryWrite(): void {
    try {
      this.write();
    } catch (error) {
      if (!this.#refused) this.#onRefused(error);
      this.#refused = true;
    }
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
    const now = new Date(this.#clock()).toISOString();
    // As Firehose names its objects: by their names one can tell which was delivered last.
    const stamp = now.slice(0, 23).replaceAll(/[T:.]/g, '-');
    renameSync(this.#current, join(this.#folder, `${now.slice(0, 13)}-${stamp}-${randomUUID()}.sealed`));
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
