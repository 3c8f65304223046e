import { createHash } from 'node:crypto';
import type { UsageStore } from './store.ts';

/**
 * A bucket that is read and never written: what is put is kept in memory, and is read from there. So the aggregation's own
 * code can compute what it would write.
 */
export function overlay(base: UsageStore): UsageStore {
  const put = new Map<string, { body: string | Uint8Array; version: string }>();
  return {
    async *list(prefix, after = '') {
      const ours = [...put.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
      for await (const key of base.list(prefix, after === '' ? undefined : after)) {
        while (ours[0] !== undefined && ours[0] < key) yield ours.shift() as string;
        if (ours[0] === key) ours.shift();
        yield key;
      }
      yield* ours;
    },

    lines: (key) => base.lines(key),

    async read(key) {
      const found = put.get(key);
      if (found === undefined) return base.read(key);
      return typeof found.body === 'string' ? found.body : Buffer.from(found.body).toString('utf8');
    },

    version: async (key) => put.get(key)?.version ?? base.version(key),

    async put(key, body, { ifVersion } = {}) {
      if (ifVersion !== undefined && (put.get(key)?.version ?? (await base.version(key))) !== ifVersion) return false;
      put.set(key, { body, version: createHash('sha256').update(body).digest('hex') });
      return true;
    },
  };
}
