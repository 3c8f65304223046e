/** Metric data in memory: one sum and count a minute for each metric, set of dimensions and unit. */

const MINUTE_MS = 60_000;
/** EMF timestamps may lie 14 days back and 2 hours ahead; what is older is forgotten, what is outside is dropped. */
const KEEP_MS = 14 * 24 * 60 * MINUTE_MS;
const AHEAD_MS = 2 * 60 * MINUTE_MS;

export interface Metric {
  namespace: string;
  name: string;
  dimensions: Readonly<Record<string, string>>;
}

export interface Datum extends Metric {
  /** Milliseconds since 1970. */
  at: number;
  value: number;
  unit: string;
}

export interface Bucket {
  /** Milliseconds since 1970: where the period begins. */
  at: number;
  sum: number;
  samples: number;
  minimum: number;
  maximum: number;
}

export interface Metrics {
  put(datum: Datum): void;
  /**
   * Periods that hold data, from `from` up to and not including `to`; `periodMs` is a multiple of a minute. What was put in
   * different units is never put together: without one named it is that of the first datum.
   */
  read(metric: Metric, from: number, to: number, periodMs: number, unit?: string): Bucket[];
  list(): Metric[];
}

export function createMetrics(now: () => number): Metrics {
  const series = new Map<string, { metric: Metric; units: Map<string, Map<number, Bucket>> }>();
  return {
    put({ namespace, name, dimensions, at, value, unit }) {
      if (!Number.isFinite(value) || at < now() - KEEP_MS || at > now() + AHEAD_MS) return;
      const metric = { namespace, name, dimensions };
      const key = keyOf(metric);
      const { units } = series.get(key) ?? { units: new Map<string, Map<number, Bucket>>() };
      series.set(key, { metric, units });
      const minutes = units.get(unit) ?? new Map<number, Bucket>();
      units.set(unit, minutes);
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      for (const old of minutes.keys()) {
        if (old >= now() - KEEP_MS) break;
        minutes.delete(old);
      }
      minutes.set(
        minute,
        merged(minutes.get(minute), { at: minute, sum: value, samples: 1, minimum: value, maximum: value }),
      );
    },
    read(metric, from, to, periodMs, unit) {
      const units = series.get(keyOf(metric))?.units;
      const minutes = unit === undefined ? units?.values().next().value : units?.get(unit);
      const periods = new Map<number, Bucket>();
      for (const bucket of minutes?.values() ?? []) {
        if (bucket.at < from || bucket.at >= to) continue;
        const at = Math.floor(bucket.at / periodMs) * periodMs;
        periods.set(at, merged(periods.get(at), { ...bucket, at }));
      }
      return [...periods.values()].sort((a, b) => a.at - b.at);
    },
    list: () => [...series.values()].map(({ metric }) => metric),
  };
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort()]);
}

function merged(one: Bucket | undefined, other: Bucket): Bucket {
  if (one === undefined) return other;
  return {
    at: one.at,
    sum: one.sum + other.sum,
    samples: one.samples + other.samples,
    minimum: Math.min(one.minimum, other.minimum),
    maximum: Math.max(one.maximum, other.maximum),
  };
}
