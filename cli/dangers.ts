import { isTollgateError } from '../contract/errors.ts';
import type { Change } from '../registry/edit.ts';
import type { Document } from '../registry/items.ts';
import type { Widening } from '../registry/widening.ts';
import type { Writer } from '../registry/writer.ts';
import { openRegistry } from './registry.ts';
import type { Target } from './target.ts';

/** What an edit does to others, in lines that are told before it is made. */

/** An edit as a registry that writes nothing says it. */
interface Previewed {
  before: Document | null;
  after: Document | null;
}

/**
 * What an edit lets somebody do more, or otherwise, by making it on a registry that writes nothing. What is new is what was asked
 * for, and no widening.
 */
export async function widening(
  target: Target,
  kind: string,
  make: (writer: Writer) => Promise<Previewed>,
): Promise<string[]> {
  const writer = await openRegistry(target, { dryRun: true });
  return (await wideningsBy(writer, kind, await make(writer))).filter(({ kind }) => kind !== 'granted').map(lineOf);
}

/** What taking edits back does: what it lets somebody do again, and what goes. A number says little of what that will be. */
export async function undone(
  target: Target,
  make: (writer: Writer) => Promise<readonly Change<unknown>[]>,
): Promise<string[]> {
  const writer = await openRegistry(target, { dryRun: true });
  const { itemText } = await import('../registry/edits/log-list.ts');
  const told: string[] = [];
  for (const { changed, kind, key, ...change } of await make(writer)) {
    if (!changed) continue;
    if (change.after === null) told.push(`removed: ${itemText(key)}`);
    told.push(...(await wideningsBy(writer, kind, change)).map(lineOf));
  }
  const more = told.length - TOLD_MAX;
  return more > 0 ? [...told.slice(0, TOLD_MAX), `and ${more} more; --dry-run shows all of it`] : told;
}

/** Lines about one command: a plan may be of thousands of edits. */
const TOLD_MAX = 20;

async function wideningsBy(writer: Writer, kind: string, { before, after }: Previewed): Promise<Widening[]> {
  const { wideningsOf } = await import('../registry/widening.ts');
  return wideningsOf(kind, before, after, before === null ? [] : await holdersOf(writer, kind, String(before.id)));
}

export async function holdersOf(writer: Writer, kind: string, id: string): Promise<string[]> {
  if (kind !== 'model' && kind !== 'bundle') return [];
  const { entries } = await writer.holders(kind === 'model' ? { model: id } : { bundle: id });
  return [...new Set(entries.map(({ tenant }) => tenant))].sort();
}

function lineOf({ kind, text }: Widening): string {
  return `${kind}: ${text}`;
}

/** What was used lately of what is about to be taken away, in lines. */
export async function usedLately(target: Target, of: { tenant?: string; model?: string }): Promise<string[]> {
  // Only who takes something away waits for what reads the ledger.
  const [{ usedLines }, { usedOf }] = await Promise.all([import('../metering/report/used.ts'), import('./hits.ts')]);
  return usedLines(await usedOf(target, of));
}

/** Whether there is what is to be taken away, well formed or not; of what is not there the edit itself speaks. */
export async function isThere(shown: Promise<unknown>): Promise<boolean> {
  try {
    await shown;
    return true;
  } catch (error) {
    if (isTollgateError(error, 'not_found')) return false;
    if (isTollgateError(error, 'bad_entry')) return true;
    throw error;
  }
}
