import { isTollgateError } from '../../../contract/errors.ts';
import { PRICES_MAX } from '../../../contract/limits/registry.ts';
import { badEntry } from '../../fields.ts';
import type { ModelEntry } from '../../model.ts';
import type { GivenPrice } from '../../price.ts';
import { type PriceResult, withPrices } from '../edits.ts';
import { checkedPrices } from '../entry.ts';
import { type Matched, matchPrices, type NameMap } from './match.ts';
import type { BadPrice, Reading } from './reading.ts';

export interface Plan {
  /** Sorted by model. */
  edits: ModelEdit[];
  /** All that is wrong, of the file and of what it would make of a model. */
  bad: BadPrice[];
  unmatched: Matched['unmatched'];
}

export interface ModelEdit {
  model: string;
  prices: GivenPrice[];
  /** What would become of each price, by what the registry holds now. */
  results: PriceResult[];
}

/** What a file would change; nothing is changed yet. A model that its prices would make invalid is left out and named. */
export function planImport(reading: Reading, models: readonly ModelEntry[], map: NameMap): Plan {
  const { prices, bad, unmatched } = matchPrices(reading.found, models, map);
  const entries = new Map(models.map((model) => [model.id, model]));
  const edits: ModelEdit[] = [];
  for (const [model, given] of prices) {
    const now = withPrices(entries.get(model)?.prices ?? [], given);
    try {
      if (now.prices.length > PRICES_MAX) throw badEntry('prices', 'too-many');
      checkedPrices(now.prices);
      if (given.length > 0) edits.push({ model, prices: given, results: now.results });
    } catch (error) {
      if (!isTollgateError(error, 'bad_entry')) throw error;
      bad.push({ line: 0, at: '', field: `model ${model}: ${error.field}`, reason: error.reason ?? 'bad' });
    }
  }
  return { edits, bad: [...reading.bad, ...bad].sort((a, b) => a.line - b.line), unmatched };
}
