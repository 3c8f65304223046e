import { TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import type { UsageStore } from '../metering/ledger/store.ts';

/** That somebody has reviewed: kept in the bucket, where the next reviewer finds it. No function may write there. */
export interface ReviewRecord {
  /** ISO 8601, when the registry was read. */
  at: string;
  by: string;
  /** The number of the last edit that was seen; 0: there was none. Absent in a record of before edits had numbers. */
  edit?: number;
  counts: { tenants: number; models: number; grants: number; findings: number };
  /** `tenant model use` -> hash of its session policy. */
  policies: Record<string, string>;
}

/** What the next review compares itself with. */
export type PastReview = Pick<ReviewRecord, 'at' | 'by' | 'edit' | 'policies'>;

const PREFIX = 'reviews/';
const KEY = /^reviews\/\d{8}T\d{9}Z\.json$/;

/** @param at ISO 8601 with milliseconds; keys sort as moments do */
export function recordKey(at: string): string {
  return `${PREFIX}${at.replace(/[-:.]/g, '')}.json`;
}

/**
 * The latest record, not after `until` if it is given.
 *
 * @param until ISO 8601 with milliseconds
 * @throws TollgateError `bad_entry` when it is not one of ours
 */
export async function lastRecord(
  store: Pick<UsageStore, 'list' | 'read'>,
  until?: string,
): Promise<PastReview | undefined> {
  let last: string | undefined;
  for await (const key of store.list(PREFIX))
    if (KEY.test(key) && (until === undefined || key <= recordKey(until))) last = key;
  const text = last === undefined ? null : await store.read(last);
  return text === null || last === undefined ? undefined : parseRecord(text, last);
}

export async function writeRecord(store: Pick<UsageStore, 'put'>, record: ReviewRecord): Promise<string> {
  const key = recordKey(record.at);
  const body = `${JSON.stringify({ v: 1, ...record }, null, 1)}\n`;
  if (!(await store.put(key, body, { contentType: 'application/json', ifVersion: null })))
    throw new TollgateError('conflict', { field: key, reason: 'exists' });
  return key;
}

function parseRecord(text: string, key: string): PastReview {
  const refused = (reason: string, cause?: unknown): TollgateError =>
    new TollgateError('bad_entry', { field: key, reason, message: `The record ${key} is not one of a review.`, cause });
  let found: Record<string, unknown>;
  try {
    found = parseJsonObject(Buffer.from(text), key);
  } catch (cause) {
    throw refused('not-json', cause);
  }
  const { v, at, by, edit, policies } = found;
  if (v !== 1 || typeof at !== 'string' || Number.isNaN(Date.parse(at)) || typeof by !== 'string')
    throw refused('members');
  if (edit !== undefined && !(Number.isSafeInteger(edit) && Number(edit) >= 0)) throw refused('edit');
  if (
    policies === null ||
    typeof policies !== 'object' ||
    Object.values(policies).some((one) => typeof one !== 'string')
  )
    throw refused('policies');
  const seen = edit === undefined ? {} : { edit: Number(edit) };
  return { at, by, ...seen, policies: policies as Record<string, string> };
}
