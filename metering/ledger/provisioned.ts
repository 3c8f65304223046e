import { divide, type Money } from '../money.ts';
import type { UsageRow } from './row.ts';

/**
 * Bought capacity costs the same however much is called, so an hour of it is divided among those who called: of each
 * model, region and account, in proportion to the tokens of their calls, those read from and written to a cache among the input
 * (where there are no tokens, to the calls): who sends a long prompt from a cache has had the capacity, too. A cached token
 * takes less of it than another one, but by how much no provider says, so each token is one. The parts add up exactly. An
 * hour in which nobody called is on nobody's bill: the ledger knows calls only.
 *
 * @param rows of one hour, in their order; those that are paid by the hour are given their cost
 */
export function divideHour(rows: readonly { row: UsageRow; perHour: Money | null }[]): void {
  const capacities = new Map<string, { row: UsageRow; perHour: Money }[]>();
  for (const { row, perHour } of rows) {
    if (perHour === null) continue;
    const name = JSON.stringify([row.model, row.region, row.account, row.priceVersion]);
    capacities.set(name, [...(capacities.get(name) ?? []), { row, perHour }]);
  }
  for (const sharers of capacities.values()) share(sharers);
}

function share(sharers: readonly { row: UsageRow; perHour: Money }[]): void {
  const tokens = sharers.flatMap(({ row }) => [inputOf(row.tokens), row.tokens.output]);
  const calls = sharers.flatMap(({ row }) => [BigInt(row.invocations), 0n]);
  const parts = divide(sharers[0]?.perHour ?? 0n, tokens.some((count) => count > 0n) ? tokens : calls);
  sharers.forEach(({ row }, i) => {
    row.cost = { input: parts[2 * i] ?? 0n, output: parts[2 * i + 1] ?? 0n, estimated: 0n };
  });
}

function inputOf({ input, cacheRead, cacheWrite, cacheWrite1h }: UsageRow['tokens']): bigint {
  return input + cacheRead + cacheWrite + cacheWrite1h;
}
