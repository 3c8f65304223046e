import { distance } from '../../contract/rendezvous.ts';

/** Which of several places a call goes to. */

/**
 * A number from 0 to 1 for each call, so that however many there were, any part of that range has had its share of them: multiples of the
 * golden ratio lie further from each other than chance would put them, and need no memory but the last.
 *
 * @param begin where to, so that many processes do not all begin with the same place
 */
export function createSpread(begin: number): () => number {
  let at = begin;
  return () => {
    at = (at + 0.618_033_988_749_894_9) % 1;
    return at;
  };
}

/** @param at 0 to 1: how far along all the weights, one behind the other */
export function atShare<T>(list: readonly T[], weightOf: (item: T) => number, at: number): T | undefined {
  let left = at * list.reduce((sum, item) => sum + weightOf(item), 0);
  for (const item of list) {
    left -= weightOf(item);
    if (left < 0) return item;
  }
  return list.at(-1);
}

/** @returns the first with the least */
export function least<T>(list: readonly T[], of: (item: T) => number): T | undefined {
  let found: T | undefined;
  let lowest = Number.POSITIVE_INFINITY;
  for (const item of list) {
    const value = of(item);
    if (found !== undefined && value >= lowest) continue;
    found = item;
    lowest = value;
  }
  return found;
}

/** @returns the one that is nearest to the key; the others are where it is not there */
export function meeting<T>(
  list: readonly T[],
  key: string,
  nameOf: (item: T) => string,
  weightOf: (item: T) => number,
): T | undefined {
  return least(list, (item) => distance(key, nameOf(item), weightOf(item)));
}
