import type { Command } from 'commander';
import type { Change } from '../registry/edit.ts';
import type { BulkOptions } from '../registry/edits/bulk.ts';
import { itemText } from '../registry/edits/log-list.ts';
import type { Writer } from '../registry/writer.ts';
import { type Answer, changesOf, documentsCsv, edited, plainDifference } from './answer.ts';
import { undone } from './dangers.ts';
import { counted } from './print.ts';
import { progress } from './progress.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

const EDIT = /^[1-9]\d{0,11}$/;
const PLAN = /^p-[\w-]{1,60}$/;

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<{ edit: string }>(program, target, 'undo', {
    about: 'take an edit of the registry back, or all that a file did, as an edit of its own',
    args: { '<edit>': 'its number, as `audit list` and each history show it, or a plan’s name, as `apply` told it' },
    edits: true,
    more: '\nFor example:\n  tollgate undo 17\n  tollgate undo p-20261129-4f7k2m',
    hits: async ({ edit }, { target, refuse }) => {
      throwIfNeither(edit, refuse);
      return undone(await target(), async (writer) => (await taken(writer, edit)).changes);
    },
    run: async ({ edit, dryRun = false }, { registry, refuse }) => {
      throwIfNeither(edit, refuse);
      const onProgress = (made: number, of: number): void => progress(`${made} of ${counted(of, 'edit')}`);
      const { plan, changes } = await taken(await registry(), edit, { onProgress });
      const [change] = changes;
      if (EDIT.test(edit) && change !== undefined)
        return edited({ id: edit, change, what: `edit ${edit}`, done: 'taken back' });
      return planAnswer(edit, plan, changes, dryRun);
    },
  });
}

/** The edits that take it back; those of a registry that writes nothing are what they would be. */
async function taken(
  writer: Writer,
  edit: string,
  bulk?: BulkOptions,
): Promise<{ plan?: string; changes: readonly Change<unknown>[] }> {
  return EDIT.test(edit) ? { changes: [await writer.undo(Number(edit))] } : writer.undoPlan(edit, bulk);
}

function throwIfNeither(edit: string, refuse: (message: string) => never): void {
  if (!EDIT.test(edit) && !PLAN.test(edit))
    refuse(`${edit} is neither the number of an edit nor a plan: tollgate audit list`);
}

/** @param by the plan that took it back, where that was more than one transaction */
function planAnswer(plan: string, by: string | undefined, all: readonly Change<unknown>[], dryRun: boolean): Answer {
  const changes = all
    .filter(({ changed }) => changed)
    .map(({ key, edit, before, after }) => ({
      ...{ item: itemText(key), does: after === null ? 'remove' : before === null ? 'create' : 'change' },
      ...(edit === undefined ? {} : { edit }),
      differences: changesOf(before, after),
    }));
  const done = changes.length === 0 ? 'nothing to change' : `${counted(changes.length, 'edit')} taken back`;
  const says = `plan ${plan}: ${dryRun ? done.replace('taken', 'would be taken') : done}`;
  const back = by ?? (changes.length === 1 ? changes[0]?.edit : undefined);
  const document = { verb: 'undo', id: plan, changed: changes.length > 0, ...(by === undefined ? {} : { plan: by }) };
  return {
    text: () => [...(dryRun ? changes.map(({ item, does }) => `${does} ${item}`) : []), says].join('\n'),
    json: () => ({
      ...{ ...document, ...(dryRun ? { dryRun } : {}), message: says },
      changes: changes.map((one) => ({ ...one, differences: one.differences.map(plainDifference) })),
    }),
    csv: () => documentsCsv(changes.map(({ differences: _, ...one }) => one)),
    ids: () => changes.map(({ item }) => item),
    ...(back === undefined ? {} : { hint: `tollgate undo ${back} brings it back` }),
  };
}
