import { PRICE_MEMORY_MS, PRICE_WAIT_MS } from '../contract/limits/invoke.ts';
import type { Clock } from '../contract/log.ts';
import { type FinishedUsage, isCharged } from '../contract/usage.ts';
import type { Money } from '../metering/money.ts';
import { costAt, createPriceBook, type PriceBook } from '../metering/price.ts';
import type { PricedModel } from '../registry/price.ts';
import type { PriceReader } from '../registry/reader.ts';
import { abortable } from '../sessions/abortable.ts';

/** Of a call's record what its cost follows from. */
export type Sold = Pick<
  FinishedUsage,
  'outcome' | 'tokens' | 'model' | 'priceModel' | 'region' | 'priceRegion' | 'tier' | 'at'
>;

/**
 * Reads the prices of calls.
 *
 * @param signal gives up earlier than after PRICE_WAIT_MS
 * @returns for the records of one request, some of those that prices were read for, what the ledger will say that they cost:
 *   nothing where AWS takes nothing; undefined where one of them has no price
 * @throws TollgateError `unavailable`, and whatever the signal was aborted with
 */
export type Costs = (
  of: readonly Sold[],
  signal?: AbortSignal,
) => Promise<(records: readonly Sold[]) => Money | undefined>;

/** What calls cost at the registry's prices, which are read once a minute. */
export function createCosts({ prices, clock }: { prices: PriceReader; clock: Clock }): Costs {
  let known = new Map<string, PricedModel | undefined>();
  let until = 0;
  return async (of, signal) => {
    if (until <= clock()) {
      known = new Map();
      until = clock() + PRICE_MEMORY_MS;
    }
    const unknown = [...new Set(of.filter(isPaid).map(({ model, priceModel = model }) => priceModel))].filter(
      (id) => !known.has(id),
    );
    if (unknown.length > 0) {
      const soon = AbortSignal.timeout(PRICE_WAIT_MS);
      const read = await abortable(prices.prices(unknown), signal ? AbortSignal.any([signal, soon]) : soon);
      for (const id of unknown) known.set(id, read.get(id));
    }
    const book = createPriceBook([...known].flatMap(([id, model]) => (model === undefined ? [] : { ...model, id })));
    return (records) => costOf(records.filter(isPaid), book);
  };
}

/** Whether AWS takes anything for it. */
export function isPaid({ outcome, tokens }: Sold): boolean {
  return isCharged(outcome, tokens);
}

function costOf(paid: readonly Sold[], book: PriceBook): Money | undefined {
  let total: Money = 0n;
  for (const { model, priceModel = model, region, priceRegion = region, tier = 'on-demand', at, tokens } of paid) {
    const cost = costAt(book, { model: priceModel, region: priceRegion, tier, at }, tokens);
    if (cost === undefined) return undefined;
    total += cost.input + cost.output;
  }
  return total;
}
