import { UNSETTLED_AFTER_MS } from '../../contract/limits/metering.ts';
import type { Clock, WriteLine } from '../../contract/log.ts';
import type { PricedModel } from '../../registry/price.ts';
import type { PriceReader } from '../../registry/reader.ts';
import { createPriceBook, type PriceBook } from '../price.ts';
import type { Hour } from '../window.ts';
import { type Summary, Sums } from './aggregate.ts';
import { WHOLE } from './calls.ts';
import { correctionsCsv } from './charges.ts';
import { costLines } from './cost-metric.ts';
import { athenaKey, hourKey, pendingKey } from './layout.ts';
import { Pass } from './pass.ts';
import { namesOf, recordsOf } from './raw.ts';
import { CSV_TYPE, PARQUET_TYPE, replace } from './replace.ts';
import type { UsageStore } from './store.ts';
import { UnsettledList } from './unsettled.ts';
import { usageCsv } from './usage-file.ts';

export interface HourDependencies {
  store: UsageStore;
  prices: PriceReader;
  clock: Clock;
  /** Calls in memory at once; an hour that holds more is read in several passes. */
  callsPerPass?: number;
  /** Where the metrics of an hour go whose rows are not what they were; absent: nowhere. */
  write?: WriteLine;
}

/**
 * Computes an hour whole, from every raw object that was noted to touch it, and overwrites its objects. If calls are
 * still pending, notes when to look again.
 *
 * @returns what was written, or null when no line of this hour was ever delivered
 * @throws whatever the store or the registry throws; the hour's objects are then as before, or partly new, and the raw
 *   objects that touch it must not be marked as done
 */
export async function writeHour(hour: Hour, dependencies: HourDependencies): Promise<Summary | null> {
  const { store, clock, write } = dependencies;
  const keys = [
    hourKey(hour, 'usage.csv'),
    hourKey(hour, 'usage.parquet'),
    hourKey(hour, 'unsettled.csv'),
    athenaKey(hour),
    hourKey(hour, 'corrections.csv'),
  ] as const;
  let written: Summary | null = null;
  await replace(store, keys, async () => {
    const names = await namesOf(store, hour);
    if (names.length === 0) return null;
    const { summary, unsettled } = await computeHour(hour, names, clock(), dependencies);
    written = summary;
    const csv = usageCsv(hour, summary.rows);
    // Before they are written, so that a crash between the two repeats the metric rather than losing it.
    if ((await store.read(keys[0])) !== csv) for (const line of costLines(hour, summary.rows, clock())) write?.(line);
    // A tenth of the function: loaded when an hour is written, not when a run that has nothing to do starts.
    const { usageParquet } = await import('./parquet.ts');
    const parquet = usageParquet(hour, summary.rows);
    // Most hours have none; one that had must say that it has none any more.
    const corrected = summary.corrections.length > 0 || (await store.version(keys[4])) !== null;
    const corrections = { key: keys[4], contentType: CSV_TYPE, body: correctionsCsv(summary.corrections) };
    return [
      // First: the counters follow these once the hour is written, and a break between the two has it written again.
      ...(corrected ? [corrections] : []),
      { key: keys[0], contentType: CSV_TYPE, body: csv },
      { key: keys[1], contentType: PARQUET_TYPE, body: parquet },
      { key: keys[2], contentType: CSV_TYPE, body: unsettled.csv() },
      { key: keys[3], contentType: PARQUET_TYPE, body: parquet },
    ];
  });
  const summary = written as Summary | null;
  if (summary?.pendingUntil != null) await store.put(pendingKey(summary.pendingUntil, hour), '');
  return summary;
}

async function computeHour(hour: Hour, names: readonly string[], now: number, dependencies: HourDependencies) {
  const { store, prices, callsPerPass } = dependencies;
  const sums = new Sums(now);
  const unsettled = new UnsettledList();
  const known = new Map<string, PricedModel>();
  const slices = [WHOLE];
  for (let slice = slices.pop(); slice !== undefined; slice = slices.pop()) {
    const pass = new Pass(slice, callsPerPass);
    for (const [source, name] of names.entries())
      for await (const records of recordsOf(store, name, hour))
        for (const record of records) for (const given of pass.add(record, source)) slices.push(given);
    const open = sums.take(pass, await pricesOf(pass, prices, known));
    if (open === 0) continue;
    // Only ids are kept of a million calls; the few that never ended are worth a second reading of where they are from.
    const mayBeOpenIn = pass.calls.mayBeOpenIn();
    for (const name of names.filter((_, source) => mayBeOpenIn(source)))
      for await (const records of recordsOf(store, name, hour))
        for (const record of records)
          if (
            record.phase === 'started' &&
            record.at + UNSETTLED_AFTER_MS <= now &&
            pass.calls.isOpen(record.invocationId)
          )
            unsettled.add(record);
  }
  return { summary: sums.summary(), unsettled };
}

async function pricesOf(pass: Pass, prices: PriceReader, known: Map<string, PricedModel>): Promise<PriceBook> {
  const wanted = [...pass.models()].filter((id) => !known.has(id));
  if (wanted.length > 0) for (const [id, model] of await prices.prices(wanted)) known.set(id, { ...model, id });
  return createPriceBook(known.values());
}
