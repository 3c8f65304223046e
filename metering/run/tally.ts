import { asTollgateError, TollgateError } from '../../contract/errors.ts';
import { FAILURES_TOLD } from '../../contract/limits/metering.ts';
import { type Clock, type LogEvent, logLine, METRICS, type Metric, type WriteLine } from '../../contract/log.ts';
import type { Summary } from '../ledger/aggregate.ts';
import type { RawScan } from '../ledger/raw.ts';
import { type Hour, hourText } from '../window.ts';
import type { HourInvocations } from './invocations.ts';
import type { LastRun } from './last-run.ts';

/** What an hour holds, in numbers. */
export interface HourDigest extends Omit<Summary, 'rows' | 'pendingUntil' | 'corrections'> {
  /** As `2026-11-21T09`. */
  hour: string;
  rows: number;
  unsettled: number;
  unpriced: number;
}

export interface RunResult {
  /** Hours written. */
  hours: HourDigest[];
  /** Keys of the reports written. */
  reports: string[];
  /** Raw objects read for the first time, and lines in them that cannot be used. */
  rawObjects: number;
  quarantined: number;
  /** Reservations of crashed calls that were given back to their budgets. */
  released: number;
  /** Hours of which AWS's own counts were looked at. */
  invocations: HourInvocations[];
  /** Everything that was delivered before this hour is in the ledger; null: no whole run has ended well yet. */
  watermark: string | null;
}

/** Adds up what a run did and what failed, and writes the line and the metric of each. */
export class Tally {
  readonly #write: WriteLine;
  readonly #clock: Clock;
  readonly #started: number;
  readonly #hours = new Map<Hour, HourDigest>();
  readonly #reports = new Set<string>();
  readonly #failures: { error: unknown; part: string }[] = [];
  #rawObjects = 0;
  #quarantined = 0;
  released = 0;
  invocations: HourInvocations[] = [];

  constructor({ write, clock }: { write: WriteLine; clock: Clock }) {
    this.#write = write;
    this.#clock = clock;
    this.#started = clock();
  }

  /** Milliseconds since 1970. */
  get started(): number {
    return this.#started;
  }

  get failed(): boolean {
    return this.#failures.length > 0;
  }

  get hours(): ReadonlyMap<Hour, HourDigest> {
    return this.#hours;
  }

  scanned({ name, quarantined }: RawScan): void {
    this.#rawObjects++;
    this.#quarantined += quarantined;
    if (quarantined > 0)
      this.#log({ event: 'lines-quarantined', level: 'error', raw: name }, { [METRICS.quarantined]: quarantined });
  }

  hour(hour: Hour, { rows, calls, contradicted, pending }: Summary): void {
    const sum = (column: 'unsettled' | 'unpriced') => rows.reduce((total, row) => total + row[column], 0);
    const counts = { rows: rows.length, calls, contradicted, pending };
    const [unsettled, unpriced] = [sum('unsettled'), sum('unpriced')];
    this.#hours.set(hour, { hour: hourText(hour), ...counts, unsettled, unpriced });
    this.#log(
      { event: 'hour-aggregated', hour: hourText(hour), ...counts },
      { [METRICS.unsettled]: unsettled, [METRICS.unpriced]: unpriced },
    );
  }

  report(key: string): void {
    this.#reports.add(key);
  }

  /** @param evidence what failed: `during`, and which one of its kind */
  fail(error: unknown, evidence: { during: string; raw?: string; hour?: string; day?: string }): void {
    const { code, reason, detail } = asTollgateError(error);
    this.#failures.push({ error, part: Object.values(evidence).join(' ') });
    const event = { event: 'aggregation-failed', level: 'error', code, reason, detail, ...evidence } as const;
    this.#log({ ...event, error: String(error) }, { [METRICS.aggregationFailed]: 1 });
  }

  lastRun(): LastRun {
    return {
      started: this.#started,
      ended: this.#clock(),
      hours: this.#hours.size,
      rawObjects: this.#rawObjects,
      quarantined: this.#quarantined,
      released: this.released,
      failed: this.#failures.slice(0, FAILURES_TOLD).map(({ error, part }) => `${part}: ${String(error)}`),
    };
  }

  /** @throws TollgateError `unavailable` that names the parts, when any failed */
  result(watermark: string | null): RunResult {
    const [first] = this.#failures;
    if (first !== undefined)
      throw new TollgateError('unavailable', {
        reason: 'aggregation-failed',
        message: `Usage could not be aggregated in full (${this.#parts()}); the next run takes up what is left.`,
        cause: first.error,
      });
    return {
      hours: [...this.#hours].sort(([a], [b]) => a - b).map(([, digest]) => digest),
      reports: [...this.#reports].sort(),
      rawObjects: this.#rawObjects,
      quarantined: this.#quarantined,
      released: this.released,
      invocations: this.invocations,
      watermark,
    };
  }

  #parts(): string {
    const told = this.#failures.slice(0, FAILURES_TOLD).map(({ part }) => part);
    const more = this.#failures.length - told.length;
    return [...told, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  }

  #log(event: LogEvent, metrics: Partial<Record<Metric, number>>): void {
    this.#write(logLine(this.#clock(), event, metrics));
  }
}
