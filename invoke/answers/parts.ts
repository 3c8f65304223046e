import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { ANSWER_ITEM_BYTES } from '../../contract/limits/answers.ts';
import type { Rows } from './rows.ts';

/** Texts of any length, packed, each in as many items as it needs. */
export interface Parts {
  /** @param name without the number of the item */
  put(pk: string, name: string, text: string, expiresAt: number): Promise<void>;
  /**
   * Those whose names begin with `name` and come after `after`, whole ones alone, in the order of their names.
   *
   * @param after a name that was read before; '' reads all of them
   */
  read(pk: string, name: string, after?: string): Promise<{ name: string; text: string }[]>;
}

const packed = promisify(gzip);
const unpacked = promisify(gunzip);

export function createParts(rows: Rows): Parts {
  return {
    async put(pk, name, text, expiresAt) {
      const bytes = await packed(text);
      const of = Math.ceil(bytes.byteLength / ANSWER_ITEM_BYTES);
      for (let part = 0; part < of; part++) {
        const data = bytes.subarray(part * ANSWER_ITEM_BYTES, (part + 1) * ANSWER_ITEM_BYTES);
        await rows.put({ pk, sk: `${name}#${String(part).padStart(4, '0')}`, of, data, expiresAt });
      }
    },

    async read(pk, name, after = '') {
      const found: { name: string; text: string }[] = [];
      let datas: Uint8Array[] = [];
      let last = '';
      // Behind `#` comes `$`, and so all of what begins with a name lies between the two.
      for await (const page of rows.between(pk, after === '' ? `${name}#` : `${after}#9999`, name))
        for (const { sk, of, data } of page) {
          const whose = sk.slice(0, sk.lastIndexOf('#'));
          if (whose !== last) datas = [];
          last = whose;
          datas.push(data as Uint8Array);
          if (datas.length === of)
            found.push({ name: whose, text: (await unpacked(Buffer.concat(datas))).toString('utf8') });
        }
      return found;
    },
  };
}
