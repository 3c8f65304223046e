/** A world of regions with quotas, in which time is a number: the same seed gives the same calls, answers and figures anywhere. */

export interface RegionOptions {
  name: string;
  /** Calls a second that its quota gives, and how many it has saved at most. */
  rate: number;
  burst: number;
  /** Milliseconds there and back. */
  tripMs: number;
  /** Seconds from and to which it does not answer. */
  dead?: readonly [from: number, to: number];
  /** Share of the calls that it refuses whatever its quota is. */
  refuses?: number;
}

export interface WorldOptions {
  seed: number;
  regions: readonly RegionOptions[];
  /** Calls a second at a second. */
  load: (second: number) => number;
  seconds: number;
}

export type Outcome = 'answered' | 'throttled' | 'failed';

export interface Attempt {
  outcome: Outcome;
  ms: number;
}

/** What a caller does next: asks a region, or waits. It is told how it went where it asked, and ends where it gives up or has its answer. */
export type Step = { ask: string } | { wait: number };
export type Caller = Generator<Step, boolean, Attempt>;

/**
 * One way to place calls. `settle` is to be called where something was begun that comes by a promise: the world stands still until it
 * has. `has` is what no caller can know: how many calls a region has room for now, and none where it would not answer.
 */
export type Way = (world: {
  now: () => number;
  random: () => number;
  regions: readonly string[];
  settle: () => void;
  has: (region: string) => number;
}) => () => Caller;

export interface Figures {
  calls: number;
  /** Share of them that were answered. */
  answered: number;
  attemptsPerCall: number;
  /** Milliseconds from a call's beginning to its answer's, of those that were answered. */
  p50: number;
  p99: number;
  /** Attempts, and answers, by region. */
  asked: Record<string, number>;
  took: Record<string, number>;
}

/** Milliseconds after which nobody waits for a region that does not answer. */
const UNREACHABLE_MS = 2_000;
/** To the first byte, beside the way: most of them near the median, some few several times it. */
const THINKS_MS = 600;

export async function simulate(way: Way, { seed, regions, load, seconds }: WorldOptions): Promise<Figures> {
  // Arrivals and answers have sequences of their own, so that every way meets the same calls.
  const [arrivals, answers, choices] = [seedRandom(seed), seedRandom(seed + 1), seedRandom(seed + 2)];
  const queue = createQueue();
  let now = 0;
  const states = new Map(regions.map((region) => [region.name, { region, tokens: region.burst, at: 0 }]));
  const stateOf = (name: string) => {
    const state = states.get(name);
    if (state === undefined) throw new Error(`no region ${name}`);
    const { region } = state;
    state.tokens = Math.min(region.burst, state.tokens + ((now - state.at) / 1000) * region.rate);
    state.at = now;
    const [from, to] = region.dead ?? [0, 0];
    return { state, region, away: now >= from * 1000 && now < to * 1000 };
  };
  const has = (name: string): number => {
    const { state, away } = stateOf(name);
    return away ? 0 : state.tokens;
  };
  let settling = false;
  const settle = (): void => {
    settling = true;
  };
  const names = regions.map(({ name }) => name);
  const begin = way({ now: () => now, random: choices, regions: names, settle, has });
  const taken: number[] = [];
  const asked = Object.fromEntries(names.map((name) => [name, 0]));
  const took = Object.fromEntries(names.map((name) => [name, 0]));
  let calls = 0;
  let attempts = 0;

  const ask = (name: string): Attempt => {
    const { state, region, away } = stateOf(name);
    asked[name] = (asked[name] ?? 0) + 1;
    attempts++;
    const thinks = THINKS_MS * Math.exp(0.5 * normal(answers));
    const refused = answers() < (region.refuses ?? 0);
    if (away) return { outcome: 'failed', ms: UNREACHABLE_MS };
    if (refused || state.tokens < 1) return { outcome: 'throttled', ms: region.tripMs };
    state.tokens--;
    took[name] = (took[name] ?? 0) + 1;
    return { outcome: 'answered', ms: region.tripMs + thinks };
  };

  const step = (caller: Caller, begun: number, told?: Attempt): void => {
    const { done, value } = told === undefined ? caller.next() : caller.next(told);
    if (done === true) {
      if (value === true) taken.push(now - begun);
    } else if (typeof value === 'object' && 'wait' in value) {
      queue.add(now + value.wait, () => step(caller, begun, { outcome: 'failed', ms: 0 }));
    } else if (typeof value === 'object') {
      const attempt = ask(value.ask);
      queue.add(now + attempt.ms, () => step(caller, begun, attempt));
    }
  };

  const arrive = (): void => {
    calls++;
    step(begin(), now);
    const next = now - (Math.log(1 - arrivals()) / load(now / 1000)) * 1000;
    if (next < seconds * 1000) queue.add(next, arrive);
  };
  queue.add(0, arrive);
  for (let due = queue.take(); due !== undefined; due = queue.take()) {
    now = due.at;
    due.run();
    if (settling) await new Promise((resolve) => setImmediate(resolve));
    settling = false;
  }
  taken.sort((a, b) => a - b);
  const quantile = (share: number): number => taken[Math.floor(share * taken.length)] ?? 0;
  return {
    calls,
    answered: taken.length / calls,
    attemptsPerCall: attempts / calls,
    p50: quantile(0.5),
    p99: quantile(0.99),
    asked,
    took,
  };
}

/** Mulberry32: 32 bits of state, the same on every machine. */
export function seedRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

interface Due {
  at: number;
  order: number;
  run: () => void;
}

/** What is due first comes first; what is due at one time, in the order in which it was added. A binary heap. */
function createQueue() {
  const heap: Due[] = [];
  let order = 0;
  const before = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  const at = (index: number): Due => heap[index] as Due;
  const swap = (a: number, b: number): void => {
    const held = at(a);
    heap[a] = at(b);
    heap[b] = held;
  };
  return {
    add(when: number, run: () => void): void {
      heap.push({ at: when, order: order++, run });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!before(at(i), at(parent))) break;
        swap(i, parent);
        i = parent;
      }
    },
    take(): Due | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      heap[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < heap.length && before(at(child), at(least))) least = child;
        if (least === i) return first;
        swap(i, least);
        i = least;
      }
    },
  };
}
