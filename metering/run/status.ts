import { COMPARED_TOLD_HOURS } from '../../contract/limits/metering.ts';
import { PENDING_PREFIX, parsePendingKey, pendingFrom, QUARANTINE_PREFIX } from '../ledger/layout.ts';
import { undoneRaw } from '../ledger/raw.ts';
import type { UsageStore } from '../ledger/store.ts';
import { type Hour, hourOf, hourText } from '../window.ts';
import { driftsSince, type HourDrift } from './compare.ts';
import { differingHours, type HourInvocations } from './invocations.ts';
import { type LastRun, readLastRun } from './last-run.ts';
import { lookFrom, readProgress } from './progress.ts';

/** How far the ledger is, without computing anything. */
export interface Status {
  /** Everything that was delivered before this hour is in the ledger; null: no whole run has ended well yet. */
  watermark: string | null;
  /** Raw objects that no run has finished with. */
  rawObjects: number;
  /** Hours with calls that had not ended when they were computed, and that will be looked at again. */
  pendingHours: string[];
  /** Lines that cannot be used, of all time, and raw objects that hold them. */
  quarantined: { lines: number; rawObjects: number };
  /** Hours of the last COMPARED_TOLD_HOURS in which the ledger and AWS's own counts of calls differ. */
  invocations: HourInvocations[];
  lastRun: LastRun | null;
}

/** @throws whatever the store throws */
export async function readStatus(store: UsageStore, now: number): Promise<Status> {
  return { ...(await standingSince(store, hourOf(now) - COMPARED_TOLD_HOURS)), quarantined: await quarantined(store) };
}

/** The same for who is to be told within seconds: what is in quarantine is counted by its objects, and not read. */
export interface Metering extends Omit<Status, 'quarantined'> {
  quarantined: { rawObjects: number };
  /** By how many tokens the ledger and CloudWatch differ, hour by hour. */
  drift: HourDrift[];
}

/** @param since the first hour of which differences are told @throws whatever the store throws */
export async function readMetering(store: Pick<UsageStore, 'list' | 'read'>, since: Hour): Promise<Metering> {
  const found = { rawObjects: 0 };
  for await (const _ of store.list(QUARANTINE_PREFIX)) found.rawObjects++;
  const standing = await standingSince(store, since);
  return { ...standing, quarantined: found, drift: await driftsSince(store, since) };
}

async function standingSince(
  store: Pick<UsageStore, 'list' | 'read'>,
  since: Hour,
): Promise<Omit<Status, 'quarantined'>> {
  const progress = await readProgress(store);
  const pending = new Set<number>();
  for await (const key of store.list(PENDING_PREFIX, pendingFrom(progress?.due ?? 0)))
    pending.add(parsePendingKey(key).hour);
  return {
    watermark: progress && hourText(progress.delivered),
    rawObjects: (await undoneRaw(store, lookFrom(progress))).length,
    pendingHours: [...pending].sort((a, b) => a - b).map(hourText),
    invocations: await differingHours(store, since),
    lastRun: await readLastRun(store),
  };
}

/** As many lines as are listed there; of an object with more than QUARANTINED_LISTED the raw object has the others. */
async function quarantined(store: UsageStore): Promise<Status['quarantined']> {
  const found = { lines: 0, rawObjects: 0 };
  for await (const key of store.list(QUARANTINE_PREFIX)) {
    found.rawObjects++;
    found.lines += ((await store.read(key)) ?? '').split('\n').length - 1;
  }
  return found;
}
