import { createHash } from 'node:crypto';
import type { TenantId } from '../contract/identity.ts';
import { type BudgetOwner, EVERY_TENANT } from './budget.ts';
import type { ClientName } from './client.ts';
import type { GrantOf } from './grant.ts';
import type { Key } from './items.ts';

/**
 * One table, `pk` (partition) and `sk` (sort), both text. `expiresAt` (seconds since 1970) is the TTL attribute of what
 * expires; of what is below a request does.
 *
 * | item    | pk                             | sk                      |
 * | ------- | ------------------------------ | ----------------------- |
 * | tenant  | TENANT#{tenant}                | TENANT                  |
 * | grant   | TENANT#{tenant}                | GRANT#{model}           |
 * |         |                                | GRANT#bundle:{bundle}   |
 * | budgets | TENANT#{tenant}                | BUDGETS                 |
 * |         | STAGE: those of every tenant   | BUDGETS                 |
 * | aliases | STAGE                          | ALIASES                 |
 * | bundle  | STAGE                          | BUNDLE#{bundle}         |
 * | defaults | STAGE                         | DEFAULTS                |
 * | model   | MODEL#{model}                  | MODEL                   |
 * | client  | CLIENT#{hash of issuer, client} | CLIENT                 |
 * | alerts  | ALERTS                         | ALERTS                  |
 * | evaluations | EVALUATIONS                | EVALUATIONS             |
 * | key     | KEY#{id}                       | KEY                     |
 * | request | REQUEST#{tenant}#{id}          | REQUEST                 |
 * | history | HISTORY#TENANT#{tenant}        | S#{edit}                |
 * |         | HISTORY#GRANT#{tenant}#{model} | S#{edit}                |
 * |         | HISTORY#BUDGETS#{tenant or *}  | S#{edit}                |
 * |         | HISTORY#ALIASES, #DEFAULTS     | S#{edit}                |
 * |         | HISTORY#BUNDLE#{bundle}        | S#{edit}                |
 * |         | HISTORY#MODEL#{model}          | S#{edit}                |
 * |         | HISTORY#CLIENT#{hash}, #ALERTS | S#{edit}                |
 * |         | HISTORY#EVALUATIONS            | S#{edit}                |
 * |         | HISTORY#REQUEST#{tenant}#{id}  | S#{edit}                |
 * |         | each of these                  | LAST: the version of what was removed |
 * | log     | LOG                            | {edit}: the first of a transaction |
 *
 * | who asks                       | access                                                              |
 * | ------------------------------ | ------------------------------------------------------------------- |
 * | authorizer, invoke: a tenant   | Query pk = TENANT#{tenant} and, at once, pk = STAGE; then one round  |
 * |                                | of BatchGetItem of models                                            |
 * | authorizer: a token's client   | BatchGetItem of it, before the tenant's, where its issuer's settings  |
 * |                                | leave it to the registry                                             |
 * | authorizer: a key of the gateway | BatchGetItem of it, beside its secret's of another table          |
 * | metering: prices               | BatchGetItem of MODEL#{model}                                        |
 * | operator: one item             | GetItem                                                             |
 * | operator: a tenant's grants    | Query pk = TENANT#{tenant}                                          |
 * | operator: all of a kind, and   | Query of the index by-sk, sk = TENANT, MODEL, GRANT#{model}, ...     |
 * | all grants of a model          |                                                                     |
 * | operator: everything           | Scan, in segments at once                                           |
 * | operator: who changed an item  | Query pk = HISTORY#...; its order is the log's                      |
 * | operator: who changed what     | Query pk = LOG, then BatchGetItem of those edits' history; of one    |
 * |                                | item as who changed it                                              |
 * | every edit                     | TransactWriteItems of the item (if its version is the one read), its history, and the log's |
 * |                                | next number (if nobody has taken it)                                |
 *
 * Edits are numbered over the whole stage, from 1, without gaps: the order of the log is the order in which they were made, whatever
 * any clock said. History of before there was a log has `{time}#{version}` for `sk`, which sorts before `S#`.
 *
 * History has partitions of its own, so that a tenant's partition, which every authorizer miss reads whole, stays as
 * small as the tenant's grants and budgets. Ids hold no `#` (contract/identity.ts, registry/fields.ts), so no id reaches
 * into another partition. A client's id may hold anything: its partition is a hash, and the item itself names it.
 */

export const TENANT_SK = 'TENANT';
export const MODEL_SK = 'MODEL';
export const BUDGETS_SK = 'BUDGETS';
export const ALIASES_SK = 'ALIASES';
export const CLIENT_SK = 'CLIENT';
export const DEFAULTS_SK = 'DEFAULTS';
export const ALERTS_SK = 'ALERTS';
export const EVALUATIONS_SK = 'EVALUATIONS';
export const BUNDLE_SK_PREFIX = 'BUNDLE#';
export const KEY_SK = 'KEY';
export const REQUEST_SK = 'REQUEST';
export const GRANT_SK_PREFIX = 'GRANT#';
/** Of a bundle; no model's id has a colon. */
export const BUNDLE_GRANT_PREFIX = `${GRANT_SK_PREFIX}bundle:`;

/** No tenant's partition: a tenant's begins with TENANT#. */
export const STAGE_PARTITION = 'STAGE';

export const ALIASES_KEY: Key = { pk: STAGE_PARTITION, sk: ALIASES_SK };
export const DEFAULTS_KEY: Key = { pk: STAGE_PARTITION, sk: DEFAULTS_SK };
/** Not in the stage's partition, which is read with every tenant's. */
export const ALERTS_KEY: Key = { pk: 'ALERTS', sk: ALERTS_SK };
/** Neither is it. */
export const EVALUATIONS_KEY: Key = { pk: 'EVALUATIONS', sk: EVALUATIONS_SK };

export function tenantPartition(id: TenantId): string {
  return tenantsUnder(id);
}

/** How the partitions begin of tenants whose ids begin so. */
export function tenantsUnder(prefix: string): string {
  return `TENANT#${prefix}`;
}

export function tenantKey(id: TenantId): Key {
  return { pk: tenantPartition(id), sk: TENANT_SK };
}

/** @param id a model id that has been checked */
export function modelKey(id: string): Key {
  return { pk: `MODEL#${id}`, sk: MODEL_SK };
}

export function grantKey({ tenant, ...of }: { tenant: TenantId } & GrantOf): Key {
  return {
    pk: tenantPartition(tenant),
    sk: of.model === undefined ? `${BUNDLE_GRANT_PREFIX}${of.bundle}` : `${GRANT_SK_PREFIX}${of.model}`,
  };
}

/** Of what the grant at `key` is, as far as a key says it. */
export function grantedAt({ sk }: Key): GrantOf {
  return sk.startsWith(BUNDLE_GRANT_PREFIX)
    ? { bundle: sk.slice(BUNDLE_GRANT_PREFIX.length) }
    : { model: sk.slice(GRANT_SK_PREFIX.length) };
}

/** In the stage's partition, so that whoever looks a tenant up has them with what is the stage's. @param id one that has been checked */
export function bundleKey(id: string): Key {
  return { pk: STAGE_PARTITION, sk: `${BUNDLE_SK_PREFIX}${id}` };
}

/** The id of the tenant, model or bundle at `key`. */
export function idAt({ pk, sk }: Key): string {
  return pk === STAGE_PARTITION ? sk.slice(BUNDLE_SK_PREFIX.length) : pk.slice(pk.indexOf('#') + 1);
}

export function budgetsKey(owner: BudgetOwner): Key {
  return { pk: owner === EVERY_TENANT ? STAGE_PARTITION : tenantPartition(owner), sk: BUDGETS_SK };
}

/** Of both as a list in JSON, which no other two have. */
export function clientKey({ issuer, client }: ClientName): Key {
  const hash = createHash('sha256')
    .update(JSON.stringify([issuer, client]))
    .digest('hex');
  return { pk: `CLIENT#${hash}`, sk: CLIENT_SK };
}

/** Of a key of the gateway, whose secret is in another table. */
export function keyKey(id: string): Key {
  return { pk: `KEY#${id}`, sk: KEY_SK };
}

/** What the partition of every request of a tenant begins with. */
export function requestsOf(tenant: TenantId): string {
  return `REQUEST#${tenant}#`;
}

export function requestKey({ tenant, id }: { tenant: TenantId; id: string }): Key {
  return { pk: `${requestsOf(tenant)}${id}`, sk: REQUEST_SK };
}

/** Where the history of the item at `key` is. */
export function historyPartition({ pk, sk }: Key): string {
  const tenant = pk.slice('TENANT#'.length);
  if (sk.startsWith(GRANT_SK_PREFIX)) return `HISTORY#GRANT#${tenant}#${sk.slice(GRANT_SK_PREFIX.length)}`;
  if (sk === BUDGETS_SK) return `HISTORY#BUDGETS#${pk === STAGE_PARTITION ? EVERY_TENANT : tenant}`;
  return `HISTORY#${pk === STAGE_PARTITION ? sk : pk}`;
}

export const LOG_PARTITION = 'LOG';

const EDIT_DIGITS = 12;
const HISTORY_SK_PREFIX = 'S#';

/** @param edit its number; padded, so that text order is number order */
export function logKey(edit: number): Key {
  return { pk: LOG_PARTITION, sk: String(edit).padStart(EDIT_DIGITS, '0') };
}

/** Of the edit `edit` in the history of the item at `key`. */
export function historyKey(key: Key, edit: number): Key {
  return { pk: historyPartition(key), sk: historySk(edit) };
}

/** @param edit absent: of the last that there can be */
export function historySk(edit = 10 ** EDIT_DIGITS - 1): string {
  return `${HISTORY_SK_PREFIX}${logKey(edit).sk}`;
}

/** How the `sk` of a history record begins: of one with a number, and of one of before there were any (until the year 3000). */
export const HISTORY_SK_PREFIXES = [HISTORY_SK_PREFIX, '2'] as const;

/** Keeps the version of an item that was removed, so that what is made in its place goes on from there. */
export function lastVersionKey(key: Key): Key {
  return { pk: historyPartition(key), sk: 'LAST' };
}
