import { isTollgateError } from '../contract/errors.ts';
import { type AliasesEntry, aliasesDocument, parseAliases } from './alias.ts';
import { type DefaultsEntry, defaultsDocument, parseDefaults } from './bounds.ts';
import { type BudgetsEntry, budgetsDocument, parseBudgets } from './budget.ts';
import { type BundleEntry, bundleDocument, parseBundle } from './bundle.ts';
import { type ClientEntry, clientDocument, parseClient } from './client.ts';
import { type Grant, grantDocument, parseGrant } from './grant.ts';
import type { Document, Item, Key, Sk } from './items.ts';
import {
  ALIASES_KEY,
  ALIASES_SK,
  BUDGETS_SK,
  BUNDLE_SK_PREFIX,
  budgetsKey,
  bundleKey,
  CLIENT_SK,
  clientKey,
  DEFAULTS_KEY,
  DEFAULTS_SK,
  GRANT_SK_PREFIX,
  grantKey,
  MODEL_SK,
  modelKey,
  TENANT_SK,
  tenantKey,
} from './keys.ts';
import { type ModelEntry, modelDocument, parseModel } from './model.ts';
import { parseTenant, type TenantEntry, tenantDocument } from './tenant.ts';

/** What the table holds one kind of. */
export interface Kind<Entry> {
  name:
    | 'model'
    | 'tenant'
    | 'grant'
    | 'budgets'
    | 'aliases'
    | 'client'
    | 'bundle'
    | 'defaults'
    | 'alerts'
    | 'evaluations'
    | 'key'
    | 'request';
  /** @throws TollgateError `bad_entry` naming the field */
  parse(document: unknown): Entry;
  document(entry: Entry): Document;
  keyOf(entry: Entry): Key;
  /** How the `sk` of its items is. */
  sk: Sk;
}

export const MODEL: Kind<ModelEntry> = {
  name: 'model',
  parse: parseModel,
  document: modelDocument,
  keyOf: ({ id }) => modelKey(id),
  sk: { equals: MODEL_SK },
};

export const TENANT: Kind<TenantEntry> = {
  name: 'tenant',
  parse: parseTenant,
  document: tenantDocument,
  keyOf: ({ id }) => tenantKey(id),
  sk: { equals: TENANT_SK },
};

export const GRANT: Kind<Grant> = {
  name: 'grant',
  parse: parseGrant,
  document: grantDocument,
  keyOf: grantKey,
  sk: { beginsWith: GRANT_SK_PREFIX },
};

export const BUDGETS: Kind<BudgetsEntry> = {
  name: 'budgets',
  parse: parseBudgets,
  document: budgetsDocument,
  keyOf: ({ owner }) => budgetsKey(owner),
  sk: { equals: BUDGETS_SK },
};

export const ALIASES: Kind<AliasesEntry> = {
  name: 'aliases',
  parse: parseAliases,
  document: aliasesDocument,
  keyOf: () => ALIASES_KEY,
  sk: { equals: ALIASES_SK },
};

export const CLIENT: Kind<ClientEntry> = {
  name: 'client',
  parse: parseClient,
  document: clientDocument,
  keyOf: clientKey,
  sk: { equals: CLIENT_SK },
};

export const BUNDLE: Kind<BundleEntry> = {
  name: 'bundle',
  parse: parseBundle,
  document: bundleDocument,
  keyOf: ({ id }) => bundleKey(id),
  sk: { beginsWith: BUNDLE_SK_PREFIX },
};

export const DEFAULTS: Kind<DefaultsEntry> = {
  name: 'defaults',
  parse: parseDefaults,
  document: defaultsDocument,
  keyOf: () => DEFAULTS_KEY,
  sk: { equals: DEFAULTS_SK },
};

/** What calls are decided by, in an order in which none is written before what it refers to. */
export const KINDS: readonly Kind<unknown>[] = [
  ...[MODEL, ALIASES, BUNDLE, DEFAULTS, TENANT, GRANT, BUDGETS, CLIENT],
] as Kind<unknown>[];

/** An item that was found in the table and cannot be used; to be counted and alarmed. */
export interface Unusable {
  pk: string;
  sk: string;
  /** The member at fault, and why, in kebab-case. */
  field: string;
  reason: string;
}

export type Read<Entry> = { entry: Entry } | { unusable: Unusable };

/** Never throws: whatever an item holds, it is an entry or it is unusable, and the items beside it are not touched. */
export function read<Entry>(item: Item, kind: Kind<Entry>): Read<Entry> {
  const refused = (field: string, reason: string) => ({ unusable: { ...item.key, field, reason } });
  try {
    const entry = kind.parse(item.document);
    const { pk, sk } = kind.keyOf(entry);
    // The key is what the item was found by; one that names another tenant or model inside was not written by us.
    return pk === item.key.pk && sk === item.key.sk ? { entry } : refused('key', 'names-another-item');
  } catch (error) {
    return isTollgateError(error)
      ? refused(error.field ?? 'entry', error.reason ?? error.code)
      : refused('entry', 'unreadable');
  }
}
