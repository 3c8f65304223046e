import { setTimeout as after } from 'node:timers/promises';
import { isTollgateError, type Problem } from '../../contract/errors.ts';
import { LOG_ATTEMPTS, WRITES_MAX } from '../../contract/limits/registry.ts';
import type { Clock } from '../../contract/log.ts';
import { checkEntry } from '../checks.ts';
import { badEntries, isoMilliseconds, problemsOf, SCHEMA_VERSION } from '../fields.ts';
import type { Document, Expected, Item, Items, Key, Write } from '../items.ts';
import { historyKey, idAt, lastVersionKey } from '../keys.ts';
import { read } from '../kinds.ts';
import { changedMeanwhile } from './conflict.ts';
import { type Held, type Known, type Look, listedIn, listedOf, lookIn } from './known.ts';
import { endOfLog, type LogEnd, logWrite, type Moment, momentDocument, momentOf } from './log.ts';
import { nameOf, same, versionOf } from './same.ts';
import type { Change, Edit, PlanPart, Stamp } from './types.ts';

export interface EditOptions {
  items: Items;
  clock: Clock;
  /** Who edits; written into the entry and its history. A function is asked when something is about to be edited. */
  actor: string | (() => Promise<string>);
  /** Everything is decided and nothing written. */
  dryRun?: boolean;
  /** 0 to 1; spreads retries. */
  random?: () => number;
  /** One item and the version of it that the editor saw: another one in the table, when it is edited, is a conflict. */
  seen?: Seen;
}

export interface Seen {
  key: Key;
  version: number;
}

export interface CommitOptions {
  plan?: PlanPart;
  /** What is known of the table: nothing of it is read again. Absent: what the edits are of is read. */
  held?: Held;
}

/** An edit that was decided. */
export interface Decided {
  edit: Edit;
  before: Item | undefined;
  change: Change<unknown>;
  writes: Write[];
  name: string;
}

/**
 * Decides all of them, and makes those that change something in one transaction: each if its item is still the one that was read, with
 * its record in the history, under the next numbers of the log.
 *
 * @param given of different items; what they write must fit into one transaction (`fitting` says how many do)
 * @returns what became of each, in their order
 * @throws TollgateError `bad_entry` with all that is wrong with any of them; `not_found`; `conflict` telling what somebody else changed
 *   meanwhile; and then nothing was written
 */
export async function commit(
  given: readonly Edit[],
  { items, clock, actor, dryRun = false, random = Math.random, seen }: EditOptions,
  options: CommitOptions = {},
): Promise<Change<unknown>[]> {
  const edits = seen === undefined ? given : given.map((edit) => basedOn(seen, edit));
  for (let attempt = 1; ; attempt++) {
    const [held, end, by] = await Promise.all([
      options.held ?? readHeld(items, edits),
      endOfLog(items),
      nameOfActor(actor),
    ]);
    await throwIfOutdated(items, edits, held);
    const moment = momentOf(clock(), items.time?.(), end);
    const known = options.held === undefined ? listedIn(items) : listedOf(held);
    const decided = await decide(edits, held, { at: moment.at, by }, lookIn(items, held), known);
    const changing = decided.filter(({ change }) => change.changed);
    if (changing.length === 0 || dryRun) return decided.map(({ change }) => change);
    try {
      await items.write(transaction(changing, { moment, end, by, plan: options.plan }));
      return decided.map(({ change }) => change);
    } catch (error) {
      if (!isTollgateError(error, 'conflict')) throw error;
      await throwIfChanged(items, changing, error);
      // Nobody touched these items: the number was taken by an edit of another.
      if (attempt >= LOG_ATTEMPTS) throw error;
      await after(random() * Math.min(500, 10 * 2 ** attempt));
    }
  }
}

function basedOn({ key, version }: Seen, edit: Edit): Edit {
  return edit.base === undefined && nameOf(edit.key) === nameOf(key) ? { ...edit, base: version } : edit;
}

export async function nameOfActor(actor: EditOptions['actor']): Promise<string> {
  return typeof actor === 'string' ? actor : actor();
}

/** What is known of the items that the edits are of, and of those that were removed. */
export async function readHeld(items: Pick<Items, 'batch'>, edits: readonly Edit[]): Promise<Held> {
  const found = await items.batch(edits.flatMap(({ key }) => [key, lastVersionKey(key)]));
  return new Map(found.map((item) => [nameOf(item.key), item]));
}

/**
 * @param look an item as it is before the edits
 * @param known ids as they are before the edits
 * @throws TollgateError `bad_entry` of all that is wrong, each below the `at` of its edit
 */
export async function decide(
  edits: readonly Edit[],
  held: Held,
  { at, by }: Omit<Stamp, 'version'>,
  look: Look,
  known: Known,
): Promise<Decided[]> {
  const errors: { at: string | undefined; error: unknown }[] = [];
  const decided: Decided[] = [];
  for (const edit of edits)
    try {
      decided.push(decideOne(edit, held, { at, by }));
    } catch (error) {
      errors.push({ at: edit.at, error });
    }
  // References are to what there will be.
  const will = new Map(
    decided.map(({ edit: { key }, change: { after } }) => [
      nameOf(key),
      after === null ? undefined : { key, document: after },
    ]),
  );
  const ahead: Look = async (key) => (will.has(nameOf(key)) ? will.get(nameOf(key)) : look(key));
  const there = new Map<string, Promise<readonly string[]>>();
  const ids: Known = (kind) => {
    let all = there.get(kind.name);
    if (all === undefined) {
      const made = decided.filter(({ edit, before }) => edit.kind.name === kind.name && before === undefined);
      all = known(kind).then((found) => [...found, ...made.map(({ edit }) => idAt(edit.key))]);
      there.set(kind.name, all);
    }
    return all;
  };
  await Promise.all(
    decided.map(async ({ edit, before, change }) => {
      if (!change.changed || change.after === null || edit.note !== undefined) return;
      try {
        await checkEntry(edit.kind, change.entry, { look: ahead, ids, before, nowSeconds: Math.floor(at / 1000) });
      } catch (error) {
        errors.push({ at: edit.at, error });
      }
    }),
  );
  throwAll(errors, edits.length);
  return decided;
}

function throwAll(errors: readonly { at: string | undefined; error: unknown }[], of: number): void {
  if (errors.length === 0) return;
  const other = errors.find(({ error }) => problemsOf(error).length === 0);
  if (other !== undefined) throw other.error;
  if (of === 1 && errors.length === 1 && errors[0]?.at === undefined) throw errors[0]?.error;
  throw badEntries(errors.flatMap(({ at, error }) => problemsOf(error).map((problem) => below(at, problem))));
}

function below(at: string | undefined, problem: Problem): Problem {
  if (at === undefined || at === '') return problem;
  return { ...problem, path: problem.path === 'entry' ? at : `${at}.${problem.path}` };
}

function decideOne(edit: Edit, held: Held, stampOf: Omit<Stamp, 'version'>): Decided {
  const { kind, key, note } = edit;
  const before = held.get(nameOf(key));
  const stamp = { ...stampOf, version: versionOf(before ?? held.get(nameOf(lastVersionKey(key)))) + 1 };
  const made = edit.make(stamp, before);
  const name = typeof edit.change === 'string' ? edit.change : edit.change(before?.document);
  const as = (change: Omit<Change<unknown>, 'kind' | 'key'>, writes: Write[] = []): Decided => ({
    ...{ edit, before, writes, name },
    change: { kind: kind.name, key, ...change },
  });
  if (note !== undefined) return as({ entry: undefined, changed: true, ...note });
  const was = before?.document ?? null;
  const now = before && read(before, kind);
  if (made === undefined) {
    if (now !== undefined && 'unusable' in now)
      throw badEntries([{ path: now.unusable.field, reason: now.unusable.reason }]);
    return as({ entry: now?.entry, changed: false, before: was, after: was });
  }
  const expected = expectedOf(before);
  if (made === null) {
    const gone: Write = { kind: 'delete', key, expected };
    const last: Document = { v: SCHEMA_VERSION, version: stamp.version };
    const writes: Write[] = [gone, { kind: 'put', key: lastVersionKey(key), document: last, expected: { is: 'any' } }];
    return as({ entry: undefined, changed: before !== undefined, before: was, after: null }, writes);
  }
  const entry = kind.parse(stamped(kind.name, made, stamp));
  // What names another item inside is not written: nobody could read it, and it was checked as that other one.
  if (nameOf(kind.keyOf(entry)) !== nameOf(key)) throw badEntries([{ path: 'key', reason: 'names-another-item' }]);
  const document = kind.document(entry);
  if (now && 'entry' in now && same(kind.document(now.entry), document))
    return as({ entry: now.entry, changed: false, before: was, after: was });
  return as({ entry, changed: true, before: was, after: document }, [{ kind: 'put', key, document, expected }]);
}

function stamped(kind: string, document: Document, { version, at, by }: Stamp): Document {
  const { when, who } = stampsOf(kind);
  return { ...document, version, [when]: isoMilliseconds(at), [who]: by };
}

function stampsOf(kind: string): { when: string; who: string } {
  return kind === 'grant' ? { when: 'grantedAt', who: 'grantedBy' } : { when: 'updatedAt', who: 'updatedBy' };
}

interface Under {
  moment: Moment;
  end: LogEnd;
  by: string;
  plan: PlanPart | undefined;
}

/** Also numbers the changes that it makes. */
export function transaction(decided: readonly Decided[], { moment, end, by, plan }: Under): Write[] {
  const first = end.edit + 1;
  const edits = decided.map(({ edit: { key, kind }, name }) => ({ key, kind: kind.name, change: name }));
  return [
    ...decided.flatMap(({ edit, change, writes, name }, index): Write[] => {
      const { key, kind } = edit;
      change.edit = first + index;
      // It may have been decided a while ago: somebody was asked meanwhile.
      if (change.after !== null && edit.note === undefined)
        change.after[stampsOf(kind.name).when] = isoMilliseconds(moment.at);
      const record: Document = {
        ...{ v: SCHEMA_VERSION, kind: kind.name, change: name, ...momentDocument(moment), by },
        ...(plan === undefined ? {} : { plan: plan.id }),
        ...{ before: change.before, after: change.after },
      };
      return [
        ...writes,
        { kind: 'put', key: historyKey(key, change.edit), document: record, expected: { is: 'absent' } },
      ];
    }),
    logWrite({ first, moment, by, edits, plan }),
  ];
}

/** As many of them, from the first on, as one transaction takes. */
export function fitting(decided: readonly Decided[]): number {
  let writes = 1;
  const over = decided.findIndex((one) => {
    writes += one.writes.length + 1;
    return writes > WRITES_MAX;
  });
  return over < 0 ? decided.length : over;
}

/** @throws TollgateError `conflict` of an edit that started from another version than the table's */
export async function throwIfOutdated(items: Items, edits: readonly Edit[], held: Held): Promise<void> {
  for (const edit of edits) {
    const before = held.get(nameOf(edit.key));
    if (edit.base !== undefined && before !== undefined && versionOf(before) !== edit.base)
      throw await changedMeanwhile(items, edit, edit.base);
  }
}

/** @throws TollgateError `conflict` telling of the first of them that is not what it was */
export async function throwIfChanged(items: Items, decided: readonly Decided[], cause: unknown): Promise<void> {
  const found = new Map(
    (await items.batch(decided.map(({ edit }) => edit.key))).map((item) => [nameOf(item.key), item]),
  );
  for (const { edit, before } of decided)
    if (versionOf(found.get(nameOf(edit.key))) !== versionOf(before))
      throw await changedMeanwhile(items, edit, versionOf(before), cause);
}

function expectedOf(before: Item | undefined): Expected {
  if (before === undefined) return { is: 'absent' };
  const version = versionOf(before);
  return version === 0 ? { is: 'present' } : { is: 'version', version };
}
