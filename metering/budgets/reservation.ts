import type { Period } from '../../contract/budget.ts';
import {
  BUDGET_THRESHOLDS,
  COUNTER_KEPT_MS,
  COUNTER_REMOVALS_MAX,
  COUNTERS_KEPT_SECONDS,
  MINUTE_COUNTER_KEPT_MS,
  RESERVATION_EPOCH_MS,
} from '../../contract/limits/budgets.ts';
import type { Key } from '../../registry/items.ts';
import { parseWindow } from '../calendar.ts';
import type { Change } from './change.ts';
import { type CounterName, callsAttribute, openAttribute, parseAttribute, totalAttribute } from './counter-names.ts';
import type { Counts } from './counters.ts';
import { type Amounts, type Counter, countedOf, epochOf } from './quota.ts';

/** What one call's reservation writes to an item of counters, from its beginning to its end or its release. No I/O. */

/** One call's part of one item. All of `counters` have its key. */
export interface Reservation {
  /** By which the call is known in the item; no other call has it. */
  call: string;
  /** When the call began, milliseconds since 1970. */
  at: number;
  counters: readonly Counter[];
  reserved: Amounts;
}

/** Adds the reservation to every counter, if each hard one has it left. */
export function reservation({ call, at, counters, reserved }: Reservation): Change {
  const epoch = epochOf(at);
  const add = new Map<string, bigint>();
  const atMost = new Map<string, bigint>();
  for (const { budget, limit, name } of counters) {
    const amount = reserved[budget.unit];
    add.set(totalAttribute(name), amount);
    add.set(openAttribute(epoch, name), amount);
    // What adds nothing fits under any limit, also one that is passed already (quota.ts: fitting).
    if (budget.enforcement === 'hard' && amount > 0n) atMost.set(totalAttribute(name), limit - amount);
  }
  return {
    key: keyOf(counters),
    add,
    atMost,
    call: { set: callsAttribute(epoch), name: call, goes: 'in' },
    expiresAt: expiryOf(at),
  };
}

/**
 * Puts what was used in the place of what was reserved, once; and takes away what is left of windows long past.
 *
 * @param seen the item as the reservation left it: what was past by then may go
 * @param now milliseconds since 1970
 */
export function settlement(
  { call, at, counters, reserved }: Reservation,
  used: Amounts,
  seen: Counts,
  now: number,
): Change {
  const epoch = epochOf(at);
  const add = new Map<string, bigint>();
  for (const counter of counters) {
    if (isClosed(counter, now)) continue;
    const { budget, name } = counter;
    add.set(totalAttribute(name), used[budget.unit] - reserved[budget.unit]);
    add.set(openAttribute(epoch, name), -reserved[budget.unit]);
  }
  const set = callsAttribute(epoch);
  return {
    key: keyOf(counters),
    add,
    remove: pastAttributes(seen, now).filter((attribute) => !add.has(attribute) && attribute !== set),
    call: { set, name: call, goes: 'out' },
    expiresAt: expiryOf(now),
  };
}

/** Milliseconds after a window's end for which its counters are kept. */
function keptMs(period: Period): number {
  return period === 'minute' ? MINUTE_COUNTER_KEPT_MS : COUNTER_KEPT_MS;
}

/** After this nobody settles into the window any more: well before its attributes go, so that none comes back. */
function isClosed({ budget, window }: Counter, now: number): boolean {
  return window.until + keptMs(budget.period) / 2 <= now;
}

/**
 * What no call can need any more: counters of windows that ended long ago, and what epochs long past hold of nothing. What
 * they hold of something is left for its release.
 */
function pastAttributes({ numbers, sets }: Counts, now: number): string[] {
  const past: string[] = [];
  for (const attribute of [...numbers.keys(), ...sets.keys()]) {
    const parsed = parseAttribute(attribute);
    if (parsed === undefined) continue;
    const isPast =
      ('name' in parsed && isWindowPast(parsed.name, now)) ||
      (parsed.kind === 'open' && numbers.get(attribute) === 0n && isEpochOver(parsed.epoch, now)) ||
      (parsed.kind === 'calls' && (parsed.epoch + 1) * RESERVATION_EPOCH_MS + COUNTER_KEPT_MS <= now);
    if (isPast) past.push(attribute);
    if (past.length === COUNTER_REMOVALS_MAX) break;
  }
  return past;
}

function isWindowPast(name: CounterName, now: number): boolean {
  const window = parseWindow(name.window);
  return window !== undefined && window.until + keptMs(window.period) <= now;
}

/** Whether every call that began in the epoch has ended, or crashed. */
function isEpochOver(epoch: number, now: number): boolean {
  return (epoch + 2) * RESERVATION_EPOCH_MS <= now;
}

/**
 * Gives back what crashed calls still hold in an item: on the condition that it is still as it was seen, so once.
 *
 * @returns undefined when they hold nothing; `calls` is how many they are
 */
export function release(
  key: Key,
  { numbers, sets }: Counts,
  now: number,
): { change: Change; calls: number } | undefined {
  const add = new Map<string, bigint>();
  const equal = new Map<string, bigint>();
  const remove: string[] = [];
  let calls = 0;
  for (const [attribute, held] of numbers) {
    const parsed = parseAttribute(attribute);
    if (parsed?.kind !== 'open' || !isEpochOver(parsed.epoch, now) || held === 0n) continue;
    const total = totalAttribute(parsed.name);
    equal.set(attribute, held);
    remove.push(attribute);
    if (isWindowPast(parsed.name, now)) {
      if (numbers.has(total) && !remove.includes(total)) remove.push(total);
    } else add.set(total, (add.get(total) ?? 0n) - held);
  }
  for (const [attribute, names] of sets) {
    const parsed = parseAttribute(attribute);
    if (parsed?.kind !== 'calls' || !isEpochOver(parsed.epoch, now)) continue;
    calls += names.size;
    remove.push(attribute);
  }
  // A minute's reservations went with their window: there is a name left to take away, and nothing to give back.
  return remove.length === 0 ? undefined : { change: { key, add, equal, remove }, calls: equal.size === 0 ? 0 : calls };
}

/** A threshold that a settlement has crossed. */
export interface Crossing {
  counter: Counter;
  /** Percent of the limit. */
  percent: number;
  /** Settled use, in units of the counter. */
  settled: bigint;
}

/**
 * The thresholds that this settlement, and no other, has crossed: settled use only grows, and `counts` are the item's just
 * after it.
 */
export function crossings(
  { counters }: Pick<Reservation, 'counters'>,
  used: Amounts,
  counts: Counts,
  now: number,
): Crossing[] {
  return counters.flatMap((counter) => {
    const { budget, limit, name } = counter;
    if (limit === 0n || isClosed(counter, now)) return [];
    const { total, reserved } = countedOf(name, counts);
    const settled = total - reserved;
    const before = settled - used[budget.unit];
    return BUDGET_THRESHOLDS.filter((percent) => {
      const mark = limit * BigInt(percent);
      return before * 100n < mark && settled * 100n >= mark;
    }).map((percent) => ({ counter, percent, settled }));
  });
}

function keyOf([counter]: readonly Counter[]): Key {
  if (counter === undefined) throw new Error('a reservation has at least one counter');
  return counter.key;
}

export function expiryOf(at: number): number {
  return Math.floor(at / 1000) + COUNTERS_KEPT_SECONDS;
}
