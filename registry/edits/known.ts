import type { Check } from '../checks.ts';
import { type Item, type Items, isOf } from '../items.ts';
import { idAt } from '../keys.ts';
import { nameOf } from './same.ts';

/** What edits are decided upon: the registry as it is before them. */

/** Items by nameOf their keys. */
export type Held = ReadonlyMap<string, Item>;

export type Look = Check['look'];

export function lookIn(items: Items, held: Held): Look {
  const asked = new Map<string, Promise<Item | undefined>>();
  return async (key) => {
    const name = nameOf(key);
    const found = held.get(name) ?? asked.get(name) ?? items.get(key);
    if (found instanceof Promise) asked.set(name, found);
    return found;
  };
}

/** The ids of a kind. */
export type Known = Check['ids'];

export function listedIn(items: Pick<Items, 'list' | 'scan'>): Known {
  return async ({ sk }) => {
    const found = 'equals' in sk ? await items.list(sk.equals) : await items.scan(sk);
    return found.map(({ key }) => idAt(key));
  };
}

/** Of what is known of the whole table. */
export function listedOf(held: Held): Known {
  return async ({ sk }) => [...held.values()].filter(({ key }) => isOf(key, sk)).map(({ key }) => idAt(key));
}
