import { DAY_MS, type Days } from '../../days.ts';
import type { Bars } from '../../ui/bars.ts';
import { DIMENSIONS, type Dimension, type Row, type Sums } from './report.ts';

export const MEASURES = [
  { id: 'cost', label: 'Cost', of: ({ cost }: Sums) => Number(cost?.total ?? 0) },
  { id: 'calls', label: 'Calls', of: ({ invocations }: Sums) => invocations },
  { id: 'tokens', label: 'Tokens', of: (sums: Sums) => tokensIn(sums) + sums.tokens.output },
] as const;

export type Measure = (typeof MEASURES)[number];

/** Those that a call is sent, read from a cache or not. */
export function tokensIn({ tokens: { input, cacheRead, cacheWrite } }: Sums): number {
  return input + cacheRead + cacheWrite;
}

/** Series that have a colour of their own; what is beyond is one more. */
const SHOWN = 5;
/** Bars of one day. */
const ROWS = 12;
const OTHERS = 'Others';

/** Bars that can be told apart: of days, then of weeks, then of months. @param days how many there are */
export function periodFor(days: number): 'day' | 'week' | 'month' {
  if (days <= 45) return 'day';
  return days <= 214 ? 'week' : 'month';
}

/** How a row is called on an axis; what has no name is said so. */
export function nameOf(row: Row, by: readonly Dimension[]): string {
  return by.map((dimension) => row[DIMENSIONS[dimension].member] || '–').join(' / ');
}

/**
 * A bar a period, parted by the largest names. What is in none of the rows, since there was no room for it, is among the others.
 *
 * @param rows of periods and names @param periods of periods alone, in their order
 */
export function barsByPeriod(
  rows: readonly Row[],
  periods: readonly Row[],
  by: readonly Dimension[],
  { of }: Measure,
): Bars {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(nameOf(row, by), (sums.get(nameOf(row, by)) ?? 0) + of(row));
  const names = [...sums]
    .sort(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([name]) => name);
  const cells = new Map<string, number>();
  for (const row of rows) cells.set(`${row.period} ${nameOf(row, by)}`, of(row));
  const bars = periods.map((period) => {
    const values = names.map((name) => cells.get(`${period.period} ${name}`) ?? 0);
    const rest = of(period) - values.reduce((sum, value) => sum + value, 0);
    // Sums of decimals in numbers are a little off.
    return { label: labelOf(period.period ?? ''), values: [...values, rest > of(period) * 1e-9 ? rest : 0] };
  });
  return bars.some(({ values }) => (values.at(-1) ?? 0) > 0)
    ? { series: [...names, OTHERS], bars }
    : { series: names, bars: bars.map(({ label, values }) => ({ label, values: values.slice(0, -1) })) };
}

/** A bar a name. @param rows the largest first */
export function barsByName(rows: readonly Row[], by: readonly Dimension[], { of, label }: Measure): Bars {
  return { series: [label], bars: rows.slice(0, ROWS).map((row) => ({ label: nameOf(row, by), values: [of(row)] })) };
}

/** Every period of the days, in order, also those in which nothing was used, where they are days. */
export function withEmptyDays(periods: readonly Row[], days: readonly string[]): Row[] {
  const found = new Map(periods.map((row) => [row.period, row]));
  return days.map((period) => found.get(period) ?? { ...NOTHING, period });
}

const NOTHING: Sums = {
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  ...{
    invocations: 0,
    unsettled: 0,
    unpriced: 0,
    estimated: 0,
    cost: { input: '0', output: '0', total: '0', estimated: '0' },
  },
};

/** `2026-11-29` is `11-29` under a bar; weeks and months stand as they are. */
function labelOf(period: string): string {
  return period.length === 10 ? period.slice(5) : period;
}

/** `+12.5 %` of what it was; where it was nothing, there is no such number. */
export function changeOf(before: string | null, now: string | null): string | undefined {
  const [was, is] = [Number(before), Number(now)];
  if (before === null || now === null || was === 0) return undefined;
  const percent = ((is - was) / was) * 100;
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0)} %`;
}

/** Of everything, in percent; undefined where it is not known. */
export function shareOf(row: Sums, total: Sums | null): number | undefined {
  const [part, whole] = [Number(row.cost?.total ?? Number.NaN), Number(total?.cost?.total ?? 0)];
  return Number.isNaN(part) || whole <= 0 ? undefined : (part / whole) * 100;
}

/** How many days they are. */
export function daysIn({ from, to }: Days): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}
