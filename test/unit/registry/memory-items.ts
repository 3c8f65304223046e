import { TollgateError } from '../../../contract/errors.ts';
import { firstOf, type Item, type Items, isOf, type Key, type Write } from '../../../registry/items.ts';

export interface MemoryItems extends Items {
  /** Puts an item past every check, as somebody does in the DynamoDB console. */
  edit(key: Key, document: object): void;
  /** Calls so far, in order, e.g. `partition TENANT#acme`. */
  calls: string[];
}

/** The table in memory: conditions and all-or-nothing as DynamoDB has them. Copies in and out, as over a wire. */
export function memoryItems(): MemoryItems {
  const held = new Map<string, Item>();
  const calls: string[] = [];
  const name = ({ pk, sk }: Key) => JSON.stringify([pk, sk]);
  const sorted = (items: Item[]) => structuredClone(items).sort((a, b) => (name(a.key) < name(b.key) ? -1 : 1));

  const holds = ({ key, expected }: Write): boolean => {
    const item = held.get(name(key));
    if (expected.is === 'absent') return item === undefined;
    if (expected.is === 'any') return true;
    if (expected.is === 'present') return item !== undefined;
    return item?.document.version === expected.version;
  };

  return {
    calls,
    edit: (key, document) => void held.set(name(key), structuredClone({ key, document }) as Item),
    async get(key) {
      calls.push(`get ${key.pk} ${key.sk}`);
      return structuredClone(held.get(name(key)));
    },
    async partition(pk) {
      calls.push(`partition ${pk}`);
      return sorted([...held.values()].filter(({ key }) => key.pk === pk));
    },
    async range(pk, { from = '', to = '\uFFFF', backwards = false, limit }) {
      calls.push(`range ${pk}`);
      const found = sorted([...held.values()].filter(({ key }) => key.pk === pk && key.sk >= from && key.sk <= to));
      return (backwards ? found.reverse() : found).slice(0, limit);
    },
    async batch(keys) {
      calls.push(`batch ${keys.length}`);
      return keys.flatMap((key) => structuredClone(held.get(name(key))) ?? []);
    },
    async list(sk, under = '') {
      calls.push(`list ${sk}`);
      return sorted([...held.values()].filter(({ key }) => key.sk === sk && key.pk.startsWith(under)));
    },
    async page(sk, from) {
      calls.push(`page ${sk}`);
      return firstOf(structuredClone([...held.values()].filter(({ key }) => key.sk === sk)), from);
    },
    async scan(sk) {
      calls.push('scan');
      return sorted([...held.values()].filter(({ key }) => sk === undefined || isOf(key, sk)));
    },
    async write(writes) {
      calls.push(`write ${writes.length}`);
      if (!writes.every(holds)) throw new TollgateError('conflict', { reason: 'changed-meanwhile' });
      for (const write of structuredClone(writes)) {
        if (write.kind === 'delete') held.delete(name(write.key));
        else held.set(name(write.key), { key: write.key, document: write.document });
      }
    },
  };
}
