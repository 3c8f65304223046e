import type { Items, Key } from '../items.ts';
import { HISTORY_SK_PREFIXES, historyKey, historyPartition } from '../keys.ts';
import { historyBackwards, isRecord, recordOf, shown } from './history.ts';
import { logBackwards } from './log.ts';
import { nameOf } from './same.ts';
import type { HistoryRecord, LoggedEdit } from './types.ts';

/** What is given must all hold. */
export interface LogFilter {
  /** Milliseconds since 1970, both included. */
  since?: number;
  until?: number;
  /** Part of the name of who edited. */
  by?: string;
  /** Edits of this tenant and of what is its own. */
  tenant?: string;
  /** Edits of this item, or of every item of a kind: `model/nova-lite`, `grant/acme/nova-lite`, `model`. */
  of?: string;
  /** Only those of the plan. */
  plan?: string;
  /** Only those of a lower number, and those of before there was a log: what is above is not even read. */
  below?: number;
  /** Asked at each edit that is looked at: from that one on nothing more is looked for. */
  enough?: (edit: number) => boolean;
}

/** An edit with the item that it was of, e.g. `grant/acme/nova-lite`. */
export interface LoggedChange extends HistoryRecord {
  item: string;
}

/** Keys of one BatchGetItem. */
const PAGE = 100;

/** Edits of the whole registry, the newest first; those of before there was a log come last. Those of one entry are read in its history. */
export async function* readLog(items: Items, filter: LogFilter = {}): AsyncGenerator<LoggedChange> {
  const own = partitionNamed(filter.of);
  yield* own === undefined ? logged(items, filter) : oneHistory(items, own, filter);
}

async function* logged(items: Items, filter: LogFilter): AsyncGenerator<LoggedChange> {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, below, enough } = filter;
  let page: LoggedEdit[] = [];
  for await (const edit of logBackwards(items, below)) {
    // A transaction is read whole.
    if (below !== undefined && edit.edit >= below) continue;
    const at = Date.parse(edit.at);
    // The log's times never go backwards.
    if (at < since || enough?.(edit.edit)) {
      yield* await changesOf(items, page);
      return;
    }
    if (at <= until && meets({ ...edit, item: itemText(edit.key) }, filter)) page.push(edit);
    if (page.length < PAGE) continue;
    yield* await changesOf(items, page);
    page = [];
  }
  yield* await changesOf(items, page);
  yield* await beforeTheLog(items, filter, since, until);
}

async function changesOf(items: Items, page: readonly LoggedEdit[]): Promise<LoggedChange[]> {
  if (page.length === 0) return [];
  const keys = page.map(({ key, edit }) => historyKey(key, edit));
  const found = new Map((await items.batch(keys)).map((item) => [nameOf(item.key), item]));
  return page.map(({ key, edit, plan, ...logged }) => {
    const record = found.get(nameOf(historyKey(key, edit)));
    const told = record === undefined ? { ...logged, edit, before: null, after: null } : shown(recordOf(record));
    return { ...told, ...(plan === undefined ? {} : { plan: plan.id }), item: itemText(key) };
  });
}

/** As the log tells it, of an entry whose history is in the partition. */
async function* oneHistory(items: Items, partition: string, filter: LogFilter): AsyncGenerator<LoggedChange> {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, below, enough } = filter;
  for await (const found of historyBackwards(items, partition, below)) {
    const record = recordOf(found);
    const at = Date.parse(record.at);
    if (record.edit !== undefined && (at < since || enough?.(record.edit))) return;
    const change = { ...shown(record), item: partitionText(partition) };
    if (at >= since && at <= until && meets(change, filter)) yield change;
  }
}

/** Histories tell of those, each by the clock of who made it. */
async function beforeTheLog(items: Items, filter: LogFilter, since: number, until: number): Promise<LoggedChange[]> {
  const [, old] = HISTORY_SK_PREFIXES;
  const records = (await items.scan({ beginsWith: old })).filter(
    (item) => isRecord(item) && item.key.pk.startsWith('HISTORY#'),
  );
  return records
    .map((item) => ({ ...shown(recordOf(item)), item: partitionText(item.key.pk) }))
    .filter((one) => Date.parse(one.at) >= since && Date.parse(one.at) <= until && meets(one, filter))
    .sort((a, b) => (a.at > b.at ? -1 : 1));
}

function meets(one: { by: string; item: string; plan?: unknown }, { by, tenant, of, plan }: LogFilter): boolean {
  if (by !== undefined && !one.by.includes(by)) return false;
  if (of !== undefined && one.item !== of && !one.item.startsWith(`${of}/`)) return false;
  if (plan !== undefined && planOf(one.plan) !== plan) return false;
  return tenant === undefined || isOfTenant(one.item, tenant);
}

/** What is a tenant’s own. A bundle or a model may be called as a tenant is, and is the stage’s all the same. */
const OF_TENANTS: readonly string[] = ['tenant', 'grant', 'budgets', 'request'];

/** @param item as the log names it: `grant/acme/nova-lite` */
export function isOfTenant(item: string, tenant: string): boolean {
  const [kind = '', owner] = item.split('/');
  return OF_TENANTS.includes(kind) && owner === tenant;
}

function planOf(plan: unknown): unknown {
  return plan !== null && typeof plan === 'object' ? (plan as { id: string }).id : plan;
}

/** `grant/acme/nova-lite` */
export function itemText(key: Key): string {
  return partitionText(historyPartition(key));
}

/** By kind, how many names an entry of it has: two of a grant, its tenant and its model. What is not here is looked for in the log. */
const NAMES: Readonly<Record<string, number>> = {
  ...{ aliases: 0, defaults: 0, alerts: 0, evaluations: 0 },
  ...{ tenant: 1, model: 1, bundle: 1, budgets: 1, client: 1, key: 1 },
  ...{ grant: 2, request: 2 },
};

/** DynamoDB asks for no partition of more than 2048 bytes; no entry's name is half as long. */
const NAMED_MAX_BYTES = 1024;

/** The partition of its history, if `of` names one entry and not several. */
function partitionNamed(of = ''): string | undefined {
  const [kind = '', ...names] = of.split('/');
  if (!Object.hasOwn(NAMES, kind) || NAMES[kind] !== names.length) return undefined;
  if (of.includes('#') || Buffer.byteLength(of) > NAMED_MAX_BYTES) return undefined;
  return ['HISTORY', kind.toUpperCase(), ...names].join('#');
}

function partitionText(partition: string): string {
  const [, kind = '', ...names] = partition.split('#');
  return [kind.toLowerCase(), ...names].join('/');
}
