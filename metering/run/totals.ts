import type { UsageRow } from '../ledger/row.ts';

/** What both the ledger and CloudWatch can say of an hour, over all tenants and models. */
export interface Totals {
  calls: number;
  input: number;
  output: number;
  cacheRead: number;
  /** Of both lifetimes. */
  cacheWrite: number;
}

/** Someone else's sums of the metrics that the usage lines carry. */
export interface MetricSums {
  /**
   * @param from milliseconds since 1970, a full hour; @param to the end of the hour
   * @throws whatever the source throws
   */
  sums(from: number, to: number): Promise<Totals>;
}

export function totalsOf(rows: Iterable<Pick<UsageRow, 'tokens' | 'invocations'>>): Totals {
  const totals: Totals = { calls: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  for (const { tokens, invocations } of rows) {
    totals.calls += invocations;
    totals.input += Number(tokens.input);
    totals.output += Number(tokens.output);
    totals.cacheRead += Number(tokens.cacheRead);
    totals.cacheWrite += Number(tokens.cacheWrite + tokens.cacheWrite1h);
  }
  return totals;
}

const TOKENS = ['input', 'output', 'cacheRead', 'cacheWrite'] as const;

/** Of every kind together. */
export function tokensOf(totals: Totals): number {
  return TOKENS.reduce((sum, kind) => sum + totals[kind], 0);
}

/** @returns tokens by which the two differ, every kind by itself: what is missing in one does not excuse another */
export function driftOf(ledger: Totals, metrics: Totals): number {
  return TOKENS.reduce((sum, kind) => sum + Math.abs(ledger[kind] - metrics[kind]), 0);
}
