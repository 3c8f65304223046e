import { TollgateError } from '../../contract/errors.ts';
import { parseTenantId } from '../../contract/identity.ts';
import { nearest } from '../../contract/nearest.ts';
import { usagePartition } from '../../metering/budgets/counter-names.ts';
import type { UsageRow } from '../../metering/ledger/row.ts';
import type { Whose } from '../../metering/ledger/usage-file.ts';
import type { Writer } from '../../registry/writer.ts';
import { badOption } from '../days.ts';
import { hasTenant, openRegistry } from '../registry.ts';
import { openCounters } from '../store.ts';
import type { Target } from '../target.ts';

/** What a report is about. */
export interface Given extends Whose {
  /** `key=value`, all of which the registry has of the tenant. */
  label?: readonly string[] | undefined;
}

/** The same, with the labels looked up. */
export interface Asked extends Whose {
  /** Tenants that have the labels; undefined: none was named. */
  tenants?: ReadonlySet<string> | undefined;
  /** In words, for a heading: `tenant acme, model nova-lite`; '' for everything. */
  text: string;
}

/** Whether a report of `asked` has the row in it. */
export function isAsked({ tenant, model, tenants }: Asked, row: Pick<UsageRow, 'tenant' | 'model'>): boolean {
  return (
    (tenant === undefined || row.tenant === tenant) &&
    (model === undefined || row.model === model) &&
    (tenants === undefined || tenants.has(row.tenant))
  );
}

/** @throws TollgateError `invalid_request` or `not_found`, naming the option: no tenant's id, no label, one that no tenant has */
export async function askedOf({ tenant, model, label = [] }: Given, where: Target): Promise<Asked> {
  if (tenant !== undefined) parseTenantId(tenant, '--tenant');
  const labels = label.map(labelOf);
  const text = [
    ...(tenant === undefined ? [] : [`tenant ${tenant}`]),
    ...(model === undefined ? [] : [`model ${model}`]),
    ...label.map((one) => `label ${one}`),
  ].join(', ');
  const tenants = labels.length === 0 ? undefined : await labelled(labels, await openRegistry(where));
  return { tenant, model, tenants, text };
}

type Label = [key: string, value: string];

function labelOf(text: string): Label {
  const at = text.indexOf('=');
  if (at < 1) throw badOption('--label', `--label must be key=value, as in team=search, not ${JSON.stringify(text)}.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function labelled(labels: readonly Label[], registry: Pick<Writer, 'listTenants'>): Promise<Set<string>> {
  const tenants = (await registry.listTenants()).entries.map((entry) => ({
    id: entry.id,
    labels: entry.labels ?? {},
  }));
  for (const [key, value] of labels) {
    if (tenants.some((one) => one.labels[key] === value)) continue;
    const all = new Set(tenants.flatMap((one) => Object.entries(one.labels).map((pair) => pair.join('='))));
    throw unknown('--label', `No tenant has the label ${key}=${value}`, `${key}=${value}`, all);
  }
  return new Set(
    tenants.filter((one) => labels.every(([key, value]) => one.labels[key] === value)).map(({ id }) => id),
  );
}

/**
 * Says of a report in which nothing is that the tenant or the model is written wrong: neither the registry nor the ledger
 * knows it.
 *
 * @throws TollgateError `not_found` naming the option, and what was meant if that is to be seen
 */
export async function checkKnown({ tenant, model }: Asked, where: Target): Promise<void> {
  const registry = await openRegistry(where);
  if (tenant !== undefined) await checkTenant(tenant, where, registry);
  if (model === undefined) return;
  const models = (await registry.listModels()).entries.map(({ id }) => id);
  if (!models.includes(model)) throw unknown('--model', `There is no model ${model}`, model, models);
}

/** @throws TollgateError `not_found` naming `--tenant`, of one that neither the registry nor the ledger knows */
export async function checkTenant(tenant: string, where: Target, registry: Writer): Promise<void> {
  if ((await hasTenant(registry, tenant)) || (await hasUse(tenant, where))) return;
  const tenants = (await registry.listTenants()).entries.map(({ id }) => id);
  throw unknown('--tenant', `There is no tenant ${tenant}`, tenant, tenants);
}

/** A tenant that was taken away keeps its summaries. A ledger that cannot be asked is not taken for one that knows nobody. */
async function hasUse(tenant: string, where: Target): Promise<boolean> {
  const counters = await openCounters(where);
  return (await counters.query(usagePartition(tenant), '0', ':')).length > 0;
}

function unknown(option: string, what: string, word: string, known: Iterable<string>): TollgateError {
  const meant = nearest(word, known);
  return new TollgateError('not_found', {
    field: option,
    message: `${option}: ${what}${meant === undefined ? '' : `; ${meant} is the nearest`}.`,
  });
}
