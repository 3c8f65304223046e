import { TollgateError } from '../../contract/errors.ts';
import { type Hour, hourOf, hourText, parseHour, parseHourOrDay } from '../window.ts';
import { parseRange, type Range } from './backfill.ts';

/** What a run is asked for. Nothing: what is new. Otherwise one hour, or a range of them, from all raw lines there are. */
export interface RunRequest {
  /** Only this hour, as `2026-11-21T09`. */
  hour?: string;
  /** Only from this hour or day, as `2026-11-01T09` or `2026-11-01`, … */
  from?: string;
  /** … to this one, included; absent: until now. A day is all its hours. */
  to?: string;
  /** Begin the range anew, although an earlier run of it was broken off. */
  restart?: boolean;
}

export type Work =
  | { kind: 'everything' }
  | { kind: 'hour'; hour: Hour }
  | { kind: 'range'; range: Range; restart: boolean };

/** How whoever asks calls the members: an event of the function as they are, a command as its options. */
export type RequestNames = Readonly<Record<keyof RunRequest, string>>;

const MEMBERS: RequestNames = { hour: 'hour', from: 'from', to: 'to', restart: 'restart' };

/**
 * @param now milliseconds since 1970
 * @throws TollgateError `invalid_request` naming the field
 */
export function parseRequest(
  { hour, from, to, restart = false }: RunRequest,
  now: number,
  names: RequestNames = MEMBERS,
): Work {
  if (hour !== undefined && (from ?? to) !== undefined)
    throw bad(
      names.hour,
      `${names.hour} is one hour, ${names.from} and ${names.to} are several: give one or the other.`,
    );
  if (hour !== undefined) return { kind: 'hour', hour: notToCome(parseHour(hour, names.hour), names.hour, now) };
  if (from !== undefined) {
    notToCome(parseHourOrDay(from, 'first', names.from), names.from, now);
    return { kind: 'range', range: parseRange(from, to ?? hourText(hourOf(now)), names), restart };
  }
  if (to !== undefined) throw bad(names.from, `${names.to} needs ${names.from}.`);
  if (restart) throw bad(names.restart, `${names.restart} needs ${names.from}.`);
  return { kind: 'everything' };
}

function notToCome(hour: Hour, name: string, now: number): Hour {
  if (hour <= hourOf(now)) return hour;
  throw bad(name, `${name} ${hourText(hour)} is to come: it is ${hourText(hourOf(now))} (UTC).`);
}

function bad(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-range', message });
}
