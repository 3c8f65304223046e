import type { UsageRecord } from '../../contract/usage.ts';
import { type Attempt, add, callsOf, type FoundCall } from './find.ts';

/** A call in the order of the log: when it began, and what it is called. */
export type Floor = readonly [at: number, requestId: string];

export function floorOf(call: FoundCall | undefined): Floor | undefined {
  return call && [call.at, call.requestId];
}

/** The newest calls of what was read, no more than fit into memory. */
export class Kept {
  #attempts = new Map<string, Attempt>();
  readonly #below: Floor | undefined;
  readonly #most: number;
  /** Below it there are calls that were read and not kept; undefined: there are none. */
  lowest: Floor | undefined;

  /** @param below only calls that come after this one in the log; undefined: all @param most attempts in memory */
  constructor(below: Floor | undefined, most: number) {
    this.#below = below;
    this.#most = most;
  }

  add(record: UsageRecord): void {
    const one: Floor = [record.at, record.requestId];
    if (this.#below !== undefined && compare(one, this.#below) >= 0) return;
    if (this.lowest !== undefined && compare(one, this.lowest) < 0) return;
    add(this.#attempts, record);
    if (this.#attempts.size > this.#most) this.#prune();
  }

  drop(requests: ReadonlySet<string>): void {
    for (const [id, { base }] of this.#attempts) if (requests.has(base.requestId)) this.#attempts.delete(id);
  }

  /** @returns attempts without an end, and the calls that they are at */
  unended(): Map<string, string> {
    const open = [...this.#attempts].filter(([, { finished }]) => finished === undefined);
    return new Map(open.map(([id, { base }]) => [id, base.requestId]));
  }

  /** In the order of the log. */
  calls(): FoundCall[] {
    return callsOf(this.#attempts.values());
  }

  #prune(): void {
    const calls = this.calls().slice(0, this.#most / 2);
    this.lowest = floorOf(calls.at(-1));
    this.#attempts = new Map(calls.flatMap(({ attempts }) => attempts.map((one) => [one.base.invocationId, one])));
  }
}

function compare([at, id]: Floor, [other, otherId]: Floor): number {
  return at - other || (id < otherId ? -1 : id > otherId ? 1 : 0);
}
