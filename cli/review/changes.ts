import { differencesOf } from '../../registry/difference.ts';
import { differenceText } from '../../registry/difference-text.ts';
import type { RegistryChange } from '../../registry/snapshot.ts';

/** What an edit did, for a reader: `actions invoke, stream → invoke; - expiresAt 2027-01-01T00:00:00Z`. */
export function changedText({ before, after }: Pick<RegistryChange, 'before' | 'after'>): string {
  if (after === null) return 'removed';
  return differencesOf(before, after)
    .filter(({ path }) => before !== null || !NAMING.has(path))
    .map(differenceText)
    .join('; ');
}

/** In every item, and known from its key; a model's target and prices are in its own list. */
const NAMING = new Set(['v', 'id', 'owner', 'tenant', 'model', 'bundle', 'prices', 'target', 'targets']);
