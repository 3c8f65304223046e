import type { Tenant } from './entries.ts';

/** A tenant as its form has it: words. */
export interface Form {
  displayName: string;
  costCenter: string;
  owners: string;
  contacts: string;
  labels: string;
  expiresAt: string;
}

/** The words of a tenant as it is. */
export function formOf({
  displayName = '',
  costCenter,
  owners = [],
  contacts = [],
  labels = {},
  expiresAt = '',
}: Tenant): Form {
  return {
    ...{ displayName, costCenter, owners: owners.join(', '), contacts: contacts.join(', ') },
    labels: Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    expiresAt: expiresAt.slice(0, 10),
  };
}

/** @returns the members that were changed, as the API takes them; null takes one away */
export function changesOf(before: Form, after: Form): Record<string, unknown> {
  const values: Record<keyof Form, unknown> = {
    displayName: after.displayName.trim() || null,
    costCenter: after.costCenter.trim(),
    owners: listOf(after.owners, ','),
    contacts: listOf(after.contacts, ','),
    labels: labelsOf(before.labels, after.labels),
    expiresAt: after.expiresAt === '' ? null : `${after.expiresAt}T23:59:59Z`,
  };
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => before[name as keyof Form] !== after[name as keyof Form]),
  );
}

function listOf(text: string, between: string): string[] | null {
  const list = text
    .split(between)
    .map((one) => one.trim())
    .filter(Boolean);
  return list.length === 0 ? null : list;
}

/** Labels are merged by the API: those that are gone are said to be. */
function labelsOf(before: string, after: string): Record<string, string | null> | null {
  const [old, now] = [pairsOf(before), pairsOf(after)];
  if (now.length === 0) return null;
  const kept = new Set(now.map(([name]) => name));
  return {
    ...Object.fromEntries(old.filter(([name]) => !kept.has(name)).map(([name]) => [name, null])),
    ...Object.fromEntries(now),
  };
}

function pairsOf(text: string): [string, string][] {
  return (listOf(text, '\n') ?? []).map((line) => {
    const [name = '', value = ''] = line.split(/=(.*)/s);
    return [name.trim(), value.trim()];
  });
}
