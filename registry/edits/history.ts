import { hidden } from '../hidden.ts';
import type { Document, Item, Items, Key } from '../items.ts';
import { HISTORY_SK_PREFIXES, historyPartition, historySk } from '../keys.ts';
import type { HistoryRecord } from './types.ts';

/** Every edit of one item, oldest first. */
export async function historyOf(items: Pick<Items, 'partition'>, key: Key): Promise<HistoryRecord[]> {
  const found = await items.partition(historyPartition(key));
  return found.filter(isRecord).map(recordOf);
}

const PAGE = 100;

/**
 * Records of a history, the newest first.
 *
 * @param below only those of a lower number, and those that have none
 */
export async function* historyBackwards(
  items: Pick<Items, 'range'>,
  partition: string,
  below?: number,
): AsyncGenerator<Item> {
  const [, from] = HISTORY_SK_PREFIXES;
  let [to, read] = [historySk(below === undefined ? undefined : below - 1), ''];
  for (;;) {
    const page = await items.range(partition, { from, to, backwards: true, limit: PAGE });
    // Both ends are included: the last one of the page before is the first of this.
    for (const item of page) if (item.key.sk !== read && isRecord(item)) yield item;
    if (page.length < PAGE) return;
    to = read = page.at(-1)?.key.sk ?? '';
  }
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
