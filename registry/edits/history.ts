import { hidden } from '../hidden.ts';
import type { Document, Item, Items, Key } from '../items.ts';
import { HISTORY_SK_PREFIXES, historyPartition } from '../keys.ts';
import type { HistoryRecord } from './types.ts';

/** Every edit of one item, oldest first. */
export async function historyOf(items: Pick<Items, 'partition'>, key: Key): Promise<HistoryRecord[]> {
  const found = await items.partition(historyPartition(key));
  return found.filter(isRecord).map(recordOf);
}

export function isRecord({ key }: Item): boolean {
  return HISTORY_SK_PREFIXES.some((prefix) => key.sk.startsWith(prefix));
}

/** @param item of a history partition */
export function recordOf({ key, document }: Item): HistoryRecord {
  const text = (member: string): string => String(document[member] ?? '');
  const inner = (member: 'before' | 'after') => (document[member] ?? null) as Document | null;
  const [numbered] = HISTORY_SK_PREFIXES;
  return {
    ...(key.sk.startsWith(numbered) ? { edit: Number(key.sk.slice(numbered.length)) } : {}),
    at: text('at'),
    ...(document.clock === undefined ? {} : { clock: text('clock') }),
    by: text('by'),
    kind: text('kind'),
    change: text('change'),
    ...(document.plan === undefined ? {} : { plan: text('plan') }),
    before: inner('before'),
    after: inner('after'),
  };
}

/** As it is shown: without what is secret, so that nothing can be brought back from it. */
export function shown(record: HistoryRecord): HistoryRecord {
  return { ...record, before: hidden(record.before), after: hidden(record.after) };
}
