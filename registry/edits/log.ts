import { CLOCK_SKEW_MS } from '../../contract/limits/registry.ts';
import { isoMilliseconds, SCHEMA_VERSION } from '../fields.ts';
import type { Document, Item, Items, Key, Plain, Write } from '../items.ts';
import { LOG_PARTITION, logKey } from '../keys.ts';
import type { LoggedEdit, PlanPart } from './types.ts';

/**
 * The log: an item for each transaction, by the number of its first edit. It numbers the edits of the stage in the order in which
 * they were made, which no clock does. Whoever has not seen the latest item begins where that one does, and is refused.
 */

/** Where the log ends. */
export interface LogEnd {
  /** The number of the last edit; 0: there is none. */
  edit: number;
  /** Milliseconds since 1970 of it. */
  at: number;
}

/** When an edit is made. */
export interface Moment {
  /** Milliseconds since 1970. */
  at: number;
  /** The editor's clock, where it is off. */
  clock?: number;
}

export async function endOfLog(items: Pick<Items, 'range'>): Promise<LogEnd> {
  const [last] = await items.range(LOG_PARTITION, { backwards: true, limit: 1 });
  if (last === undefined) return { edit: 0, at: 0 };
  return {
    edit: firstOf(last) + Math.max(listOf(last.document.edits).length, 1) - 1,
    at: Date.parse(textOf(last, 'at')),
  };
}

/**
 * Now, by the table: to the second that it told, and within that second by the editor's clock. Never before the log's end.
 *
 * @param clock the editor's, milliseconds since 1970
 * @param told the table's, to the second; undefined: it has none
 */
export function momentOf(clock: number, told: number | undefined, end: LogEnd): Moment {
  if (told === undefined) return { at: Math.max(clock, end.at) };
  const at = Math.max(Math.min(Math.max(clock, told), told + 999), end.at);
  return Math.abs(clock - told) > CLOCK_SKEW_MS ? { at, clock } : { at };
}

/** The members that tell of a moment. */
export function momentDocument({ at, clock }: Moment): Document {
  return { at: isoMilliseconds(at), ...(clock === undefined ? {} : { clock: isoMilliseconds(clock) }) };
}

export interface LogEntry {
  /** The number of the first of `edits`; the others follow it. */
  first: number;
  moment: Moment;
  by: string;
  edits: readonly { key: Key; kind: string; change: string }[];
  plan?: PlanPart | undefined;
}

/** Takes the numbers: it is refused if somebody has taken the first of them. */
export function logWrite({ first, moment, by, edits, plan }: LogEntry): Write {
  const document: Document = {
    v: SCHEMA_VERSION,
    ...momentDocument(moment),
    by,
    edits: edits.map(({ key, ...edit }) => ({ ...key, ...edit })),
    ...(plan === undefined ? {} : { plan: { ...plan } }),
  };
  return { kind: 'put', key: logKey(first), document, expected: { is: 'absent' } };
}

/** @returns undefined where no edit has that number */
export async function loggedEdit(items: Pick<Items, 'range'>, edit: number): Promise<LoggedEdit | undefined> {
  const [found] = await items.range(LOG_PARTITION, { to: logKey(edit).sk, backwards: true, limit: 1 });
  return found && loggedEdits(found).find((one) => one.edit === edit);
}

const PAGE = 200;

/**
 * The log backwards, from its end or from before the edit `before`.
 *
 * @returns edits of whole transactions, the newest first
 */
export async function* logBackwards(items: Pick<Items, 'range'>, before?: number): AsyncGenerator<LoggedEdit> {
  let to = before;
  for (;;) {
    const page = await items.range(LOG_PARTITION, {
      ...(to === undefined ? {} : { to: logKey(to - 1).sk }),
      backwards: true,
      limit: PAGE,
    });
    for (const item of page) yield* loggedEdits(item).reverse();
    const last = page.at(-1);
    if (last === undefined || firstOf(last) <= 1) return;
    to = firstOf(last);
  }
}

/** The edits of one item of the log, in their order. */
function loggedEdits(item: Item): LoggedEdit[] {
  const { edits, plan, clock } = item.document;
  const common = {
    at: textOf(item, 'at'),
    by: textOf(item, 'by'),
    ...(typeof clock === 'string' ? { clock } : {}),
    ...(plan === undefined || plan === null ? {} : { plan: plan as unknown as PlanPart }),
  };
  return listOf(edits).map((one, index) => {
    const { pk = '', sk = '', kind = '', change = '' } = one as Record<string, string>;
    return { edit: firstOf(item) + index, key: { pk, sk }, kind, change, ...common };
  });
}

function firstOf({ key }: Item): number {
  return Number(key.sk);
}

function listOf(value: Plain | undefined): Plain[] {
  return Array.isArray(value) ? value : [];
}

function textOf({ document }: Item, member: string): string {
  return String(document[member] ?? '');
}
