import { isTollgateError } from '../../contract/errors.ts';
import { badOnes, PREFIX } from './setting.ts';
import type { Unit } from './unit.ts';

/** All that is wrong, in the words of each setting's own reader, by where it was said. */
export class Problems {
  /** Sentences, and the units of which one that is common to all was said. */
  readonly #said = new Map<string, string[]>();

  /** @returns what was read, in a list; nothing where it was refused */
  tried<T>({ key, given: own }: Pick<Unit, 'key' | 'given'>, read: () => T): T[] {
    try {
      return [read()];
    } catch (error) {
      if (!isTollgateError(error, 'bad_setting')) throw error;
      for (const sentence of error.publicMessage.split(/\n(?=tollgate:)/)) {
        const [, name = 'units'] = /^tollgate:(\w+)/.exec(sentence) ?? [];
        const isOwn = name !== 'units' && Object.hasOwn(own, name);
        const at = isOwn ? sentence.replace(PREFIX, `${key}.`) : sentence;
        this.#said.set(at, [...(this.#said.get(at) ?? []), ...(isOwn || name === 'units' ? [] : [key])]);
      }
      return [];
    }
  }

  /** @param count of units by which a common setting is read */
  raise(count: number): void {
    if (this.#said.size === 0) return;
    throw badOnes(
      [...this.#said].map(([sentence, keys]): [string, string] => {
        const [, key = PREFIX, what = sentence] = /^(\S+) (.*)$/s.exec(sentence) ?? [];
        // What is wrong of some units only is wrong together with what they say.
        return [
          key,
          keys.length === 0 || keys.length === count ? what : `${what.replace(/\.$/, '')} (${keys.join(', ')})`,
        ];
      }),
    );
  }
}
