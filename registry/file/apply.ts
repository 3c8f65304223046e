import { FILE_KINDS } from '../all-kinds.ts';
import { type Prepared, prepare } from '../edits/bulk.ts';
import type { EditOptions } from '../edits/commit.ts';
import { itemText } from '../edits/log-list.ts';
import { nameOf } from '../edits/same.ts';
import type { Edit } from '../edits/types.ts';
import { holdersOf } from '../holders.ts';
import type { Document, Items } from '../items.ts';
import { type Widening, wideningsOf } from '../widening.ts';
import { editsOf } from './entries.ts';

/** One entry that a plan makes, changes or removes. */
export interface PlannedChange {
  /** `grant/acme/nova-lite` */
  item: string;
  kind: string;
  /** Where the file asks for it; absent of what goes because the file does not name it. */
  at?: string;
  does: 'create' | 'change' | 'remove';
  before: Document | null;
  after: Document | null;
}

/** What a change lets somebody do more, or otherwise. */
export interface Finding extends Widening {
  /** Of which change. */
  item: string;
}

export interface AppliedPlan {
  /** What of the changes goes further than they say themselves; what is newly granted is only what was asked for. */
  findings: Finding[];
  /** What will change; the rest is as the file wants it. */
  changes: PlannedChange[];
  unchanged: number;
  /** Models and tenants that the file does not name, and that no file removes. */
  left: string[];
  make: Prepared['make'];
}

/** As Writer.apply says. */
export async function applying(
  value: unknown,
  options: EditOptions,
  { prune = false }: { prune?: boolean } = {},
): Promise<AppliedPlan> {
  const asked = editsOf(value, { prune });
  const { gone, left } = prune ? await unnamed(options.items, asked) : { gone: [], left: [] };
  return { ...(await planned([...gone, ...asked], options)), left };
}

/**
 * Decides edits, and tells what they do; makes nothing yet.
 *
 * @throws as `prepare` of edits/bulk.ts
 */
export async function planned(edits: readonly Edit[], options: EditOptions): Promise<AppliedPlan> {
  const { changes, make } = await prepare(edits, options);
  const told = changes.flatMap(({ changed, before, after }, index): PlannedChange[] => {
    const edit = edits[index];
    if (!changed || edit === undefined) return [];
    const does = before === null ? 'create' : after === null ? 'remove' : 'change';
    const at = edit.at === undefined ? {} : { at: edit.at };
    return [{ item: itemText(edit.key), kind: edit.kind.name, ...at, does, before, after }];
  });
  const findings = (await Promise.all(told.map((change) => findingsOf(change, options.items)))).flat();
  return { findings, changes: told, unchanged: edits.length - told.length, left: [], make };
}

async function findingsOf({ item, kind, before, after }: PlannedChange, items: Items): Promise<Finding[]> {
  const of = (holders: readonly string[]): Finding[] =>
    wideningsOf(kind, before, after, holders)
      .filter((found) => found.kind !== 'granted')
      .map((found) => ({ item, ...found }));
  if ((kind !== 'model' && kind !== 'bundle') || before === null) return of([]);
  // Most edits of a model are nothing to whoever holds it, and need no look at who that is.
  if (of(['anybody']).length === 0) return [];
  const id = String(before.id);
  return of(await holdersOf(items, kind === 'model' ? { model: id } : { bundle: id }));
}

/** What goes only by a verb of its own, which says what it hits. */
const KEPT = new Set(['model', 'tenant']);

async function unnamed(items: Items, asked: readonly Edit[]): Promise<{ gone: Edit[]; left: string[] }> {
  const named = new Set(asked.map(({ key }) => nameOf(key)));
  const gone: Edit[] = [];
  const left: string[] = [];
  // What refers to another goes before it.
  for (const kind of [...FILE_KINDS].reverse())
    for (const { key } of await items.scan(kind.sk)) {
      if (named.has(nameOf(key))) continue;
      if (KEPT.has(kind.name)) left.push(itemText(key));
      else gone.push({ kind, key, change: 'remove', make: () => null });
    }
  return { gone, left: left.sort() };
}
