import type { Command } from 'commander';
import { defaultsDocument } from '../registry/bounds.ts';
import { edited, shown } from './answer.ts';
import { BOUND_MEMBERS, type BoundOptions, boundsGiven, withBounds } from './bounds.ts';
import { type ClearOptions, cleared, withClear } from './clear.ts';
import { widening } from './dangers.ts';
import { past } from './past.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'default',
    about: 'what holds of every tenant that does not say it itself: show, put, remove',
    more: '\nFor example:\n  tollgate default put --residency eu-central-1,eu-west-1\n  tollgate default put --clear residency',
  });

  noun.verb('show', {
    about: 'the guardrail and the residency of every tenant that has none of its own',
    reads: true,
    of: () => ({ defaults: true }),
    run: async (_, { registry }) => {
      const entry = await (await registry()).showDefaults();
      if (entry === undefined) return shown('default', {}, () => 'there are no defaults');
      return shown('default', defaultsDocument(entry));
    },
  });

  noun.verb<BoundOptions & ClearOptions>('put', {
    about: 'change what is said, within the authorizer’s cache time',
    options: (verb) => withClear(withBounds(verb), BOUND_MEMBERS),
    edits: true,
    hits: async (given, { target }) =>
      widening(await target(), 'defaults', (writer) => writer.putDefaults(defaultsGiven(given))),
    run: async (given, { registry, refuse }) => {
      const defaults = defaultsGiven(given);
      if (Object.keys(defaults).length === 0) return refuse('say --guardrail, --residency or --clear');
      const change = await (await registry()).putDefaults(defaults);
      return edited({ id: 'default', change, what: 'defaults', done: 'written' });
    },
  });

  noun.verb('remove', {
    about: 'take all of them away, also when they cannot be read',
    edits: true,
    hits: async (_, { target }) => widening(await target(), 'defaults', (writer) => writer.removeDefaults()),
    run: async (_, { registry }) => {
      const change = await (await registry()).removeDefaults();
      return edited({ id: 'default', change, what: 'defaults', done: 'removed' });
    },
  });

  past(noun, '', () => ({ defaults: true }));
}

function defaultsGiven(given: BoundOptions & ClearOptions): object {
  return { ...boundsGiven(given), ...cleared(given) };
}
