import { createWriteStream, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface LocalLog {
  /** @param level `error` lines also go to stderr, as all do when the start is verbose */
  write(line: string, level: string): void;
  close(): Promise<void>;
}

/** Bytes. A log beyond it is put aside at the next start, once: a laptop needs no archive. */
const ROTATE_BYTES = 10_485_760;

/** What the functions log, in `<dataDir>/log.jsonl`. */
export function openLog(dataDir: string, verbose: boolean): LocalLog {
  const path = join(dataDir, 'log.jsonl');
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > ROTATE_BYTES) renameSync(path, `${path}.1`);
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  let refused = false;
  file.on('error', ({ message }) => {
    if (!refused) process.stderr.write(`tollgate: ${path} cannot be written (${message}); what it was for is here\n`);
    refused = true;
  });
  return {
    write(line, level) {
      if (!refused) file.write(`${line}\n`);
      if (refused || verbose || level === 'error') process.stderr.write(`${line}\n`);
    },
    close: () => new Promise((resolve) => (file.destroyed ? resolve() : file.end(() => resolve()))),
  };
}
