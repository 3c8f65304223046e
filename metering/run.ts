import { asTollgateError, TollgateError } from '../contract/errors.ts';
import { LATE_HOURS, RAW_OBJECTS_PER_STEP } from '../contract/limits.ts';
import { type LogEvent, logLine, METRICS, type Metric, type WriteLine } from '../contract/log.ts';
import type { Summary } from './aggregate.ts';
import { compareHours, lastCompleteHour } from './compare.ts';
import { writeReport } from './day.ts';
import { type HourDependencies, writeHour } from './hour.ts';
import { doneKey, PENDING_PREFIX, parsePendingKey, pendingFrom } from './layout.ts';
import { readProgress, writeProgress } from './progress.ts';
import { type RawScan, scanRaw, undoneRaw } from './raw.ts';
import type { MetricSums } from './totals.ts';
import { dayOf, type Hour, hourOf, hourText, parseHour } from './window.ts';

export interface RunRequest {
  /** Only this hour, as `2026-11-21T09`, from all raw lines there are. */
  hour?: string;
}

export interface RunResult {
  /** Hours written, with what is in them. */
  hours: { hour: string; summary: Summary }[];
  /** Keys of the reports written. */
  reports: string[];
  /** Raw objects read for the first time, and lines in them that cannot be used. */
  rawObjects: number;
  quarantined: number;
}

export interface AggregationDependencies extends HourDependencies {
  write: WriteLine;
  /** null: nothing to compare with. */
  metrics: MetricSums | null;
}

/**
 * @throws TollgateError `unavailable` when any part failed, after everything that could be done was; what failed is not
 *   marked as done, so the next run repairs it. `invalid_request` when `hour` is none.
 */
export type Aggregate = (request?: RunRequest) => Promise<RunResult>;

/**
 * The scheduled job: raw lines -> the hours and days they touch, each recomputed whole and overwritten. Safe to run
 * twice, at once and at any time; it holds nothing in memory from one run to the next that its results depend on.
 */
export function createAggregation(dependencies: AggregationDependencies): Aggregate {
  return async (request = {}) => {
    const hour = request.hour === undefined ? undefined : parseHour(request.hour);
    const run = new Run(dependencies);
    try {
      if (hour === undefined) await run.everything();
      else await run.oneHour(hour);
    } catch (error) {
      run.fail(error, { during: 'run' });
    }
    return run.finish();
  };
}

class Run {
  readonly #dependencies: AggregationDependencies;
  readonly #started: number;
  readonly #hours = new Map<Hour, Summary>();
  readonly #reports = new Set<string>();
  readonly #failures: unknown[] = [];
  #rawObjects = 0;
  #quarantined = 0;

  constructor(dependencies: AggregationDependencies) {
    this.#dependencies = dependencies;
    this.#started = dependencies.clock();
  }

  async everything(): Promise<void> {
    const { store } = this.#dependencies;
    const now = hourOf(this.#started);
    const progress = await readProgress(store);
    const names = await undoneRaw(store, progress ? Math.min(progress.delivered, now - LATE_HOURS) : undefined);
    for (let i = 0; i < names.length; i += RAW_OBJECTS_PER_STEP) {
      const scans = await this.#scan(names.slice(i, i + RAW_OBJECTS_PER_STEP));
      const failed = await this.#write(new Set(scans.flatMap(({ hours }) => [...hours])));
      for (const { name, hours } of scans)
        if (![...hours].some((hour) => failed.has(hour))) await store.put(doneKey(name), '');
    }
    const due = await this.#pending(progress?.due ?? 0);
    await this.#write(new Set([...due].filter((hour) => !this.#hours.has(hour))));
    await this.#compare(new Set([lastCompleteHour(this.#started), ...this.#hours.keys()]));
    if (this.#failures.length > 0) return;
    if (progress?.delivered !== now || due.size > 0) await writeProgress(store, { delivered: now, due: this.#started });
  }

  async oneHour(hour: Hour): Promise<void> {
    // Scanned but not marked as done: they may touch other hours, which are for a whole run to write.
    await this.#scan(await undoneRaw(this.#dependencies.store, hour - 1, hour + LATE_HOURS));
    await this.#write(new Set([hour]));
    await this.#compare(new Set([hour]));
  }

  fail(error: unknown, evidence: Record<string, unknown>): void {
    const { code, reason, detail } = asTollgateError(error);
    this.#failures.push(error);
    const event = { event: 'aggregation-failed', level: 'error', code, reason, detail, ...evidence } as const;
    this.#log({ ...event, error: String(error) }, { [METRICS.aggregationFailed]: 1 });
  }

  finish(): RunResult {
    if (this.#failures.length > 0)
      throw new TollgateError('unavailable', {
        reason: 'aggregation-failed',
        message: 'Usage could not be aggregated in full; the next run takes up what is left.',
        cause: this.#failures[0],
      });
    const hours = [...this.#hours].sort(([a], [b]) => a - b);
    return {
      hours: hours.map(([hour, summary]) => ({ hour: hourText(hour), summary })),
      reports: [...this.#reports].sort(),
      rawObjects: this.#rawObjects,
      quarantined: this.#quarantined,
    };
  }

  async #scan(names: readonly string[]): Promise<RawScan[]> {
    const scans: RawScan[] = [];
    for (const name of names)
      try {
        const scan = await scanRaw(this.#dependencies.store, name);
        scans.push(scan);
        this.#rawObjects++;
        this.#quarantined += scan.quarantined;
        if (scan.quarantined > 0)
          this.#log(
            { event: 'lines-quarantined', level: 'error', raw: name },
            { [METRICS.quarantined]: scan.quarantined },
          );
      } catch (error) {
        this.fail(error, { during: 'scan', raw: name });
      }
    return scans;
  }

  /** @returns the hours of which something could not be written */
  async #write(hours: ReadonlySet<Hour>): Promise<Set<Hour>> {
    const failed = new Set<Hour>();
    const days = new Set<string>();
    for (const hour of [...hours].sort((a, b) => a - b))
      try {
        const summary = await writeHour(hour, this.#dependencies);
        if (summary === null) continue;
        this.#note(hour, summary);
        days.add(dayOf(hour));
      } catch (error) {
        failed.add(hour);
        this.fail(error, { during: 'hour', hour: hourText(hour) });
      }
    for (const day of days)
      try {
        this.#reports.add(await writeReport(this.#dependencies.store, day));
      } catch (error) {
        for (const hour of hours) if (dayOf(hour) === day) failed.add(hour);
        this.fail(error, { during: 'report', day });
      }
    return failed;
  }

  #note(hour: Hour, summary: Summary): void {
    this.#hours.set(hour, summary);
    const { rows, calls, contradicted, pending } = summary;
    const sum = (column: 'unsettled' | 'unpriced') => rows.reduce((total, row) => total + row[column], 0);
    this.#log(
      { event: 'hour-aggregated', hour: hourText(hour), rows: rows.length, calls, contradicted, pending },
      { [METRICS.unsettled]: sum('unsettled'), [METRICS.unpriced]: sum('unpriced') },
    );
  }

  /** Hours whose calls were pending at an earlier run and may be unsettled now. */
  async #pending(from: number): Promise<Set<Hour>> {
    const hours = new Set<Hour>();
    for await (const key of this.#dependencies.store.list(PENDING_PREFIX, pendingFrom(from))) {
      const { due, hour } = parsePendingKey(key);
      if (due > this.#started) break;
      hours.add(hour);
    }
    return hours;
  }

  async #compare(hours: ReadonlySet<Hour>): Promise<void> {
    const { metrics } = this.#dependencies;
    if (metrics) await compareHours(hours, { ...this.#dependencies, metrics });
  }

  #log(event: LogEvent, metrics: Partial<Record<Metric, number>>): void {
    const { write, clock } = this.#dependencies;
    write(logLine(clock(), event, metrics));
  }
}
