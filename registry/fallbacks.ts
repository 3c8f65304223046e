import * as v from 'valibot';
import { FALLBACKS_MAX } from '../contract/limits/routing.ts';
import { badEntry, modelId } from './fields.ts';

/** What an entry, or a grant, says of the models that answer in the place of one. */

/** Registry ids; an empty list: none do. */
export const fallbackIds = v.pipe(
  v.array(modelId, 'not-a-list'),
  v.maxLength(FALLBACKS_MAX, 'too-many'),
  v.checkItems((id, index, ids) => ids.indexOf(id) === index, 'twice'),
);

/** @throws TollgateError `bad_entry` where a model would answer in its own place */
export function checkFallbacks(fallbacks: readonly string[] = [], model: string): void {
  const itself = fallbacks.indexOf(model);
  if (itself >= 0) throw badEntry(`fallbacks[${itself}]`, 'is-the-model-itself');
}

/**
 * Asked when an operator writes them: a name that is misspelt would be no help when it is needed.
 *
 * @param find a model's item
 * @throws TollgateError `bad_entry`
 */
export async function checkThere(
  fallbacks: readonly string[] = [],
  find: (id: string) => Promise<unknown>,
): Promise<void> {
  const found = await Promise.all(fallbacks.map(find));
  const missing = found.indexOf(undefined);
  if (missing >= 0) throw badEntry(`fallbacks[${missing}]`, 'no-such-model');
}
