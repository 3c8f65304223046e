import { TollgateError } from '../contract/errors.ts';

/** An hour of UTC as its number since 1970. An integer, so there is neither a zone nor a summer time to get wrong. */
export type Hour = number;

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
export const DAY_MS = DAY_HOURS * HOUR_MS;

/** @param at milliseconds since 1970 */
export function hourOf(at: number): Hour {
  return Math.floor(at / HOUR_MS);
}

/** @returns `2026-11-21T09` */
export function hourText(hour: Hour): string {
  return new Date(hour * HOUR_MS).toISOString().slice(0, 13);
}

/** @returns `2026-11-21` */
export function dayOf(hour: Hour): string {
  return hourText(hour).slice(0, 10);
}

/** @throws TollgateError `invalid_request` when the text is not an hour that exists, as `2026-11-21T09` */
export function parseHour(text: string, field = 'hour'): Hour {
  const hour = hourOf(Date.parse(`${text}:00:00.000Z`));
  if (/^\d{4}-\d{2}-\d{2}T\d{2}$/.test(text) && Number.isFinite(hour) && hourText(hour) === text) return hour;
  throw bad(field, 'must be an hour of UTC, as 2026-11-21T09', text);
}

/** @throws TollgateError `invalid_request` when the text is not a day that exists, as `2026-11-21` */
export function parseDay(text: string, field = 'day'): string {
  try {
    return dayOf(parseHour(`${text}T00`));
  } catch {
    throw bad(field, 'must be a day, as 2026-11-21', text);
  }
}

/**
 * @param text an hour, or a day, which stands for its first or its last hour
 * @throws TollgateError `invalid_request` when it is neither
 */
export function parseHourOrDay(text: string, edge: 'first' | 'last', field: string): Hour {
  if (text.includes('T')) return parseHour(text, field);
  return parseHour(`${parseDay(text, field)}T${edge === 'first' ? '00' : '23'}`, field);
}

/** @returns every day from one to the other, both included; none when `to` is before `from` */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  // By number: the text of a year of five digits begins with a sign, which sorts before every other.
  const last = parseHour(`${to}T00`);
  for (let hour = parseHour(`${from}T00`); hour <= last; hour += DAY_HOURS) days.push(dayOf(hour));
  return days;
}

function bad(field: string, what: string, text: string): TollgateError {
  const message = `${field} ${what}, not ${JSON.stringify(text.slice(0, 40))}.`;
  return new TollgateError('invalid_request', { field, reason: 'not-a-date', message });
}
