import { type KeyEntry, keyDocument, parseKeyEntry } from './gateway-keys/key.ts';
import { KEY_SK, keyKey } from './keys.ts';
import { KINDS, type Kind } from './kinds.ts';

/** All kinds that are edited. Apart from those that a call reads, which has no use for the last one. */

/** No file holds it: what is secret of it is nowhere but with who has it. */
export const KEY: Kind<KeyEntry> = {
  name: 'key',
  parse: parseKeyEntry,
  document: keyDocument,
  keyOf: ({ id }) => keyKey(id),
  sk: { equals: KEY_SK },
};

export const EVERY_KIND: readonly Kind<unknown>[] = [...KINDS, KEY as Kind<unknown>];

/** @throws Error for a name that is none: it is a kind of a newer Tollgate */
export function kindNamed(name: string): Kind<unknown> {
  const found = EVERY_KIND.find((kind) => kind.name === name);
  if (found === undefined) throw new Error(`no kind is named ${name}`);
  return found;
}
