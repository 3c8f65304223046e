import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export const QUANTILES = [50, 90, 99, 99.9] as const;

/** Milliseconds at each of QUANTILES; empty where nothing was measured. */
export type Quantiles = number[];

/** One second of the load. */
export interface Second {
  /** Answered in full. */
  calls: number;
  errors: number;
  /** Milliseconds; 0 where nothing was answered. */
  p50: number;
  p99: number;
}

export interface Summary {
  seconds: number;
  calls: number;
  /** How many of each kind, the commonest first. */
  errors: [kind: string, count: number][];
  /** Of calls that were answered in full. */
  ms: Quantiles;
  firstMs: Quantiles;
  bySecond: Second[];
}

/** Kinds of errors that are told apart; what comes beyond is one kind. */
const KINDS_MAX = 50;

/** Counts what came back, in memory that does not grow with the number of calls. */
export class Tally {
  readonly #all = createHistogram();
  readonly #first = createHistogram();
  readonly #now = createHistogram();
  readonly #errors = new Map<string, number>();
  readonly #bySecond: Second[] = [];
  #failedNow = 0;

  answered(ms: number, firstMs: number): void {
    record(this.#all, ms);
    record(this.#now, ms);
    if (Number.isFinite(firstMs)) record(this.#first, firstMs);
  }

  failed(kind: string): void {
    const known = this.#errors.has(kind) || this.#errors.size < KINDS_MAX ? kind : 'other';
    this.#errors.set(known, (this.#errors.get(known) ?? 0) + 1);
    this.#failedNow++;
  }

  /** Ends a second. */
  second(): Second {
    const { count } = this.#now;
    const at = (part: number): number => (count === 0 ? 0 : this.#now.percentile(part) / 1_000);
    const second = { calls: count, errors: this.#failedNow, p50: at(50), p99: at(99) };
    this.#bySecond.push(second);
    this.#now.reset();
    this.#failedNow = 0;
    return second;
  }

  /** @param seconds that the load took */
  summary(seconds: number): Summary {
    return {
      seconds,
      calls: this.#all.count,
      errors: [...this.#errors].sort(([, a], [, b]) => b - a),
      ms: quantiles(this.#all),
      firstMs: quantiles(this.#first),
      bySecond: [...this.#bySecond],
    };
  }
}

/** Histograms take whole numbers above 0: microseconds. */
function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1_000)));
}

function quantiles(histogram: RecordableHistogram): Quantiles {
  return histogram.count === 0 ? [] : QUANTILES.map((part) => histogram.percentile(part) / 1_000);
}
