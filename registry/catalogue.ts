import type { Lifecycle } from '../contract/model.ts';
import { type Described, descriptionOf } from './description.ts';
import { withKnownSuccessor } from './entitled.ts';
import type { Document } from './items.ts';
import { usability } from './lifecycle.ts';
import { lifecycleDocument, type ModelEntry } from './model.ts';

/** What may be asked for, as those are told of it who hold none of it. */

/**
 * Whether anybody who signed in may know of a model, and ask for it.
 *
 * @param nowSeconds seconds since 1970
 */
export function isAskable(
  { askable, lifecycle }: Pick<Described, 'askable'> & { lifecycle: Lifecycle },
  nowSeconds: number,
): boolean {
  const { state } = usability(lifecycle, nowSeconds);
  return askable === true && (state === 'usable' || state === 'deprecated');
}

/**
 * The models that may be asked for, sorted by id: what they can do and until when, and nothing of where they are or what they cost.
 *
 * @param models all that there are
 * @param nowSeconds seconds since 1970
 */
export function catalogueOf(models: readonly ModelEntry[], nowSeconds: number): Document[] {
  const askable = models.filter((model) => isAskable(model, nowSeconds)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const known = new Set(askable.map(({ id }) => id));
  return askable.map((model) => ({
    id: model.id,
    ...(structuredClone(descriptionOf(model)) as Document),
    lifecycle: lifecycleDocument(withKnownSuccessor(model.lifecycle, known)),
  }));
}
