import type { Tokens } from '../../contract/usage.ts';
import { isCount } from './json.ts';
import type { Usage } from './usage.ts';

/** What a provider said, wherever it said it; undefined is what it did not say. */
export interface Report {
  input: unknown;
  output: unknown;
  cacheRead: unknown;
  /** Of every lifetime together. */
  cacheWrite: unknown;
  /** The same by lifetime. */
  split?: CacheSplit | undefined;
  /** A part of `output`. */
  reasoning?: unknown;
}

/** Tokens written to the cache, by how long they are kept; NaN for what cannot be told. */
export interface CacheSplit {
  fiveMinutes: number;
  oneHour: number;
}

/**
 * A report as usage. Every count must be a whole number that fits: half a report is none. Only where the cache's lifetimes
 * contradict their own sum is the sum kept, as an estimate: it is nearer than any guess from the text.
 *
 * @returns undefined when it is none
 */
export function usageOf({ input, output, cacheRead, cacheWrite, split, reasoning }: Report): Usage | undefined {
  const read = cacheRead ?? 0;
  const sum = split === undefined ? Number.NaN : split.fiveMinutes + split.oneHour;
  const written = cacheWrite ?? (Number.isNaN(sum) ? 0 : sum);
  if (!isCount(input) || !isCount(output) || !isCount(read) || !isCount(written)) return undefined;
  const oneHour = split !== undefined && isCount(split.oneHour) ? Math.min(split.oneHour, written) : 0;
  const tokens: Tokens = { input, output, cacheRead: read, cacheWrite: written - oneHour };
  if (oneHour > 0) tokens.cacheWrite1h = oneHour;
  // It is told apart for who wants to know and has no price, so one that cannot be a part of the output is left out.
  if (isCount(reasoning) && reasoning > 0 && reasoning <= output) tokens.reasoning = reasoning;
  return { tokens, estimated: split !== undefined && sum !== written };
}
