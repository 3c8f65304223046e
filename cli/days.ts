import { TollgateError } from '../contract/errors.ts';
import { REPORT_MAX_DAYS } from '../contract/limits.ts';
import { daysBetween, parseDay } from '../metering/window.ts';

export interface DayOptions {
  day?: string;
  from?: string;
  to?: string;
}

/**
 * The days that a command is about: one, or several one after the other; today unless told otherwise.
 *
 * @throws TollgateError `invalid_request` naming the option
 */
export function daysOf({ day, from, to }: DayOptions, today: string): string[] {
  if (day !== undefined && (from !== undefined || to !== undefined))
    throw badOption('--day', '--day is one day, --from and --to are several: give one or the other.');
  if (from === undefined && to !== undefined) throw badOption('--from', '--to needs --from.');
  const first = parseDay(day ?? from ?? today, day === undefined ? '--from' : '--day');
  const last = day === undefined ? parseDay(to ?? today, '--to') : first;
  const days = daysBetween(first, last);
  if (days.length === 0) throw badOption('--from', `--from ${first} is after --to ${last}.`);
  if (days.length > REPORT_MAX_DAYS) throw badOption('--from', `a report covers at most ${REPORT_MAX_DAYS} days.`);
  return days;
}

export function badOption(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-option', message });
}

/** `2026-11-21`, or `2026-11-01 to 2026-11-21` */
export function daysText(days: readonly string[]): string {
  return days.length === 1 ? String(days[0]) : `${days[0]} to ${days.at(-1)}`;
}
