import { DRIFT_PERCENT, DRIFT_TOKENS, HOUR_COMPLETE_AFTER_MS } from '../../contract/limits/metering.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import { hourKey } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readUsageCsv } from '../ledger/usage-file.ts';
import { HOUR_MS, type Hour, hourOf, hourText } from '../window.ts';
import { driftOf, type MetricSums, tokensOf, totalsOf } from './totals.ts';

export interface CompareDependencies {
  store: UsageStore;
  metrics: MetricSums;
  clock: Clock;
  write: WriteLine;
}

/**
 * Publishes by how much the ledger and CloudWatch differ in hours that are complete; the others are passed over.
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
    } catch (error) {
      write(
        logLine(clock(), { event: 'usage-not-compared', level: 'warn', hour: hourText(hour), error: String(error) }),
      );
    }
  }
}

/** The last hour of which every line should have been delivered and every call settled. */
export function lastCompleteHour(now: number): Hour {
  return hourOf(now - HOUR_COMPLETE_AFTER_MS) - 1;
}
