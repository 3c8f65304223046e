import type { RegistryChange } from '../../registry/snapshot.ts';
import { changedMembers } from '../registry.ts';

/** Characters of one value; longer ones (a target, a list of prices) are cut, and the item's history has them whole. */
const VALUE_MAX_CHARS = 120;

/** What an edit did, for a reader: `actions ["invoke","stream"] → ["invoke"]`. */
export function changedValues({ before, after }: Pick<RegistryChange, 'before' | 'after'>): string {
  if (after === null) return 'removed';
  return changedMembers(before, after)
    .filter((member) => before !== null || !NAMING.has(member))
    .map((member) => {
      const now = shown(after[member]);
      return before === null ? `${member} ${now}` : `${member} ${shown(before[member])} → ${now}`;
    })
    .join('; ');
}

/** In every item, and known from its key. */
const NAMING = new Set(['v', 'id', 'owner', 'tenant', 'model', 'prices', 'target']);

function shown(value: unknown): string {
  const text = value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= VALUE_MAX_CHARS ? text : `${text.slice(0, VALUE_MAX_CHARS)}…`;
}
