import { isTollgateError } from '../contract/errors.ts';
import { type AliasesEntry, aliasesDocument, parseAliases } from './alias.ts';
import { type BudgetsEntry, budgetsDocument, parseBudgets } from './budget.ts';
import { type ClientEntry, clientDocument, parseClient } from './client.ts';
import { type Grant, grantDocument, parseGrant } from './grant.ts';
import type { Document, Item, Key } from './items.ts';
import { ALIASES_KEY, budgetsKey, clientKey, grantKey, modelKey, tenantKey } from './keys.ts';
import { type ModelEntry, modelDocument, parseModel } from './model.ts';
import { parseTenant, type TenantEntry, tenantDocument } from './tenant.ts';

/** What the table holds one kind of. */
export interface Kind<Entry> {
  name: 'model' | 'tenant' | 'grant' | 'budgets' | 'aliases' | 'client';
  /** @throws TollgateError `bad_entry` naming the field */
  parse(document: unknown): Entry;
  document(entry: Entry): Document;
  keyOf(entry: Entry): Key;
}

export const MODEL: Kind<ModelEntry> = {
  name: 'model',
  parse: parseModel,
  document: modelDocument,
  keyOf: ({ id }) => modelKey(id),
};

export const TENANT: Kind<TenantEntry> = {
  name: 'tenant',
  parse: parseTenant,
  document: tenantDocument,
  keyOf: ({ id }) => tenantKey(id),
};

export const GRANT: Kind<Grant> = { name: 'grant', parse: parseGrant, document: grantDocument, keyOf: grantKey };

export const BUDGETS: Kind<BudgetsEntry> = {
  name: 'budgets',
  parse: parseBudgets,
  document: budgetsDocument,
  keyOf: ({ owner }) => budgetsKey(owner),
};

export const ALIASES: Kind<AliasesEntry> = {
  name: 'aliases',
  parse: parseAliases,
  document: aliasesDocument,
  keyOf: () => ALIASES_KEY,
};

export const CLIENT: Kind<ClientEntry> = {
  name: 'client',
  parse: parseClient,
  document: clientDocument,
  keyOf: clientKey,
};

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
