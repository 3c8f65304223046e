import type { Placed } from '../contract/places.ts';
import type { Tier, TokenKind } from '../contract/usage.ts';

/** US dollars per 1,000,000 tokens of each kind. A call that used a kind without a rate is unpriced as a whole. */
export interface TokenRates {
  input?: string;
  output?: string;
  cacheRead?: string;
  /** Written to the cache for five minutes. */
  cacheWrite?: string;
  /** Written to the cache for an hour. */
  cacheWrite1h?: string;
}

/** Every kind of token that has a price of its own, in the order in which prices are written. */
export const RATE_KINDS = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
] as const satisfies readonly (keyof TokenRates)[];
export type RateKind = (typeof RATE_KINDS)[number];

/** Kinds that are sold by the piece, and the member of a price that says what one costs. */
export const PIECE_RATES = {
  images: 'usdPerImage',
  searches: 'usdPerSearch',
  calls: 'usdPerCall',
} as const satisfies Partial<Record<TokenKind, string>>;
export type PieceKind = keyof typeof PIECE_RATES;
export const PIECE_KINDS = Object.keys(PIECE_RATES) as PieceKind[];

/**
 * What a model costs from a moment on, in one tier. Money is decimal text in US dollars, up to 9 digits before and 12
 * behind the point, never a binary fraction: the bill is computed exactly.
 */
export interface PriceVersion {
  /** Named on the bill, e.g. `2026-01`; unique within the model's region and tier. */
  version: string;
  /** Milliseconds since 1970, UTC: the first call at or after this moment pays this price. Unique likewise. */
  from: number;
  /** Absent: every region that has no version of its own in force. */
  region?: string;
  /** Absent: on-demand. */
  tier?: Tier;
  usdPerMillion?: TokenRates;
  /** Per image made. */
  usdPerImage?: string;
  /** Per search of documents. */
  usdPerSearch?: string;
  /** Per call, or query, of what has no other count. */
  usdPerCall?: string;
  /** Per hour of bought capacity; of tier provisioned alone, which has no other rate. */
  usdPerHour?: string;
  /** Where the price is from, for people. */
  source?: string;
}

/** A price to set; without a version it is named by its date. */
export type GivenPrice = Omit<PriceVersion, 'version'> & { version?: string };

export interface PricedModel extends Partial<Placed> {
  id: string;
  /** Sorted by `from`, ascending; may be empty. */
  prices: PriceVersion[];
}
