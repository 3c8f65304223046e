import { closeSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openLines } from '../files.ts';
import type { CallRecord, CallsFile } from './calls.ts';

/**
 * Appends to one file and begins another after `max` calls, in the place of the one before: at least the newest `max` calls are
 * there, at most twice as many. A call's first line is the whole of it, each further one what has changed.
 *
 * @param folder is there
 */
export function openCallsFile(folder: string, max: number): CallsFile {
  const current = join(folder, 'calls.jsonl');
  const previous = join(folder, 'calls.previous.jsonl');
  const kept = new Map<number, CallRecord>();
  const older = load(previous, kept);
  let begun = load(current, kept) - older;
  for (const record of kept.values()) record.outcome ??= 'aborted';
  let file = openLines(current);
  const written = new WeakMap<CallRecord, string>();
  let open = true;

  return {
    found: [...kept.values()].slice(-max),
    save(record) {
      const { seq, usage, serviceTier, status, outcome } = record;
      const end = JSON.stringify({ seq, usage, serviceTier, status, outcome });
      const before = written.get(record);
      // A connection may end after the endpoint has closed; its call is then one that had no end.
      if (!open || end === before) return;
      if (before === undefined && begun++ >= max) {
        closeSync(file);
        renameSync(current, previous);
        file = openLines(current);
        begun = 1;
      }
      writeSync(file, `${before === undefined ? JSON.stringify(record) : end}\n`);
      written.set(record, end);
    },
    close() {
      open = false;
      closeSync(file);
    },
  };
}

/** Adds what the file says to what is known. @returns how many calls are known then */
function load(path: string, known: Map<number, CallRecord>): number {
  for (const line of linesOf(path)) {
    try {
      const said = JSON.parse(line) as CallRecord;
      const before = known.get(said.seq);
      if (before !== undefined) Object.assign(before, said);
      // An end whose beginning has gone with an older file is nobody's.
      else if ('service' in said) known.set(said.seq, said);
    } catch {
      // Cut off by the end of a process.
    }
  }
  return known.size;
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
