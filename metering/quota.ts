import type { Budget, BudgetUnit, Period } from '../contract/budget.ts';
import {
  BUDGET_THRESHOLDS,
  COUNTER_KEPT_MS,
  COUNTER_REMOVALS_MAX,
  COUNTERS_KEPT_SECONDS,
  MINUTE_COUNTER_KEPT_MS,
  RESERVATION_EPOCH_MS,
} from '../contract/limits.ts';
import type { Key } from '../registry/items.ts';
import { parseWindow, type Window, windowOf } from './calendar.ts';
import {
  type CounterName,
  callsAttribute,
  counterName,
  openAttribute,
  parseAttribute,
  principalCounters,
  tenantCounters,
  totalAttribute,
} from './counter-names.ts';
import type { Change, Counts } from './counters.ts';
import { MONEY_SCALE, type Money, parseDecimal } from './money.ts';

/** Budgets as arithmetic: which counters a call is under, what it takes from them, and whether that is left. No I/O. */

/** Who calls what, and when (milliseconds since 1970): the window of a call is that of its start, as in the ledger. */
export interface Subject {
  tenant: string;
  principal: string;
  /** Registry id. */
  model: string;
  at: number;
}

/** One counter that a call is under. */
export interface Counter {
  budget: Budget;
  /** In units of the counter: Money for usd, otherwise a count. */
  limit: bigint;
  window: Window;
  key: Key;
  name: CounterName;
}

/** @returns a counter for each budget that counts this call, in the order of `budgets` */
export function countersOf(budgets: readonly Budget[], { tenant, principal, model, at }: Subject): Counter[] {
  return budgets
    .filter(({ per, only }) => only === undefined || only === (per === 'principal' ? principal : model))
    .map((budget) => {
      const window = windowOf(budget.period, at);
      return {
        budget,
        limit: limitOf(budget),
        window,
        key: budget.per === 'principal' ? principalCounters(tenant, principal) : tenantCounters(tenant),
        name: counterName(budget, window, budget.per === 'model' ? model : undefined),
      };
    });
}

/** @returns the limit in units of the counter; one that cannot be read lets nothing pass */
export function limitOf({ unit, limit }: Pick<Budget, 'unit' | 'limit'>): bigint {
  return parseDecimal(limit, unit === 'usd' ? MONEY_SCALE : 0) ?? 0n;
}

export function epochOf(at: number): number {
  return Math.floor(at / RESERVATION_EPOCH_MS);
}

/** What is counted under one name. `total` is settled and open together. */
export interface Counted {
  total: bigint;
  /** Reserved by calls that are not settled. */
  open: bigint;
}

export function countedOf(name: CounterName, { numbers }: Counts): Counted {
  const total = totalAttribute(name);
  let open = 0n;
  // `o|{epoch}|` and then the same as behind `t|`.
  for (const [attribute, amount] of numbers)
    if (attribute.startsWith('o|') && attribute.slice(attribute.indexOf('|', 2)) === total.slice(1)) open += amount;
  return { total: numbers.get(total) ?? 0n, open };
}

/** Every counter of an item, for who wants to see them. */
export function countedIn(counts: Counts): (Counted & { name: CounterName })[] {
  return [...counts.numbers.keys()].flatMap((attribute) => {
    const parsed = parseAttribute(attribute);
    return parsed?.kind === 'total' ? [{ name: parsed.name, ...countedOf(parsed.name, counts) }] : [];
  });
}

/** What a call may use at most, before it is known how long its answer may be. */
export interface Demand {
  /** Tokens. */
  input: number;
  /** The most tokens of answer that it asks for. */
  output: number;
  /** What a token of either costs at most, and what comes on top of them; absent where no budget is in dollars. */
  rates?: { input: Money; output: Money; fixed: Money };
  /** Whether the answer can be limited to fewer tokens than it asks for, and to how few. */
  lowerable: boolean;
  /** Default: 1. */
  least?: number;
}

/** What a call uses, by the unit of a budget. */
export type Amounts = Readonly<Record<BudgetUnit, bigint>>;

export const NOTHING: Amounts = Object.freeze({ usd: 0n, tokens: 0n, requests: 0n });

/** @param output tokens of answer */
export function amountsOf({ input, rates }: Demand, output: number): Amounts {
  return {
    requests: 1n,
    tokens: BigInt(input) + BigInt(output),
    usd: rates === undefined ? 0n : rates.fixed + BigInt(input) * rates.input + BigInt(output) * rates.output,
  };
}

export type Fit = { fits: true; output: number } | { fits: false; by: Lacking[] };

/** A budget that has not enough left. */
export interface Lacking {
  counter: Counter;
  /** What is missing is only reserved, by calls that may give it back. */
  held: boolean;
  /** Nothing is left at all. */
  used: boolean;
}

/**
 * The longest answer for which every hard budget has enough left: settled, reserved and this call together stay within
 * the limit.
 *
 * @param countsOf what is counted in the item of a counter
 */
export function fitting(counters: readonly Counter[], demand: Demand, countsOf: (counter: Counter) => Counts): Fit {
  const least = amountsOf(demand, demand.lowerable ? Math.min(demand.least ?? 1, demand.output) : demand.output);
  let output = demand.output;
  const by: Lacking[] = [];
  for (const counter of counters) {
    const { budget, limit, name } = counter;
    if (budget.enforcement !== 'hard') continue;
    const { total, open } = countedOf(name, countsOf(counter));
    if (total + least[budget.unit] > limit)
      by.push({ counter, held: total - open + least[budget.unit] <= limit, used: total >= limit });
    else output = Math.min(output, longest(demand, budget.unit, limit - total));
  }
  return by.length > 0 ? { fits: false, by } : { fits: true, output };
}

/** The most tokens of answer that `left` is enough for. */
function longest(demand: Demand, unit: BudgetUnit, left: bigint): number {
  const one = amountsOf(demand, 1)[unit] - amountsOf(demand, 0)[unit];
  if (one === 0n) return demand.output;
  const most = (left - amountsOf(demand, 0)[unit]) / one;
  return most < BigInt(demand.output) ? Number(most) : demand.output;
}

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
    if (budget.enforcement === 'hard') atMost.set(totalAttribute(name), limit - amount);
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
export function pastAttributes({ numbers, sets }: Counts, now: number): string[] {
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
  used: bigint;
}

/**
 * The thresholds that this settlement, and no other, has crossed: settled use only grows, and `counts` are the item's just
 * after it.
 */
export function crossings(
  { counters }: Pick<Reservation, 'counters'>,
  amounts: Amounts,
  counts: Counts,
  now: number,
): Crossing[] {
  return counters.flatMap((counter) => {
    const { budget, limit, name } = counter;
    if (limit === 0n || isClosed(counter, now)) return [];
    const { total, open } = countedOf(name, counts);
    const used = total - open;
    const before = used - amounts[budget.unit];
    return BUDGET_THRESHOLDS.filter((percent) => {
      const mark = limit * BigInt(percent);
      return before * 100n < mark && used * 100n >= mark;
    }).map((percent) => ({ counter, percent, used }));
  });
}

/** Counters by the item that they are in, in the order of their first one. */
export function byItem(counters: readonly Counter[]): Counter[][] {
  const items = new Map<string, Counter[]>();
  for (const counter of counters) items.set(counter.key.sk, [...(items.get(counter.key.sk) ?? []), counter]);
  return [...items.values()];
}

function keyOf([counter]: readonly Counter[]): Key {
  if (counter === undefined) throw new Error('a reservation has at least one counter');
  return counter.key;
}

function expiryOf(at: number): number {
  return Math.floor(at / 1000) + COUNTERS_KEPT_SECONDS;
}
