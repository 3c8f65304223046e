import { TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import type { RoleDocuments } from '../policies/review-roles.ts';
import type { Roles } from './roles.ts';

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
  /** As IAM gave them; absent where it did not. Who may not read IAM reviews by these. */
  roles?: Roles;
}

/** What the next review compares itself with. */
export type PastReview = Pick<ReviewRecord, 'at' | 'by' | 'edit' | 'policies' | 'roles'>;

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
  const { v, at, by, edit, policies, roles } = found;
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
  if (roles !== undefined && !isRoles(roles)) throw refused('roles');
  return { at, by, ...seen, policies: policies as Record<string, string>, ...(roles === undefined ? {} : { roles }) };
}

/** What its documents say is for the simulation: one that is none of a policy there allows nothing. */
function isRoles(roles: unknown): roles is Roles {
  const isRole = (role: unknown): boolean => {
    const { name, arn, trust, policies } = (role ?? {}) as Partial<Record<keyof RoleDocuments, unknown>>;
    return (
      [name, arn].every((one) => typeof one === 'string') &&
      isDocument(trust) &&
      Array.isArray(policies) &&
      policies.every((one) => typeof one?.name === 'string' && isDocument(one.document))
    );
  };
  const { source, invoker, functions, assumers, notes } = (roles ?? {}) as Partial<Record<keyof Roles, unknown>>;
  return (
    source === 'deployed' &&
    isRole(invoker) &&
    Array.isArray(functions) &&
    functions.every(isRole) &&
    [assumers, notes].every((list) => Array.isArray(list) && list.every((one) => typeof one === 'string'))
  );
}

function isDocument(document: unknown): boolean {
  return document !== null && typeof document === 'object' && 'Statement' in document;
}
