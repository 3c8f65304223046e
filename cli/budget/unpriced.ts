import type { Budget } from '../../contract/budget.ts';
import { priceModelsOf } from '../../contract/model.ts';
import { placesOf } from '../../contract/places.ts';
import { createPriceBook } from '../../metering/price.ts';
import type { ModelEntry } from '../../registry/model.ts';

/**
 * Which models a hard budget of dollars would stop: what a call of theirs may cost is not known, so none can be reserved.
 *
 * @param granted ids of those that are called under the budget
 * @param at milliseconds since 1970
 */
export function unpricedModels(
  { unit, enforcement, per, only }: Budget,
  models: readonly ModelEntry[],
  granted: ReadonlySet<string>,
  at: number,
): string[] {
  if (unit !== 'usd' || enforcement !== 'hard') return [];
  const prices = createPriceBook(models);
  return models
    .filter(({ id }) => granted.has(id) && (per !== 'model' || only === undefined || only === id))
    .filter((model) =>
      placesOf(model).some(
        ({ target, priceRegion: region = target.region }) =>
          !(priceModelsOf({ target }) ?? [model.id]).every((id) =>
            prices.priceOf({ model: id, region, tier: 'on-demand', at }),
          ),
      ),
    )
    .map(({ id }) => id);
}
