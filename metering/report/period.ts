import { windowOf } from '../calendar.ts';
import { DAY_MS, daysBetween } from '../window.ts';

/** What a report adds up over: a day of UTC, a week of ISO 8601 (Monday to Sunday), a calendar month, or everything. */
export const REPORT_PERIODS = ['day', 'week', 'month', 'total'] as const;
export type ReportPeriod = (typeof REPORT_PERIODS)[number];

/**
 * @param day as `2026-11-21`
 * @returns the period's name: `2026-11-21`, `2026-W47`, `2026-11`, or '' for the total. Names of a kind sort by time
 */
export function periodOf(day: string, period: ReportPeriod): string {
  return period === 'total' ? '' : windowOf(period, Date.parse(`${day}T00:00:00Z`)).name;
}

/** Every period that the days touch, in order, also those in which nothing was used. */
export function periodsOf(days: readonly string[], period: ReportPeriod): string[] {
  return [...new Set(days.map((day) => periodOf(day, period)))];
}

/** As many days as these, just before them. @param days one after the other, in order */
export function daysBefore(days: readonly string[]): string[] {
  const [first] = days;
  if (first === undefined) return [];
  const start = Date.parse(`${first}T00:00:00Z`);
  const dayAt = (at: number) => new Date(at).toISOString().slice(0, 10);
  return daysBetween(dayAt(start - days.length * DAY_MS), dayAt(start - DAY_MS));
}
