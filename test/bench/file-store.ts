import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createGunzip } from 'node:zlib';
import { INFLATED_BYTES, linesOf } from '../../metering/ledger/lines.ts';
import type { UsageStore } from '../../metering/ledger/store.ts';

/** A bucket in a folder, so that what is measured is the ledger and no network. Objects are read as streams. */
export function createFileStore(folder: string): UsageStore {
  const path = (key: string) => join(folder, key);
  const version = (key: string): string | null =>
    existsSync(path(key))
      ? createHash('sha256')
          .update(readFileSync(path(key)))
          .digest('hex')
      : null;
  return {
    async *list(prefix, after = '') {
      const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
      const keys = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      for (const key of keys.map((file) => relative(folder, file)).sort())
        if (key.startsWith(prefix) && key > after) yield key;
    },
    lines: (key) => linesOf(createReadStream(path(key)), createGunzip({ chunkSize: INFLATED_BYTES })),
    read: async (key) => (existsSync(path(key)) ? readFileSync(path(key), 'utf8') : null),
    version: async (key) => version(key),
    async put(key, body, { ifVersion } = {}) {
      if (ifVersion !== undefined && ifVersion !== version(key)) return false;
      mkdirSync(dirname(path(key)), { recursive: true });
      writeFileSync(path(key), body);
      return true;
    },
  };
}
