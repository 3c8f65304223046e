import { isCount } from './json.ts';

/**
 * What a provider has said of a call's usage, wherever and whenever it said it; what is absent it has not said. What was
 * said stands until more is said: counts only grow as an answer does, so order and repetition change nothing.
 */
export interface Told {
  input?: number;
  /** Of the whole answer so far. */
  output?: number;
  /** The least that the answer has, said as it began. */
  begun?: number;
  cacheRead?: number;
  /** A part of `input` that was read from the cache, as OpenAI counts. */
  cachedInput?: number;
  /** Written to the cache, for however long. */
  cacheWrite?: number;
  /** The same by how long it is kept. */
  fiveMinutes?: number;
  oneHour?: number;
  /** Above 0: something was said, e.g. how long it is kept, or that a model of an agent's has run, and its count cannot be read. */
  unclear?: number;
  /** A part of `output`. */
  reasoning?: number;
  /** Of documents, as Cohere counts them. */
  searches?: number;
}

/** Notes a count, if it is one: whole, of 0 or more, and held exactly. What is none says nothing. */
export function note(told: Told, kind: keyof Told, count: unknown): void {
  if (isCount(count)) told[kind] = Math.max(told[kind] ?? 0, count);
}

/** What was said before, and what is said now. */
export function both(before: Told, now: Told): Told {
  const told = { ...before };
  for (const kind in now) note(told, kind as keyof Told, now[kind as keyof Told]);
  return told;
}

/** Of two who speak of the same, `first` wherever it says anything. */
export function either(first: Told, second: Told): Told {
  return { ...second, ...first };
}
