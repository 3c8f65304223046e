import type { Budget, BudgetUnit } from '../../contract/budget.ts';
import { RESERVATION_EPOCH_MS } from '../../contract/limits/budgets.ts';
import type { Key } from '../../registry/items.ts';
import { type Window, windowOf } from '../calendar.ts';
import { MONEY_SCALE, type Money, parseDecimal } from '../money.ts';
import {
  type CounterName,
  counterName,
  parseAttribute,
  principalCounters,
  tenantCounters,
  totalAttribute,
} from './counter-names.ts';
import type { Counts } from './counters.ts';

/** Budgets as arithmetic: which counters a call is under, what it takes from them, and whether that is left. No I/O. */

/** Who calls what, and when (milliseconds since 1970): the window of a call is that of its start, as in the ledger. */
export interface Subject {
  tenant: string;
  principal: string;
  /** Who made the key that is the principal: what counts principals counts its calls as theirs. */
  owner?: string | undefined;
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
export function countersOf(budgets: readonly Budget[], subject: Subject): Counter[] {
  const { tenant, principal, owner = principal, model, at } = subject;
  return budgets
    .filter(
      ({ per, only }) =>
        only === undefined || (per === 'principal' ? only === principal || only === owner : only === model),
    )
    .map((budget) => {
      const who = budget.only === principal ? principal : owner;
      const window = windowOf(budget.period, at);
      return {
        budget,
        limit: limitOf(budget),
        window,
        key: budget.per === 'principal' ? principalCounters(tenant, who) : tenantCounters(tenant),
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

/** What is counted under one name. `total` is settled and reserved together. */
export interface Counted {
  total: bigint;
  /** Reserved by calls that are not settled. */
  reserved: bigint;
}

export function countedOf(name: CounterName, { numbers }: Counts): Counted {
  const total = totalAttribute(name);
  let reserved = 0n;
  // `o|{epoch}|` and then the same as behind `t|`.
  for (const [attribute, amount] of numbers)
    if (attribute.startsWith('o|') && attribute.slice(attribute.indexOf('|', 2)) === total.slice(1)) reserved += amount;
  return { total: numbers.get(total) ?? 0n, reserved };
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

export const NOTHING: Amounts = Object.freeze({ usd: 0n, tokens: 0n, requests: 0n, credentials: 0n });

/** @param output tokens of answer */
export function amountsOf({ input, rates }: Demand, output: number): Amounts {
  return {
    requests: 1n,
    credentials: 1n,
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
  usedUp: boolean;
}

/**
 * The longest answer for which every hard budget has enough left: settled, reserved and this call together stay within
 * the limit. One that this call adds nothing to has enough left, however far it is used: the question is what this call
 * adds, not how the others left it.
 *
 * @param countsOf what is counted in the item of a counter
 */
export function fitting(counters: readonly Counter[], demand: Demand, countsOf: (counter: Counter) => Counts): Fit {
  const whole = amountsOf(demand, demand.output);
  const shortest = demand.lowerable ? amountsOf(demand, Math.min(demand.least ?? 1, demand.output)) : whole;
  let output = demand.output;
  const by: Lacking[] = [];
  for (const counter of counters) {
    const { budget, limit, name } = counter;
    if (budget.enforcement !== 'hard') continue;
    const { total, reserved } = countedOf(name, countsOf(counter));
    const least = budget.atLimit === 'refuse' ? whole : shortest;
    if (exceeds(total, least[budget.unit], limit))
      by.push({ counter, held: total - reserved + least[budget.unit] <= limit, usedUp: total >= limit });
    else output = Math.min(output, longest(demand, budget.unit, limit - total));
  }
  return by.length > 0 ? { fits: false, by } : { fits: true, output };
}

/** Whether an addition does not fit. Nothing always fits, also where the limit was lowered below what is used. */
function exceeds(total: bigint, addition: bigint, limit: bigint): boolean {
  return addition > 0n && total + addition > limit;
}

/** The most tokens of answer that `left` is enough for. */
function longest(demand: Demand, unit: BudgetUnit, left: bigint): number {
  const one = amountsOf(demand, 1)[unit] - amountsOf(demand, 0)[unit];
  if (one === 0n) return demand.output;
  const most = (left - amountsOf(demand, 0)[unit]) / one;
  return most < BigInt(demand.output) ? Number(most) : demand.output;
}

/** Counters by the item that they are in, in the order of their first one. */
export function byItem(counters: readonly Counter[]): Counter[][] {
  const items = new Map<string, Counter[]>();
  for (const counter of counters) items.set(counter.key.sk, [...(items.get(counter.key.sk) ?? []), counter]);
  return [...items.values()];
}
