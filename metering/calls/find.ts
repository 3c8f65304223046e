import { LATE_HOURS, OBJECTS_READ_AT_ONCE } from '../../contract/limits/metering.ts';
import { type FinishedUsage, TOKEN_KINDS, type UsageBase, type UsageRecord } from '../../contract/usage.ts';
import { deliveryHour, partition, RAW_PREFIX, rawName } from '../ledger/layout.ts';
import { recordsWhen } from '../ledger/raw.ts';
import type { UsageStore } from '../ledger/store.ts';
import { hourOf } from '../window.ts';

/** One attempt at a call, by its lines. */
export interface Attempt {
  /** What both of its lines say. */
  base: UsageBase;
  /** Absent: its end has not been delivered. */
  finished?: FinishedUsage;
}

/** A call, by all lines that were delivered of it. */
export interface FoundCall {
  requestId: string;
  /** Milliseconds since 1970: when it began. */
  at: number;
  /** In their order. */
  attempts: Attempt[];
}

export interface Wanted {
  /** Milliseconds since 1970: calls that began from then on, and before `until`. */
  since: number;
  until: number;
  is(record: UsageRecord): boolean;
  /** What is wanted is one call: what was delivered before it began is not read. */
  one?: true;
}

/**
 * Calls by their lines in the bucket, whether or not they were aggregated, the newest first. What was delivered last is read first.
 *
 * @throws whatever the store throws
 */
export async function findCalls(
  store: Pick<UsageStore, 'list' | 'lines'>,
  { since, until, is, one }: Wanted,
): Promise<FoundCall[]> {
  const attempts = new Map<string, Attempt>();
  let from = hourOf(since);
  const names = await namesFrom(store, from, hourOf(until) + LATE_HOURS);
  while (names.length > 0) {
    const some = names.splice(-OBJECTS_READ_AT_ONCE).filter((name) => deliveryHour(name) >= from);
    if (some.length === 0) break;
    await Promise.all(
      some.map(async (name) => {
        for await (const records of recordsWhen(store, name, (at) => at >= since && at < until))
          for (const record of records) if (is(record)) add(attempts, record);
      }),
    );
    // No line is delivered before its call begins.
    if (one) for (const { base } of attempts.values()) from = Math.max(from, hourOf(base.at));
  }
  return callsOf(attempts.values());
}

/** In the order of their delivery. */
async function namesFrom(store: Pick<UsageStore, 'list'>, from: number, to: number): Promise<string[]> {
  const names: string[] = [];
  // A partition's own name sorts just before the objects in it.
  for await (const key of store.list(RAW_PREFIX, RAW_PREFIX + partition(from))) {
    const name = rawName(key);
    if (name === undefined) continue;
    if (deliveryHour(name) > to) break;
    names.push(name);
  }
  return names;
}

/** Lines come more than once, and in any order; of two ends that contradict each other the ledger has the one of more tokens. */
export function add(attempts: Map<string, Attempt>, record: UsageRecord): void {
  const attempt = attempts.get(record.invocationId) ?? { base: record };
  attempts.set(record.invocationId, attempt);
  if (record.phase === 'started') return;
  if (attempt.finished !== undefined && compare(record, attempt.finished) <= 0) return;
  attempt.base = record;
  attempt.finished = record;
}

function compare(a: FinishedUsage, b: FinishedUsage): number {
  for (const kind of TOKEN_KINDS) {
    const difference = (a.tokens[kind] ?? 0) - (b.tokens[kind] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @returns the calls that they are attempts at, the newest first; of those that began at once, the one whose id is the last */
export function callsOf(attempts: Iterable<Attempt>): FoundCall[] {
  const calls = Map.groupBy(attempts, ({ base }) => base.requestId);
  return [...calls]
    .map(([requestId, of]) => {
      const inOrder = of.toSorted((a, b) => (a.base.attempt ?? 1) - (b.base.attempt ?? 1));
      return { requestId, at: Math.min(...of.map(({ base }) => base.at)), attempts: inOrder };
    })
    .sort((a, b) => b.at - a.at || (a.requestId < b.requestId ? 1 : -1));
}
