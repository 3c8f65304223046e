import { TollgateError } from '../../contract/errors.ts';
import { AGGREGATION_ATTEMPTS } from '../../contract/limits/metering.ts';
import type { UsageStore } from './store.ts';

export interface NewObject {
  key: string;
  contentType: string;
  body: string | Uint8Array;
}

/**
 * Overwrites objects with what `build` computes from the bucket, safely beside other runs that do the same. The versions
 * are read BEFORE building and each write holds only if its object is still so; otherwise all begins again. So whoever
 * writes last has read everything that an earlier writer knew, and a slow run cannot put back an older state.
 *
 * @param keys of all the objects
 * @param build computes exactly those, or null when there is nothing to write
 * @throws TollgateError `conflict` when another run was faster AGGREGATION_ATTEMPTS times
 */
export async function replace(
  store: UsageStore,
  keys: readonly string[],
  build: () => Promise<NewObject[] | null>,
): Promise<void> {
  for (let attempt = 1; attempt <= AGGREGATION_ATTEMPTS; attempt++) {
    const versions = new Map(await Promise.all(keys.map(async (key) => [key, await store.version(key)] as const)));
    const objects = await build();
    if (objects === null || (await putAll(store, objects, versions))) return;
  }
  throw new TollgateError('conflict', { reason: 'written-by-another-run', detail: { keys } });
}

async function putAll(
  store: UsageStore,
  objects: readonly NewObject[],
  versions: ReadonlyMap<string, string | null>,
): Promise<boolean> {
  for (const { key, body, contentType } of objects)
    if (!(await store.put(key, body, { contentType, ifVersion: versions.get(key) ?? null }))) return false;
  return true;
}

export const CSV_TYPE = 'text/csv; charset=utf-8';
export const PARQUET_TYPE = 'application/vnd.apache.parquet';
export const LINES_TYPE = 'application/x-ndjson';
