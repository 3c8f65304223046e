import type { Command } from 'commander';
import { edited } from './answer.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<{ edit: string }>(program, target, 'undo', {
    about: 'take an edit of the registry back, as an edit of its own',
    args: { '<edit>': 'its number, as `audit list` and each history show it' },
    edits: true,
    run: async ({ edit }, { registry, refuse }) => {
      if (!/^[1-9]\d{0,11}$/.test(edit)) return refuse(`${edit} is not the number of an edit: tollgate audit list`);
      const change = await (await registry()).undo(Number(edit));
      return edited({ id: edit, change, what: `edit ${edit}`, done: 'taken back' });
    },
  });
}
