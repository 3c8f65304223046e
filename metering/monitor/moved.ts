import {
  DRIFT_ERRORS,
  DRIFT_LATENCY,
  DRIFT_LENGTH,
  DRIFT_ODDS,
  DRIFT_POINTS,
  MONITORED_ANSWERS,
} from '../../contract/limits/monitor.ts';
import { STOPS } from '../../contract/usage.ts';
import { TOLD_COLUMNS, type ToldColumn } from '../ledger/told.ts';

/** A measure of a model's answers: the share that ended so, or a mean. */
export interface Measure {
  /** The column of the ledger that it is of. */
  name: ToldColumn;
  was: number;
  is: number;
  /** Whether it differs by more than chance and more than it may. */
  moved: boolean;
}

/** As TOLD_COLUMNS. */
type Sums = readonly bigint[];

/** How many answers told why they ended: each counts in one of the columns. */
export function answersOf(sums: Sums): number {
  return STOPS.reduce((all, stop) => all + of(sums, `stop_${stop}`), 0);
}

/** Every measure of both; none where either has no answer. */
export function measures(before: Sums, now: Sums): Measure[] {
  const [n, m] = [answersOf(before), answersOf(now)];
  if (n === 0 || m === 0) return [];
  const enough = Math.min(n, m) >= MONITORED_ANSWERS;
  const share = (name: ToldColumn): Measure => {
    const [x, y] = [of(before, name), of(now, name)];
    return { name, was: x / n, is: y / m, moved: enough && sharesDiffer([x, n], [y, m]) };
  };
  const mean = (name: 'answer_tokens' | 'answer_ms', ratio: number): Measure => {
    const [was, is] = [spread(before, name, n), spread(now, name, m)];
    return { name, was: was.mean, is: is.mean, moved: enough && meansDiffer(was, is, ratio) };
  };
  return [
    mean('answer_tokens', DRIFT_LENGTH),
    mean('answer_ms', DRIFT_LATENCY),
    ...STOPS.map((stop) => share(`stop_${stop}`)),
  ];
}

/** The z-test of two proportions, pooled; and that they differ by points and by odds, which are the same of what is left. */
function sharesDiffer([x, n]: [number, number], [y, m]: [number, number]): boolean {
  const [p, q, pooled] = [x / n, y / m, (x + y) / (n + m)];
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  // Half an answer more of each, so that what never happened has odds, too.
  const odds = ((y + 0.5) / (m - y + 0.5)) * ((n - x + 0.5) / (x + 0.5));
  return Math.abs(p - q) > DRIFT_ERRORS * error && Math.abs(p - q) >= DRIFT_POINTS && isBeyond(odds, DRIFT_ODDS);
}

interface Spread {
  mean: number;
  /** Of the mean: its variance. */
  variance: number;
}

/** Welch's test: neither need vary as the other does. Of means of hundreds the normal distribution is near enough. */
function meansDiffer(was: Spread, is: Spread, ratio: number): boolean {
  const error = Math.sqrt(was.variance + is.variance);
  return Math.abs(is.mean - was.mean) > DRIFT_ERRORS * error && isBeyond(is.mean / was.mean, ratio);
}

/** @param count above 0 */
function spread(sums: Sums, name: 'answer_tokens' | 'answer_ms', count: number): Spread {
  const [sum, squares] = [of(sums, name), of(sums, `${name}_squared`)];
  const variance = (squares - (sum * sum) / count) / Math.max(1, count - 1);
  return { mean: sum / count, variance: Math.max(0, variance) / count };
}

/** In either direction. */
function isBeyond(ratio: number, bound: number): boolean {
  return ratio >= bound || ratio <= 1 / bound;
}

function of(sums: Sums, name: ToldColumn): number {
  return Number(sums[TOLD_COLUMNS.indexOf(name)] ?? 0n);
}
