/** How this room sees its table: plain items, no SDK. dynamo.ts is what reads the real one, table.ts what edits it. */

export type Plain = null | boolean | number | string | Plain[] | { [member: string]: Plain };

/** An item without its keys: the written form of an entry. */
export interface Document {
  [attribute: string]: Plain;
}

export interface Key {
  pk: string;
  sk: string;
}

export interface Item {
  key: Key;
  document: Document;
}

/** What must hold of the item that a write replaces or removes. */
export type Expected =
  | { is: 'absent' }
  | { is: 'version'; version: number }
  /** There is one whose version cannot be read: a malformed item is being repaired. */
  | { is: 'present' }
  | { is: 'any' };

export type Write =
  | { kind: 'put'; key: Key; document: Document; expected: Expected }
  | { kind: 'delete'; key: Key; expected: Expected };

export type Sk = { equals: string } | { beginsWith: string };

/** Of items of one `sk` those that a page has of them. */
export function firstOf(
  items: readonly Item[],
  { under, after = '', limit }: { under: string; after?: string | undefined; limit: number },
): Item[] {
  return items
    .filter(({ key: { pk } }) => pk.startsWith(under) && pk > after)
    .sort((a, b) => (a.key.pk < b.key.pk ? -1 : 1))
    .slice(0, limit);
}

export function isOf({ sk }: Key, wanted: Sk): boolean {
  return 'equals' in wanted ? sk === wanted.equals : sk.startsWith(wanted.beginsWith);
}

/** Every method throws TollgateError `unavailable` when the store does not answer. Reads are strongly consistent, but for `list`. */
export interface Items {
  get(key: Key): Promise<Item | undefined>;
  /** All items of a partition, in the order of `sk`, however many pages they take. */
  partition(pk: string, signal?: AbortSignal): Promise<Item[]>;
  /** Those of `keys` (distinct) that exist, in no order. */
  batch(keys: readonly Key[], signal?: AbortSignal): Promise<Item[]>;
  /**
   * Some of a partition, in the order of `sk`, or backwards.
   * @param range `from` and `to`: the first and the last `sk` that may be meant, both of them included
   */
  range(pk: string, range: { from?: string; to?: string; backwards?: boolean; limit: number }): Promise<Item[]>;
  /**
   * Every item of that `sk`, by the index, which the last second's writes may not have reached: for what an operator looks at.
   * Nothing may be decided by it; what decides asks by partition, key or scan.
   * @param under how the `pk` of those begins that are meant; absent: all are
   */
  list(sk: string, under?: string): Promise<Item[]>;
  /**
   * The first `limit` of those that `list` has, in the order of `pk`: reads no more than these.
   * @param from `under` as `list` has it; `after`: a `pk` that begins so, behind which they stand
   */
  page(sk: string, from: { under: string; after?: string | undefined; limit: number }): Promise<Item[]>;
  /** Every item of the table, or those whose `sk` is, or begins with, the text. Reads the whole table. */
  scan(sk?: Sk): Promise<Item[]>;
  /** All or nothing; at most WRITES_MAX. @throws TollgateError `conflict` when an item is not as expected */
  write(writes: readonly Write[]): Promise<void>;
  /**
   * The store's own clock as its last answer told it: milliseconds since 1970, to the second. Undefined: it has not answered yet,
   * or has no clock.
   */
  time?(): number | undefined;
}
