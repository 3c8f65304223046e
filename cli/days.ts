import { TollgateError } from '../contract/errors.ts';
import { dayRange } from '../metering/report/day-range.ts';
import { parseDay } from '../metering/window.ts';

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
  return day === undefined
    ? dayRange(from ?? today, to ?? today, { from: '--from', to: '--to' })
    : [parseDay(day, '--day')];
}

export function badOption(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-option', message });
}

/** `2026-11-21`, or `2026-11-01 to 2026-11-21` */
export function daysText(days: readonly string[]): string {
  return days.length === 1 ? String(days[0]) : `${days[0]} to ${days.at(-1)}`;
}
