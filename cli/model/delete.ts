import { edited } from '../answer.ts';
import { usedLately } from '../dangers.ts';
import type { Noun } from '../verb.ts';

/** `delete`: what nobody can call any more, once nothing names it. */
export function register(noun: Noun): void {
  noun.verb<{ model: string }>('delete', {
    about:
      'take a retired model, or a draft, that nothing names any more out of the registry; its usage and history stay',
    args: '<model>',
    edits: true,
    forGood: true,
    hits: async ({ model }, { target }) => [
      'its usage and history stay',
      ...(await usedLately(await target(), { model })),
    ],
    run: async ({ model: id }, { registry }) => {
      const change = await (await registry()).deleteModel(id);
      return edited({ id, change, what: `model ${id}`, done: 'deleted' });
    },
  });
}
