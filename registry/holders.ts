import type { Item, Items } from './items.ts';
import { BUNDLE_GRANT_PREFIX, BUNDLE_SK_PREFIX, GRANT_SK_PREFIX, idAt, STAGE_PARTITION } from './keys.ts';

/** A model, or a bundle, that somebody may hold. */
export type Holdable = { model: string } | { bundle: string };

/**
 * The grants by which a model is held, by its name or by a bundle that it is in, or a bundle: for what an operator is told, as it
 * goes by the index. One tenant may hold a model by several.
 */
export async function holdingGrants(items: Pick<Items, 'list' | 'partition'>, of: Holdable): Promise<Item[]> {
  if ('bundle' in of) return items.list(`${BUNDLE_GRANT_PREFIX}${of.bundle}`);
  const [byName, stage] = await Promise.all([
    items.list(`${GRANT_SK_PREFIX}${of.model}`),
    items.partition(STAGE_PARTITION),
  ]);
  const bundles = stage.filter(
    ({ key, document: { models } }) =>
      key.sk.startsWith(BUNDLE_SK_PREFIX) && Array.isArray(models) && models.includes(of.model),
  );
  const byBundle = await Promise.all(bundles.map(({ key }) => holdingGrants(items, { bundle: idAt(key) })));
  return [...byName, ...byBundle.flat()];
}

/** Ids of the tenants that hold it, sorted, each once. */
export async function holdersOf(items: Pick<Items, 'list' | 'partition'>, of: Holdable): Promise<string[]> {
  return [...new Set((await holdingGrants(items, of)).map(({ key }) => idAt(key)))].sort();
}
