import { daysBetween } from './window.ts';

/** What a report adds up over: a day of UTC, a week of ISO 8601 (Monday to Sunday), a calendar month, or everything. */
export const REPORT_PERIODS = ['day', 'week', 'month', 'total'] as const;
export type ReportPeriod = (typeof REPORT_PERIODS)[number];

const DAY_MS = 86_400_000;

/**
 * @param day as `2026-11-21`
 * @returns the period's name: `2026-11-21`, `2026-W47`, `2026-11`, or '' for the total. Names of a kind sort by time
 */
export function periodOf(day: string, period: ReportPeriod): string {
  switch (period) {
    case 'day':
      return day;
    case 'week':
      return isoWeek(day);
    case 'month':
      return day.slice(0, 7);
    case 'total':
      return '';
  }
}

/** The week is that of its Thursday, and so is its year: 2027-01-01, a Friday, is in 2026-W53 (ISO 8601). */
function isoWeek(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  const daysAfterMonday = (new Date(at).getUTCDay() + 6) % 7;
  const thursday = at + (3 - daysAfterMonday) * DAY_MS;
  const year = new Date(thursday).getUTCFullYear();
  const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return `${String(year).padStart(4, '0')}-W${String(week).padStart(2, '0')}`;
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
