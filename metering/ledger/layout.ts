import { type Hour, hourText, parseHour } from '../window.ts';

/**
 * Where everything stands in the bucket. Raw objects lie under the hour they were DELIVERED in; all else under the hour
 * in which the calls BEGAN. What a run has learnt and done is kept in names of empty objects: to note the same thing
 * twice, or from two runs at once, changes nothing.
 */

export const RAW_PREFIX = 'raw/';
export const DONE_PREFIX = 'state/done/';
export const PENDING_PREFIX = 'state/pending/';

export const QUARANTINE_PREFIX = 'quarantine/';

/** How far the runs have come; see progress.ts. */
export const PROGRESS_KEY = 'state/progress.json';

/** What the last run did; see last-run.ts. */
export const LAST_RUN_KEY = 'state/last-run.json';

/** How far a backfill has come; see backfill.ts. */
export function backfillKey(from: Hour, to: Hour): string {
  return `state/backfill/${hourText(from)}_${hourText(to)}.json`;
}

const RAW_KEY = /^raw\/(dt=\d{4}-\d{2}-\d{2}\/hour=\d{2}\/.+\.jsonl\.gz)$/;

/** `dt=2026-11-21/hour=09` */
export function partition(hour: Hour): string {
  const text = hourText(hour);
  return `dt=${text.slice(0, 10)}/hour=${text.slice(11)}`;
}

/** The object of an hour that holds one kind of result. */
export function hourKey(hour: Hour, file: 'usage.csv' | 'usage.parquet' | 'unsettled.csv' | 'corrections.csv'): string {
  return `usage/${partition(hour)}/${file}`;
}

/** The Parquet once more, alone: Athena reads every object of a folder and can leave none out, not even the CSV. */
export function athenaKey(hour: Hour): string {
  return `athena/${partition(hour)}/usage.parquet`;
}

export function dayPrefix(day: string): string {
  return `usage/dt=${day}/`;
}

export function reportKey(day: string): string {
  return `reports/${day}.csv`;
}

/** What the day's answers told, by hour and version of each model; see monitor/answers.ts. */
export function answersKey(day: string): string {
  return `state/monitor/${day}.csv`;
}

/** What models are compared with that somebody named days for; see monitor/baseline.ts. */
export const BASELINES_KEY = 'state/baselines.json';

/** @returns what names a raw object in the state, or undefined when the key is not one of a raw object */
export function rawName(key: string): string | undefined {
  return RAW_KEY.exec(key)?.[1];
}

/** The hour a raw object was delivered in, from its name. @throws TollgateError `invalid_request` for no such hour */
export function deliveryHour(name: string): Hour {
  return parseHour(`${name.slice(3, 13)}T${name.slice(19, 21)}`, 'raw object');
}

/** Says that the hours which a raw object touches have been written with its lines in them. */
export function doneKey(name: string): string {
  return DONE_PREFIX + name;
}

const HOURS_PREFIX = 'state/hours/';

/** Under it, one name per raw object that holds lines of the hour. */
export function hourIndexPrefix(hour: Hour): string {
  return `${HOURS_PREFIX}${hourText(hour)}/`;
}

/** Where to list those of an hour and later ones. */
export function hourIndexFrom(hour: Hour): { prefix: string; after: string } {
  return { prefix: HOURS_PREFIX, after: HOURS_PREFIX + hourText(hour) };
}

/** The inverse: which object holds lines of which hour. */
export function parseHourIndex(key: string): { hour: Hour; name: string } {
  const at = key.indexOf('/', HOURS_PREFIX.length);
  return { hour: parseHour(key.slice(HOURS_PREFIX.length, at)), name: key.slice(at + 1) };
}

/** Under it, one name for each tenant whose counters were ever corrected for calls of the day. */
export function correctedPrefix(day: string): string {
  return `state/corrected/${day}/`;
}

const COMPARED_PREFIX = 'state/invocations/';

/** What AWS's own counts say of the hour's calls; see run/invocations.ts. */
export function comparedKey(hour: Hour): string {
  return `${COMPARED_PREFIX}${hourText(hour)}.json`;
}

/** Where to list those of an hour and later ones. */
export function comparedFrom(hour: Hour): { prefix: string; after: string } {
  return { prefix: COMPARED_PREFIX, after: COMPARED_PREFIX + hourText(hour) };
}

const DRIFT_PREFIX = 'state/drift/';

/** By how many tokens the ledger and CloudWatch differ in the hour; see run/compare.ts. */
export function driftKey(hour: Hour): string {
  return `${DRIFT_PREFIX}${hourText(hour)}.json`;
}

/** Where to list those of an hour and later ones. */
export function driftFrom(hour: Hour): { prefix: string; after: string } {
  return { prefix: DRIFT_PREFIX, after: DRIFT_PREFIX + hourText(hour) };
}

export const RECONCILED_PREFIX = 'state/reconciliation/';

/** What the last reconciliation of these days with AWS's bill found; see bill/kept.ts. @param id as `2026-11-01_2026-11-30` */
export function reconciledKey(id: string): string {
  return `${RECONCILED_PREFIX}${id}.json`;
}

/** Lines of a raw object that could not be used, with their reasons. */
export function quarantineKey(name: string): string {
  return `${QUARANTINE_PREFIX}${name.replace(/\.gz$/, '')}`;
}

/** Says that the hour must be looked at again at `due` (milliseconds since 1970): a call may then be unsettled. */
export function pendingKey(due: number, hour: Hour): string {
  return `${pendingFrom(due)}/${hourText(hour)}`;
}

/** Names of pending hours sort by their due time, so that listing can begin at one. */
export function pendingFrom(due: number): string {
  return PENDING_PREFIX + String(due).padStart(15, '0');
}

/** The inverse of pendingKey. */
export function parsePendingKey(key: string): { due: number; hour: Hour } {
  const [due = '', hour = ''] = key.slice(PENDING_PREFIX.length).split('/');
  return { due: Number(due), hour: parseHour(hour) };
}
