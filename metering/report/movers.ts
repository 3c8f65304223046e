import type { Money } from '../money.ts';
import { type Group, totalOf } from './groups.ts';

/** What costs more or less than in the time before. */
export interface Mover {
  names: readonly string[];
  before: Money;
  now: Money;
  /** Above 0: it costs more now. */
  change: Money;
}

/**
 * The greatest changes of cost, up or down, the greatest first. A group that is in one of the two only changed from or to
 * nothing; one whose cost is not known in either is left out, because its change is not known.
 *
 * @param now, before groups of the same dimensions over times of the same length
 */
export function moversOf(now: readonly Group[], before: readonly Group[], most: number): Mover[] {
  const keyOf = ({ names }: Group) => JSON.stringify(names);
  const earlier = new Map(before.map((group) => [keyOf(group), group]));
  const keys = new Set(now.map(keyOf));
  const gone = before.filter((group) => !keys.has(keyOf(group)));
  const pairs = [...now.map((group) => [group, earlier.get(keyOf(group))] as const), ...gone.map(beforeOnly)];
  const movers = pairs.flatMap(([a, b]): Mover[] => {
    const [from, to] = [b === undefined ? 0n : totalOf(b), a === undefined ? 0n : totalOf(a)];
    const names = (a ?? b)?.names ?? [];
    return from === null || to === null || from === to ? [] : [{ names, before: from, now: to, change: to - from }];
  });
  const size = ({ change }: Mover) => (change < 0n ? -change : change);
  return movers.sort((a, b) => compare(size(b), size(a)) || compare(keyOfMover(a), keyOfMover(b))).slice(0, most);
}

const beforeOnly = (group: Group) => [undefined, group] as const;
const keyOfMover = ({ names }: Mover) => JSON.stringify(names);

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
