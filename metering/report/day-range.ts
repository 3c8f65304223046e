import { TollgateError } from '../../contract/errors.ts';
import { REPORT_MAX_DAYS } from '../../contract/limits/metering.ts';
import { DAY_MS, daysBetween, parseDay } from '../window.ts';

/**
 * The days from one to another, both included.
 *
 * @param fields what the two are called where they were given, e.g. `--from`
 * @throws TollgateError `invalid_request` naming one of them: no such day, in the wrong order, more than REPORT_MAX_DAYS
 */
export function dayRange(from: string, to: string, fields: { from: string; to: string }): string[] {
  // The last first: whoever gives only that has it as the first too.
  const last = parseDay(to, fields.to);
  const first = parseDay(from, fields.from);
  const bad = (message: string) =>
    new TollgateError('invalid_request', { field: fields.from, reason: 'bad-range', message });
  if (first > last) throw bad(`${fields.from} ${first} is after ${fields.to} ${last}.`);
  const days = (Date.parse(last) - Date.parse(first)) / DAY_MS + 1;
  if (days > REPORT_MAX_DAYS) throw bad(`${fields.from} to ${fields.to} may cover at most ${REPORT_MAX_DAYS} days.`);
  return daysBetween(first, last);
}
