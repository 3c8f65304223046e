/** Ranges of days of UTC, as the ledger counts them. */

export interface Days {
  /** The first and the last day, both included: `2026-11-29`. */
  from: string;
  to: string;
}

export const RANGES = [
  { value: 'today', label: 'Today' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
  { value: 'month', label: 'This month' },
  { value: 'last-month', label: 'Last month' },
  { value: 'days', label: 'Other days' },
] as const;

/** What is shown unless somebody chose. */
export const USUAL_RANGE = '7d';

export const DAY_MS = 86_400_000;

/** What one answer holds at most. */
export const DAYS_MAX = 366;

/** @param now milliseconds since 1970 @param given of the range `days`; what is no day of these is taken as today */
export function daysOf(range: string, now: number, given: Partial<Days> = {}): Days {
  const today = dayOf(now);
  const [year, month] = [new Date(now).getUTCFullYear(), new Date(now).getUTCMonth()];
  if (range === 'today') return { from: today, to: today };
  if (range === 'month') return { from: dayOf(Date.UTC(year, month, 1)), to: today };
  if (range === 'last-month') return { from: dayOf(Date.UTC(year, month - 1, 1)), to: dayOf(Date.UTC(year, month, 0)) };
  if (range === 'days') {
    const [from, to] = [dayGiven(given.from) ?? today, dayGiven(given.to) ?? today];
    return from <= to ? { from, to } : { from: to, to: from };
  }
  return { from: dayOf(now - ((range === '30d' ? 30 : 7) - 1) * DAY_MS), to: today };
}

/** Every day of them, no more than DAYS_MAX. */
export function eachDay({ from, to }: Days): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); dayOf(at) <= to && days.length < DAYS_MAX; at += DAY_MS) days.push(dayOf(at));
  return days;
}

/** @param ms since 1970 @returns its day of UTC: `2026-11-29` */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function dayGiven(text: string | undefined): string | undefined {
  const ms = text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text) ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : dayOf(ms);
}
