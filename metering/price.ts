import type { PricedModel, PriceVersion } from '../registry/price.ts';
import { type Money, PRICE_SCALE, parseDecimal } from './money.ts';

/** Sums of tokens by kind. Bigint: each call's count is exact as a number, a sum of many need not be. */
export interface TokenSums {
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite: bigint;
}

/** Units of 10^-12 dollars per 1,000 tokens, which are units of Money per token. */
export type Rates = TokenSums;

/** A version of a price that can be computed with. */
export interface Price {
  version: string;
  from: number;
  rates: Rates;
}

/** What each model cost and when. */
export interface PriceBook {
  /**
   * @param model registry id
   * @param at milliseconds since 1970: when the call began
   * @returns the price in force then, or undefined: the call is then unpriced
   */
  priceOf(model: string, at: number): Price | undefined;
}

/**
 * A version that cannot be computed with still takes the place of the one before it: its calls are unpriced, rather than
 * billed at a price that was no longer in force.
 */
export function createPriceBook(models: Iterable<PricedModel>): PriceBook {
  const versions = new Map<string, { from: number; price: Price | undefined }[]>();
  for (const { id, prices } of models)
    versions.set(
      id,
      prices.map((price) => ({ from: price.from, price: parsePrice(price) })).sort((a, b) => a.from - b.from),
    );
  return {
    priceOf: (model, at) => versions.get(model)?.findLast(({ from }) => from <= at)?.price,
  };
}

function parsePrice({ version, from, ...texts }: PriceVersion): Price | undefined {
  const input = parseDecimal(texts.input, PRICE_SCALE);
  const output = parseDecimal(texts.output, PRICE_SCALE);
  const cacheRead = texts.cacheRead === undefined ? input : parseDecimal(texts.cacheRead, PRICE_SCALE);
  const cacheWrite = texts.cacheWrite === undefined ? input : parseDecimal(texts.cacheWrite, PRICE_SCALE);
  if (input === undefined || output === undefined || cacheRead === undefined || cacheWrite === undefined)
    return undefined;
  return { version, from, rates: { input, output, cacheRead, cacheWrite } };
}

/** @returns what went in (cache reads and writes included) and what came out; their sum is the whole cost */
export function costOf(tokens: TokenSums, rates: Rates): { input: Money; output: Money } {
  return {
    input: tokens.input * rates.input + tokens.cacheRead * rates.cacheRead + tokens.cacheWrite * rates.cacheWrite,
    output: tokens.output * rates.output,
  };
}
