import { LATE_HOURS, RAW_OBJECTS_PER_STEP } from '../../contract/limits/metering.ts';
import type { WriteLine } from '../../contract/log.ts';
import { type DayDependencies, writeDay } from '../ledger/day.ts';
import { type HourDependencies, writeHour } from '../ledger/hour.ts';
import { doneKey, PENDING_PREFIX, parsePendingKey, pendingFrom } from '../ledger/layout.ts';
import { type RawScan, scanRaw, undoneRaw } from '../ledger/raw.ts';
import { dayOf, type Hour, hourOf, hourText } from '../window.ts';
import { hoursLeft, type Range, readBackfill, writeBackfill } from './backfill.ts';
import { compareHours, lastCompleteHour } from './compare.ts';
import { compareInvocations, type Invocations } from './invocations.ts';
import { writeLastRun } from './last-run.ts';
import { lookFrom, readProgress, writeProgress } from './progress.ts';
import { parseRequest, type RunRequest, type Work } from './request.ts';
import { type RunResult, Tally } from './tally.ts';
import type { MetricSums } from './totals.ts';

export type { RunRequest } from './request.ts';
export type { RunResult } from './tally.ts';

/** Where a range has come to, after each of its hours. */
export interface RangeProgress {
  /** As `2026-11-21T09`. */
  hour: string;
  /** 0 when no line of the hour was ever delivered. */
  calls: number;
  /** Whether the hour could not be written. */
  failed: boolean;
  /** Hours of the range that were tried, also by an earlier run of it, and those that are left. */
  done: number;
  left: number;
}

export type TellHour = (progress: RangeProgress) => void;

export interface AggregationDependencies extends HourDependencies, DayDependencies {
  write: WriteLine;
  /** null: nothing to compare with. */
  metrics: MetricSums | null;
  /** What AWS itself counts of calls; null: nothing to compare with. */
  invocations: Invocations | null;
  /** Gives back what crashed calls had reserved; null: nothing is reserved. */
  release: (() => Promise<{ released: number }>) | null;
  /** Tells of models that end soon; null: nobody is told. */
  tellEnds: (() => Promise<void>) | null;
}

/**
 * @param onHour is told of every hour of a range
 * @throws TollgateError `unavailable` when any part failed, after everything that could be done was; what failed is not
 *   marked as done, so the next run repairs it. `invalid_request` when the request is none.
 */
export type Aggregate = (request?: RunRequest, onHour?: TellHour) => Promise<RunResult>;

/**
 * The scheduled job: raw lines -> the hours and days they touch, each recomputed whole and overwritten. Safe to run
 * twice, at once and at any time; it holds nothing in memory from one run to the next that its results depend on.
 */
export function createAggregation(dependencies: AggregationDependencies): Aggregate {
  return async (request = {}, onHour = () => undefined) => {
    const run = new Run(dependencies);
    const work = parseRequest(request, dependencies.clock());
    await run.part('run', () => run.work(work, onHour));
    // Also when that failed: what crashed calls hold is not spent, and waits for no bill.
    await run.part('release', () => run.release());
    if (work.kind === 'everything') await run.part('monitor', () => run.monitor());
    // Last, because bills and budgets do not wait for it; whoever repairs an hour has not come to hear of it.
    const { tellEnds } = dependencies;
    if (tellEnds && work.kind === 'everything') await run.part('ends', tellEnds);
    return run.finish();
  };
}

class Run {
  readonly #dependencies: AggregationDependencies;
  readonly #tally: Tally;

  constructor(dependencies: AggregationDependencies) {
    this.#dependencies = dependencies;
    this.#tally = new Tally(dependencies);
  }

  async part(during: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#tally.fail(error, { during });
    }
  }

  async work(work: Work, onHour: TellHour): Promise<void> {
    if (work.kind === 'everything') await this.#everything();
    else if (work.kind === 'hour') await this.#oneHour(work.hour);
    else await this.#range(work.range, work.restart, onHour);
  }

  async release(): Promise<void> {
    const { release } = this.#dependencies;
    if (release) this.#tally.released = (await release()).released;
  }

  /** Only where there is something new to compare: a stage that is idle reads nothing. */
  async monitor(): Promise<void> {
    if (this.#tally.hours.size === 0) return;
    const { tellDrift } = await import('../monitor/monitor.ts');
    await tellDrift(this.#dependencies);
  }

  async finish(): Promise<RunResult> {
    const { store } = this.#dependencies;
    let watermark: string | null = null;
    await this.part('last-run', async () => {
      const progress = await readProgress(store);
      watermark = progress && hourText(progress.delivered);
      await writeLastRun(store, this.#tally.lastRun());
    });
    return this.#tally.result(watermark);
  }

  async #everything(): Promise<void> {
    const { store } = this.#dependencies;
    const { started } = this.#tally;
    const now = hourOf(started);
    const progress = await readProgress(store);
    const names = await undoneRaw(store, lookFrom(progress));
    for (let i = 0; i < names.length; i += RAW_OBJECTS_PER_STEP) {
      const scans = await this.#scan(names.slice(i, i + RAW_OBJECTS_PER_STEP));
      const failed = await this.#write(new Set(scans.flatMap(({ hours }) => [...hours])));
      for (const { name, hours } of scans)
        if (![...hours].some((hour) => failed.has(hour))) await store.put(doneKey(name), '');
    }
    const due = await this.#pending(progress?.due ?? 0);
    await this.#write(new Set([...due].filter((hour) => !this.#tally.hours.has(hour))));
    await this.#compare(new Set([lastCompleteHour(started), ...this.#tally.hours.keys()]));
    if (this.#tally.failed) return;
    if (progress?.delivered !== now || due.size > 0) await writeProgress(store, { delivered: now, due: started });
  }

  async #oneHour(hour: Hour): Promise<void> {
    // Scanned but not marked as done: they may touch other hours, which are for a whole run to write.
    await this.#scan(await undoneRaw(this.#dependencies.store, hour - 1, hour + LATE_HOURS));
    await this.#write(new Set([hour]));
    await this.#compare(new Set([hour]));
  }

  /** A day at a time, each final: what was broken off goes on with the day in which it was. */
  async #range(range: Range, restart: boolean, onHour: TellHour): Promise<void> {
    const { store } = this.#dependencies;
    const last = Math.min(range.to, hourOf(this.#tally.started));
    const hours = hoursLeft(restart ? null : await readBackfill(store, range), range, last);
    await this.#scan(await undoneRaw(store, range.from - 1, last + LATE_HOURS));
    const failed = new Set<Hour>();
    let left = hours.length;
    const tell = (hour: Hour, ok: boolean): void => {
      left--;
      const calls = this.#tally.hours.get(hour)?.calls ?? 0;
      onHour({ hour: hourText(hour), calls, failed: !ok, done: last - range.from + 1 - left, left });
    };
    for (const ofDay of Map.groupBy(hours, dayOf).values()) {
      for (const hour of await this.#write(new Set(ofDay), tell)) failed.add(hour);
      await writeBackfill(store, range, { next: hours[hours.length - left] ?? last + 1, failed: [...failed] });
    }
    await this.#compare(new Set(this.#tally.hours.keys()));
  }

  async #scan(names: readonly string[]): Promise<RawScan[]> {
    const scans: RawScan[] = [];
    for (const name of names)
      try {
        const scan = await scanRaw(this.#dependencies.store, name);
        scans.push(scan);
        this.#tally.scanned(scan);
      } catch (error) {
        this.#tally.fail(error, { during: 'scan', raw: name });
      }
    return scans;
  }

  /** @returns the hours of which something could not be written */
  async #write(
    hours: ReadonlySet<Hour>,
    tell: (hour: Hour, ok: boolean) => void = () => undefined,
  ): Promise<Set<Hour>> {
    const failed = new Set<Hour>();
    const days = new Set<string>();
    for (const hour of [...hours].sort((a, b) => a - b)) {
      try {
        const summary = await writeHour(hour, this.#dependencies);
        if (summary !== null) {
          this.#tally.hour(hour, summary);
          days.add(dayOf(hour));
        }
      } catch (error) {
        failed.add(hour);
        this.#tally.fail(error, { during: 'hour', hour: hourText(hour) });
      }
      tell(hour, !failed.has(hour));
    }
    for (const day of days)
      try {
        this.#tally.report(await writeDay(day, this.#dependencies));
      } catch (error) {
        for (const hour of hours) if (dayOf(hour) === day) failed.add(hour);
        this.#tally.fail(error, { during: 'report', day });
      }
    return failed;
  }

  /** Hours whose calls were pending at an earlier run and may be unsettled now. */
  async #pending(from: number): Promise<Set<Hour>> {
    const hours = new Set<Hour>();
    for await (const key of this.#dependencies.store.list(PENDING_PREFIX, pendingFrom(from))) {
      const { due, hour } = parsePendingKey(key);
      if (due > this.#tally.started) break;
      hours.add(hour);
    }
    return hours;
  }

  async #compare(hours: ReadonlySet<Hour>): Promise<void> {
    const { metrics, invocations } = this.#dependencies;
    if (metrics) await compareHours(hours, { ...this.#dependencies, metrics });
    if (invocations) this.#tally.invocations = await compareInvocations(hours, { ...this.#dependencies, invocations });
  }
}
