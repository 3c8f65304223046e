import { LAST_RUN_KEY } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';

/** What the last run of any kind did, kept in the bucket for whoever asks; nothing is computed from it. */
export interface LastRun {
  /** Milliseconds since 1970. */
  started: number;
  ended: number;
  hours: number;
  rawObjects: number;
  quarantined: number;
  released: number;
  /** What failed, e.g. `hour 2026-11-21T09: AccessDenied`; none: all was done. */
  failed: string[];
}

/** @returns null before the first run, and when the object is not what we write */
export async function readLastRun(store: Pick<UsageStore, 'read'>): Promise<LastRun | null> {
  const text = await store.read(LAST_RUN_KEY);
  try {
    return text === null ? null : (JSON.parse(text) as LastRun);
  } catch {
    return null;
  }
}

export async function writeLastRun(store: Pick<UsageStore, 'put'>, run: LastRun): Promise<void> {
  await store.put(LAST_RUN_KEY, JSON.stringify(run), { contentType: 'application/json' });
}
