import { COUNTER_KEPT_MS } from '../../contract/limits/budgets.ts';
import type { Key } from '../../registry/items.ts';
import { parseWindow, type Window } from '../calendar.ts';
import type { Money } from '../money.ts';
import type { Change } from './change.ts';
import { type CounterName, correctedAttribute, counterText, parseAttribute, totalAttribute } from './counter-names.ts';
import type { Counts } from './counters.ts';

/**
 * What brings an item's counters of dollars from what they were corrected by for a day to what they are to be corrected by.
 * Applied once: on the condition that each still says what it said. It does not touch what calls reserve and settle
 * meanwhile. No I/O.
 *
 * @param day as `2026-11-21`
 * @param target by how much a counter (counterText) is to be corrected; 0: not at all
 * @param now milliseconds since 1970; windows that nobody settles into any more are left as they are
 * @returns undefined when nothing is to be changed
 */
export function correction(
  key: Key,
  { numbers }: Counts,
  day: string,
  target: (counter: string) => Money,
  now: number,
): Change | undefined {
  const add = new Map<string, bigint>();
  const equal = new Map<string, bigint | undefined>();
  for (const attribute of numbers.keys()) {
    const parsed = parseAttribute(attribute);
    if (parsed?.kind !== 'total' || !isCorrectable(parsed.name, day, now)) continue;
    const note = correctedAttribute(day, parsed.name);
    const before = numbers.get(note);
    const difference = target(counterText(parsed.name)) - (before ?? 0n);
    if (difference === 0n) continue;
    add.set(totalAttribute(parsed.name), difference);
    add.set(note, difference);
    equal.set(note, before);
  }
  return add.size === 0 ? undefined : { key, add, equal };
}

function isCorrectable({ unit, window: name }: CounterName, day: string, now: number): boolean {
  const window = parseWindow(name);
  return unit === 'usd' && window !== undefined && hasDay(window, day) && window.until + COUNTER_KEPT_MS / 2 > now;
}

/** A window of less than a day has none. */
export function hasDay({ from, until }: Window, day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`);
  return from <= at && at < until && until - from > 60_000;
}
