import { TollgateError } from '../contract/errors.ts';
import type { Change, Edits } from './edit.ts';
import type { Key } from './items.ts';
import { MODEL } from './kinds.ts';
import type { ModelEntry } from './model.ts';
import type { GivenPrice, PriceVersion } from './price.ts';
import { type PriceResult, withoutPrice, withPrices } from './prices/edits.ts';
import { checkedPrices } from './prices/entry.ts';

export interface PriceWriter {
  /**
   * Sets prices of one model, all in one edit or none.
   * @returns the model, and what became of each price, in their order
   * @throws TollgateError `not_found`; `bad_entry` naming the field, e.g. `prices[3].version`; `conflict`
   */
  setPrices(model: string, prices: readonly GivenPrice[]): Promise<Change<ModelEntry> & { results: PriceResult[] }>;
  /** @throws TollgateError `not_found`, also when the model has no such version in that region and tier */
  removePrice(model: string, which: Pick<PriceVersion, 'version' | 'region' | 'tier'>): Promise<Change<ModelEntry>>;
}

/** @param keyOf the key of a model's item; throws TollgateError `bad_entry` when the id is none */
export function priceWriter(edits: Edits, keyOf: (id: string) => Key): PriceWriter {
  return {
    async setPrices(model, given) {
      let results: PriceResult[] = [];
      const change = await edits.alter(MODEL, keyOf(model), 'price', (entry) => {
        const { prices, results: all } = withPrices(entry.prices, given);
        results = all;
        return { ...entry, prices: checkedPrices(prices) };
      });
      return { ...change, results };
    },

    removePrice: (model, which) =>
      edits.alter(MODEL, keyOf(model), 'remove-price', (entry) => {
        const prices = withoutPrice(entry.prices, which);
        if (prices !== undefined) return { ...entry, prices };
        throw new TollgateError('not_found', {
          field: 'version',
          reason: 'no-such-price',
          message: `There is no price ${which.version} of ${model} in that region and tier.`,
        });
      }),
  };
}
