import { DRIFT_PERCENT, DRIFT_TOKENS, HOUR_COMPLETE_AFTER_MS } from '../../contract/limits/metering.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import { driftFrom, driftKey, hourKey } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readUsageCsv } from '../ledger/usage-file.ts';
import { HOUR_MS, type Hour, hourOf, hourText } from '../window.ts';
import { readEach } from './read-each.ts';
import { driftOf, type MetricSums, type Totals, tokensOf, totalsOf } from './totals.ts';

/** What both have of an hour. */
export interface HourDrift {
  /** As `2026-11-21T09`. */
  hour: string;
  ledger: Totals;
  cloudwatch: Totals;
  /** Tokens by which they differ, and the more of either. */
  drift: number;
  compared: number;
  /** Whether it is more than repeated lines explain. */
  beyond: boolean;
}

export interface CompareDependencies {
  store: UsageStore;
  metrics: MetricSums;
  clock: Clock;
  write: WriteLine;
}

/**
 * Publishes by how much the ledger and CloudWatch differ in hours that are complete, and keeps it in the bucket; the others are passed over.
 * CloudWatch counts a repeated line twice and the ledger does not, so a small drift is normal and a large one is not.
 * Never throws: a bill does not wait for its cross-check.
 */
export async function compareHours(hours: Iterable<Hour>, dependencies: CompareDependencies): Promise<void> {
  const { store, metrics, clock, write } = dependencies;
  for (const hour of hours) {
    if (hour > lastCompleteHour(clock())) continue;
    try {
      const ledger = totalsOf(readUsageCsv((await store.read(hourKey(hour, 'usage.csv'))) ?? ''));
      const cloudwatch = await metrics.sums(hour * HOUR_MS, (hour + 1) * HOUR_MS);
      const event = { event: 'usage-compared', hour: hourText(hour), ledger, cloudwatch };
      const compared = Math.max(tokensOf(ledger), tokensOf(cloudwatch));
      const drift = driftOf(ledger, cloudwatch);
      const beyond = drift > DRIFT_TOKENS && 100 * drift > DRIFT_PERCENT * compared;
      const found = { [METRICS.drift]: drift, [METRICS.compared]: compared };
      write(logLine(clock(), event, beyond ? { ...found, [METRICS.driftBeyond]: 1 } : found));
      await keep({ hour: hourText(hour), ledger, cloudwatch, drift, compared, beyond }, hour, store);
    } catch (error) {
      write(
        logLine(clock(), { event: 'usage-not-compared', level: 'warn', hour: hourText(hour), error: String(error) }),
      );
    }
  }
}

/** Once where nothing changed; an hour without use is not kept. */
async function keep(found: HourDrift, hour: Hour, store: Pick<UsageStore, 'read' | 'put'>): Promise<void> {
  const [before, text] = [await store.read(driftKey(hour)), JSON.stringify(found)];
  if (before === text || (before === null && found.compared === 0)) return;
  await store.put(driftKey(hour), text, { contentType: 'application/json' });
}

/** What was kept of an hour and later ones, the oldest first. @throws whatever the store throws */
export async function driftsSince(store: Pick<UsageStore, 'list' | 'read'>, from: Hour): Promise<HourDrift[]> {
  const { prefix, after } = driftFrom(from);
  return readEach<HourDrift>(store, prefix, after);
}

/** The last hour of which every line should have been delivered and every call settled. */
export function lastCompleteHour(now: number): Hour {
  return hourOf(now - HOUR_COMPLETE_AFTER_MS) - 1;
}
