/**
 * What a model costs from a moment on. Money is a decimal string in US dollars per 1,000 tokens, never a binary
 * fraction: the bill is computed exactly.
 */
export interface PriceVersion {
  /** Named on the bill, e.g. `2026-01`; unique within the model. */
  version: string;
  /** Milliseconds since 1970, UTC: the first call at or after this moment pays this price. */
  from: number;
  input: string;
  output: string;
  /** Absent: such tokens are priced as input (read) or as input (write). */
  cacheRead?: string;
  cacheWrite?: string;
}

export interface PricedModel {
  id: string;
  /** Sorted by `from`, ascending; may be empty. */
  prices: PriceVersion[];
}
