import { TollgateError } from '../../contract/errors.ts';
import { type Hour, hourOf, hourText, parseHour } from '../window.ts';
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

/**
 * @param now milliseconds since 1970
 * @throws TollgateError `invalid_request` naming the field
 */
export function parseRequest({ hour, from, to, restart = false }: RunRequest, now: number): Work {
  if (hour !== undefined && (from ?? to) !== undefined)
    throw bad('hour', 'hour is one hour, from and to are several: give one or the other.');
  if (hour !== undefined) return { kind: 'hour', hour: parseHour(hour) };
  if (from !== undefined) return { kind: 'range', range: parseRange(from, to ?? hourText(hourOf(now))), restart };
  if (to !== undefined) throw bad('from', 'to needs from.');
  if (restart) throw bad('restart', 'restart needs from.');
  return { kind: 'everything' };
}

function bad(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-range', message });
}
