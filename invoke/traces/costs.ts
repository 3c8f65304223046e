import { SPAN_PRICE_MEMORY_MS } from '../../contract/limits/traces.ts';
import type { Clock } from '../../contract/log.ts';
import { type FinishedUsage, isCharged } from '../../contract/usage.ts';
import { formatMoney, type Money } from '../../metering/money.ts';
import { costAt, createPriceBook, type PriceBook } from '../../metering/price.ts';
import type { PricedModel } from '../../registry/price.ts';
import type { PriceReader } from '../../registry/reader.ts';

type Sold = Pick<
  FinishedUsage,
  'outcome' | 'tokens' | 'model' | 'priceModel' | 'region' | 'priceRegion' | 'tier' | 'at'
>;

/**
 * What calls cost at the registry's prices, which are read once a minute.
 *
 * @returns for the records of one request its dollars; undefined: AWS takes nothing, or there is no price
 * @throws TollgateError `unavailable`
 */
export function createCosts({ prices, clock }: { prices: PriceReader; clock: Clock }) {
  let known = new Map<string, PricedModel | undefined>();
  let until = 0;
  return async (of: readonly Sold[]): Promise<(records: readonly Sold[]) => number | undefined> => {
    if (until <= clock()) {
      known = new Map();
      until = clock() + SPAN_PRICE_MEMORY_MS;
    }
    const unknown = [...new Set(of.filter(isPaid).map(({ model, priceModel = model }) => priceModel))].filter(
      (id) => !known.has(id),
    );
    if (unknown.length > 0) {
      const read = await prices.prices(unknown);
      for (const id of unknown) known.set(id, read.get(id));
    }
    const book = createPriceBook([...known].flatMap(([id, model]) => (model === undefined ? [] : { ...model, id })));
    return (records) => usdOf(records.filter(isPaid), book);
  };
}

function isPaid({ outcome, tokens }: Sold): boolean {
  return isCharged(outcome, tokens);
}

function usdOf(paid: readonly Sold[], book: PriceBook): number | undefined {
  if (paid.length === 0) return undefined;
  let total: Money = 0n;
  for (const { model, priceModel = model, region, priceRegion = region, tier = 'on-demand', at, tokens } of paid) {
    const cost = costAt(book, { model: priceModel, region: priceRegion, tier, at }, tokens);
    if (cost === undefined) return undefined;
    total += cost.input + cost.output;
  }
  return Number(formatMoney(total));
}
