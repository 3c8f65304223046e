import { userInfo } from 'node:os';
import { isTollgateError } from '../contract/errors.ts';
import { PRINCIPAL_MAX_CHARS } from '../contract/limits/contract.ts';
import type { Listing } from '../registry/edit.ts';
import { parseSeconds } from '../registry/fields.ts';
import type { Items } from '../registry/items.ts';
import type { Named } from '../registry/named.ts';
import type { PriceReader } from '../registry/reader.ts';
import type { Writer } from '../registry/writer.ts';
import { badOption } from './days.ts';
import { warn } from './print.ts';
import { callerIdentity, type Target } from './target.ts';

/** The registry of the target, edited under the name of whoever runs the command. */
export async function openRegistry(target: Target, { dryRun = false } = {}): Promise<Writer> {
  const [{ DynamoDBClient }, { createItems }, { createWriter }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../registry/table.ts'),
    import('../registry/writer.ts'),
  ]);
  const client = new DynamoDBClient(target.clientConfig);
  return createWriter({
    items: createItems({ client, table: target.table }),
    clock: Date.now,
    actor: once(() => actorOf(target)),
    dryRun,
  });
}

/** The registry as it was. @throws TollgateError `bad_entry` naming `--at` */
export async function registryAt(writer: Writer, date: string): Promise<Writer> {
  return reading((await writer.asOf(parseSeconds(date, '--at') * 1_000)).items);
}

/** A registry that holds an item as it was in one of its versions, and nothing else. */
export async function registryOfVersion(writer: Writer, of: Named, version: string): Promise<Writer> {
  const [document, { frozenItems }, { itemNamed }] = await Promise.all([
    writer.version(of, versionGiven(version, '--version')),
    import('../registry/edits/past.ts'),
    import('../registry/named.ts'),
  ]);
  return reading(frozenItems([{ key: itemNamed(of).key, document }]));
}

async function reading(items: Items): Promise<Writer> {
  const { createWriter } = await import('../registry/writer.ts');
  return createWriter({ items, clock: Date.now, actor: 'nobody' });
}

/** @throws TollgateError `invalid_request` naming what was given */
export function versionGiven(text: string, name: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw badOption(name, `${name} must be the number of a version, as history shows it, not ${JSON.stringify(text)}.`);
}

/** Prices, as metering asks for them. Models whose item cannot be used are named on stderr. */
export async function openPrices({ clientConfig, table }: Target): Promise<PriceReader> {
  const [{ DynamoDBClient }, { createRegistry }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../registry/dynamo.ts'),
  ]);
  return createRegistry({
    client: new DynamoDBClient(clientConfig),
    table,
    clock: Date.now,
    onUnusable: (item) => warnOf({ unusable: [item] }),
  });
}

/** Who edits: on a stage whom AWS knows its credentials as, `assumed-role/Admin/jane`; on the laptop whoever is signed in to it. */
export async function actorOf({ kind, clientConfig }: Target): Promise<string> {
  if (kind === 'local') return actorName();
  const { Arn = '' } = await callerIdentity(clientConfig);
  return Arn.split(':').slice(5).join(':').slice(-PRINCIPAL_MAX_CHARS) || 'unknown';
}

/** Made when it is first asked for, and not again. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask();
    return asked;
  };
}

export function actorName(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    return 'cli:unknown';
  }
}

/** Items that cannot be used are named on stderr, so that a list on stdout stays a list. */
export function warnOf({ unusable }: Pick<Listing<unknown>, 'unusable'>): void {
  for (const { pk, sk, field, reason } of unusable) warn(`tollgate: unusable item ${pk} ${sk}: ${field}: ${reason}`);
}

/** Whether there is such a tenant; an entry that cannot be used is one, and told by the commands that are about it. */
export async function hasTenant(registry: Pick<Writer, 'showTenant'>, tenant: string): Promise<boolean> {
  try {
    await registry.showTenant(tenant);
    return true;
  } catch (error) {
    if (isTollgateError(error, 'not_found')) return false;
    if (isTollgateError(error, 'bad_entry')) return true;
    throw error;
  }
}
