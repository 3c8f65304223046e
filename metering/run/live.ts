import type { StartedUsage } from '../../contract/usage.ts';
import { WHOLE } from '../ledger/calls.ts';
import { type HourDependencies, writeHour } from '../ledger/hour.ts';
import { PENDING_PREFIX, parsePendingKey, pendingFrom } from '../ledger/layout.ts';
import { overlay } from '../ledger/overlay.ts';
import { Pass } from '../ledger/pass.ts';
import { namesOf, recordsOf, scanRaw, undoneRaw } from '../ledger/raw.ts';
import type { UsageRow } from '../ledger/row.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readUsage } from '../ledger/usage-hours.ts';
import { dayOf, type Hour } from '../window.ts';
import { lookFrom, readProgress } from './progress.ts';

/** A day of a tenant, with what no run has aggregated yet. */
export interface LiveDay {
  rows: UsageRow[];
  /** Calls that have begun and whose end has not been delivered, the oldest first. */
  inFlight: StartedUsage[];
}

/**
 * The ledger's hours of a day, and those that lines delivered since then touch computed anew, by the aggregation's own
 * code. Nothing is written.
 *
 * @param day as `2026-11-21`
 * @throws whatever the store or the registry throws
 */
export async function liveDay(
  tenant: string,
  day: string,
  dependencies: Omit<HourDependencies, 'write'>,
): Promise<LiveDay> {
  const store = overlay(dependencies.store);
  const inFlight: StartedUsage[] = [];
  for (const hour of await unfinishedHours(store, day)) {
    const summary = await writeHour(hour, { ...dependencies, store, write: () => undefined });
    if (summary !== null && summary.pending > 0) inFlight.push(...(await openCalls(store, hour, tenant)));
  }
  const rows: UsageRow[] = [];
  await readUsage(store, [day], (_, of) => rows.push(...of), { tenant });
  return { rows, inFlight: inFlight.sort((a, b) => a.at - b.at) };
}

/** Hours of the day that lines not yet done touch, or whose calls were pending when they were computed. */
async function unfinishedHours(store: UsageStore, day: string): Promise<Hour[]> {
  const hours = new Set<Hour>();
  const progress = await readProgress(store);
  for (const name of await undoneRaw(store, lookFrom(progress)))
    for (const hour of (await scanRaw(store, name)).hours) hours.add(hour);
  // What was due until then has been looked at again; no call of the day is due before it begins.
  const due = Math.max(progress?.due ?? 0, Date.parse(`${day}T00:00:00Z`));
  for await (const key of store.list(PENDING_PREFIX, pendingFrom(due))) hours.add(parsePendingKey(key).hour);
  return [...hours].filter((hour) => dayOf(hour) === day).sort((a, b) => a - b);
}

async function openCalls(store: UsageStore, hour: Hour, tenant: string): Promise<StartedUsage[]> {
  const open = new Map<string, StartedUsage>();
  const names = await namesOf(store, hour);
  const slices = [WHOLE];
  for (let slice = slices.pop(); slice !== undefined; slice = slices.pop()) {
    const pass = new Pass(slice);
    for (const [source, name] of names.entries())
      for await (const records of recordsOf(store, name, hour))
        for (const record of records) if (record.tenant === tenant) slices.push(...pass.add(record, source));
    const mayBeOpenIn = pass.calls.mayBeOpenIn();
    for (const name of names.filter((_, source) => mayBeOpenIn(source)))
      for await (const records of recordsOf(store, name, hour))
        for (const record of records)
          if (record.phase === 'started' && record.tenant === tenant && pass.calls.isOpen(record.invocationId))
            open.set(record.invocationId, record);
  }
  return [...open.values()];
}
