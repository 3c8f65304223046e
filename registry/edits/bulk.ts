import { setTimeout as after } from 'node:timers/promises';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { BULK_READ_WHOLE, LOG_ATTEMPTS, PLAN_ID_CHARS } from '../../contract/limits/registry.ts';
import { FILE_KINDS } from '../all-kinds.ts';
import { type Item, type Items, isOf } from '../items.ts';
import { historyPartition, logKey } from '../keys.ts';
import {
  commit,
  type Decided,
  decide,
  type EditOptions,
  fitting,
  nameOfActor,
  readHeld,
  throwIfChanged,
  throwIfOutdated,
  transaction,
} from './commit.ts';
import { type Held, listedIn, listedOf, lookIn } from './known.ts';
import { endOfLog, momentOf } from './log.ts';
import { nameOf } from './same.ts';
import type { Change, Edit, PlanPart } from './types.ts';
import { unmaking } from './undo.ts';

/**
 * More edits than one transaction takes. They are decided together, against what there will be, before the first is made, and then made
 * in transactions one after the other, so that the log's order is the plan's. What goes wrong on the way takes back what was made.
 */

export interface Bulk {
  /** Absent when one transaction took all of it. */
  plan?: string;
  /** In the order of the edits. */
  changes: Change<unknown>[];
}

export interface BulkOptions {
  /** Told after each transaction, and once before the first. */
  onProgress?: (made: number, of: number) => void;
  /** 0 to 1. */
  random?: () => number;
  /** It is a plan whatever its size, and so undone as one. */
  named?: boolean;
}

/** Edits that were decided and are not made yet. */
export interface Prepared {
  /** In the order of the edits, as they will be. */
  changes: readonly Change<unknown>[];
  /**
   * Makes those that change something.
   * @throws TollgateError `conflict` where an item is not any more what was decided upon: nothing of it is in the table then;
   *   `unavailable` naming the plan where the table failed and could not be brought back either: the same edits again do the rest,
   *   and undoing the plan takes it back
   */
  make(options?: BulkOptions): Promise<Bulk>;
}

/**
 * @param edits of different items, none before what it refers to
 * @throws TollgateError `bad_entry` of all that is wrong; `conflict`
 */
export async function prepare(edits: readonly Edit[], options: EditOptions): Promise<Prepared> {
  const { items, clock, actor, dryRun = false } = options;
  const held = await heldFor(items, edits);
  await throwIfOutdated(items, edits, held);
  const [end, by] = await Promise.all([endOfLog(items), nameOfActor(actor)]);
  const { at } = momentOf(clock(), items.time?.(), end);
  const known = edits.length > BULK_READ_WHOLE ? listedOf(held) : listedIn(items);
  const decided = await decide(edits, held, { at, by }, lookIn(items, held), known);
  const changes = decided.map(({ change }) => change);
  const changing = decided.filter(({ change }) => change.changed);
  return {
    changes,
    async make({ onProgress = () => {}, random = Math.random, named = false } = {}) {
      if (changing.length === 0 || dryRun) return { changes };
      onProgress(0, changing.length);
      // Nothing of the kind can be left half done.
      if (!named && fitting(changing) === changing.length) return { changes: await commit(edits, options, { held }) };
      const plan = newPlan(clock(), random);
      await makeAll(changing, plan, options, onProgress);
      return { plan, changes };
    },
  };
}

/** Takes back what a plan made, the last of it first. @throws TollgateError `not_found`; `conflict` where somebody has built upon it */
export async function undoPlan(plan: string, options: EditOptions, bulk: BulkOptions = {}): Promise<Bulk> {
  const edits = await unmaking(options.items, plan);
  if (edits.length === 0)
    throw new TollgateError('not_found', {
      field: 'plan',
      reason: 'no-such-plan',
      message: `There is no plan ${plan}.`,
    });
  return (await prepare(edits, options)).make({ named: edits.length > 1, ...bulk });
}

async function makeAll(
  changing: readonly Decided[],
  plan: string,
  options: EditOptions,
  onProgress: (made: number, of: number) => void,
): Promise<void> {
  const parts = partsOf(changing);
  let made = 0;
  for (const [index, part] of parts.entries()) {
    try {
      await makePart(part, { id: plan, part: index + 1, of: parts.length }, options);
    } catch (error) {
      if (made > 0) await takeBack(plan, { made, of: changing.length }, options, error);
      throw error;
    }
    made += part.length;
    onProgress(made, changing.length);
  }
}

function partsOf(changing: readonly Decided[]): Decided[][] {
  const parts: Decided[][] = [];
  for (let from = 0; from < changing.length; ) {
    const part = changing.slice(from, from + fitting(changing.slice(from)));
    parts.push(part);
    from += part.length;
  }
  return parts;
}

async function makePart(part: Decided[], plan: PlanPart, { items, clock, actor, random = Math.random }: EditOptions) {
  for (let attempt = 1; ; attempt++) {
    const end = await endOfLog(items);
    const moment = momentOf(clock(), items.time?.(), end);
    try {
      return await items.write(transaction(part, { moment, end, by: await nameOfActor(actor), plan }));
    } catch (error) {
      const last = attempt >= LOG_ATTEMPTS;
      // Its answer may have been lost on the way, and the log knows.
      if (await isMade(items, end.edit + 1, plan).catch(() => false)) return;
      if (isTollgateError(error, 'conflict')) await throwIfChanged(items, part, error);
      else if (!isTollgateError(error, 'unavailable')) throw error;
      if (last) throw error;
      await after(random() * Math.min(2_000, 20 * 2 ** attempt));
    }
  }
}

/** @param first the number that its first edit would have */
async function isMade(items: Items, first: number, { id, part }: PlanPart): Promise<boolean> {
  const [found] = await items.batch([logKey(first)]);
  const plan = found?.document.plan as Partial<PlanPart> | undefined;
  return plan?.id === id && plan.part === part;
}

async function takeBack(
  plan: string,
  { made, of }: { made: number; of: number },
  options: EditOptions,
  cause: unknown,
): Promise<void> {
  try {
    await undoPlan(plan, options);
  } catch {
    throw new TollgateError('unavailable', {
      reason: 'plan-unfinished',
      message:
        `${made} of ${of} edits of plan ${plan} were made when the table failed, and they could not be taken back. The same file ` +
        `again makes the rest; tollgate undo ${plan} takes back what was made.`,
      detail: { plan, made, of },
      cause,
    });
  }
}

/** What is known of the items: of many edits it is quicker to read the whole registry than to ask for each. */
async function heldFor(items: Items, edits: readonly Edit[]): Promise<Held> {
  if (edits.length <= BULK_READ_WHOLE) return readHeld(items, edits);
  const wanted = new Set(edits.map(({ key }) => historyPartition(key)));
  const known = ({ key }: Item): boolean =>
    key.sk === 'LAST' ? wanted.has(key.pk) : FILE_KINDS.some(({ sk }) => isOf(key, sk));
  return new Map((await items.scan()).filter(known).map((item) => [nameOf(item.key), item]));
}

/** `p-20261129-4f7k2m`: the day, so that it says something, and what no other plan of the day has. */
function newPlan(now: number, random: () => number): string {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
  const LETTERS = '23456789abcdefghjkmnpqrstuvwxyz';
  const own = Array.from({ length: PLAN_ID_CHARS }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join('');
  return `p-${day}-${own}`;
}
