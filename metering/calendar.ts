import type { Period } from '../contract/budget.ts';
import { DAY_MS } from './window.ts';

/** Calendar windows of UTC: a window's name is part of the name of what is counted in it, so none needs to be reset. */

/** One window of a period. */
export interface Window {
  /** `2026-11-21T09:15`, `2026-11-21`, `2026-W47` (ISO 8601, from Monday) or `2026-11`. */
  name: string;
  /** Milliseconds since 1970: the first, and the first that is no longer in it. */
  from: number;
  until: number;
}

const MINUTE_MS = 60_000;
const WEEK_DAYS = 7;

/** @param at milliseconds since 1970, not before it */
export function windowOf(period: Period, at: number): Window {
  switch (period) {
    case 'minute':
      return stretch(at, MINUTE_MS, 16);
    case 'day':
      return stretch(at, DAY_MS, 10);
    case 'week':
      return weekOf(at);
    case 'month':
      return monthOf(at);
  }
}

/** The period of a window, by its name. @returns undefined for what is no window's name */
export function parseWindow(name: string): (Window & { period: Period }) | undefined {
  // Finds the parts only: whether there is more than them is seen at the end.
  const week = /(\d{4})-W(\d{2})/.exec(name);
  const [period, at]: [Period, number] =
    week !== null
      ? ['week', mondayOf(Date.UTC(Number(week[1]), 0, 4)) + (Number(week[2]) - 1) * WEEK_DAYS * DAY_MS]
      : name.length === 7
        ? ['month', Date.parse(`${name}-01T00:00Z`)]
        : name.length === 10
          ? ['day', Date.parse(`${name}T00:00Z`)]
          : ['minute', Date.parse(`${name}Z`)];
  if (!(at >= 0)) return undefined;
  const window = windowOf(period, at);
  return window.name === name ? { ...window, period } : undefined;
}

/** @param chars of the ISO text that name it */
function stretch(at: number, ms: number, chars: number): Window {
  const from = Math.floor(at / ms) * ms;
  return { name: new Date(from).toISOString().slice(0, chars), from, until: from + ms };
}

/** A week belongs to the year of its Thursday (ISO 8601), so that no week is divided between two years. */
function weekOf(at: number): Window {
  const from = mondayOf(at);
  const year = new Date(from + 3 * DAY_MS).getUTCFullYear();
  // 4 January is always in the first week.
  const week = (from - mondayOf(Date.UTC(year, 0, 4))) / (WEEK_DAYS * DAY_MS) + 1;
  return { name: `${year}-W${String(week).padStart(2, '0')}`, from, until: from + WEEK_DAYS * DAY_MS };
}

function mondayOf(at: number): number {
  const day = Math.floor(at / DAY_MS);
  // The first day of 1970 was a Thursday. Before 1970 the remainder is negative, and a week's first year may reach there.
  return (day - ((((day + 3) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS)) * DAY_MS;
}

function monthOf(at: number): Window {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    name: date.toISOString().slice(0, 7),
    from: Date.UTC(year, month),
    until: Date.UTC(year, month + 1),
  };
}
