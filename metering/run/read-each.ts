import { USAGE_READS_AT_ONCE } from '../../contract/limits/metering.ts';
import type { UsageStore } from '../ledger/store.ts';

/** The JSON of each object of the state whose key has the prefix and comes after another, in order. @throws whatever the store throws */
export async function readEach<T>(
  store: Pick<UsageStore, 'list' | 'read'>,
  prefix: string,
  after?: string,
): Promise<T[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix, after)) keys.push(key);
  const found: (T | null)[] = [];
  for (let i = 0; i < keys.length; i += USAGE_READS_AT_ONCE) {
    const some = keys.slice(i, i + USAGE_READS_AT_ONCE);
    found.push(
      ...(await Promise.all(some.map(async (key) => JSON.parse((await store.read(key)) ?? 'null') as T | null))),
    );
  }
  return found.filter((one) => one !== null);
}
