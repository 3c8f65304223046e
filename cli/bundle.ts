import type { Command } from 'commander';
import { type BundleEntry, bundleDocument } from '../registry/bundle.ts';
import type { Change } from '../registry/edit.ts';
import type { Writer } from '../registry/writer.ts';
import { edited, listed, shown } from './answer.ts';
import { type ClearOptions, cleared, withClear } from './clear.ts';
import { holdersOf, usedLately, widening } from './dangers.ts';
import { WITHIN } from './model/tell.ts';
import { past } from './past.ts';
import { warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { type At, type Noun, nounOf, type Verb } from './verb.ts';

interface Named {
  bundle: string;
}

interface Listed extends Named {
  models: string[];
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'bundle',
    about: 'models under one name, which grants may be of: list, show, put, add, drop, remove',
    more:
      '\nFor example, and then a model more for everybody who holds it:' +
      '\n  tollgate bundle put standard nova-lite claude-haiku-4-5' +
      '\n  tollgate grant acme --bundle standard' +
      '\n  tollgate bundle add standard claude-sonnet-4-5',
  });

  noun.verb('list', {
    about: 'all bundles',
    reads: true,
    run: async (_, { registry }) => {
      const listing = await (await registry()).listBundles();
      warnOf(listing);
      return listed({
        head: ['bundle', 'models', 'name'],
        rows: listing.entries.map(({ id, models, displayName = '' }) => [id, models.join(', '), displayName]),
        documents: listing.entries.map(bundleDocument),
      });
    },
  });

  noun.verb<Named>('show', {
    about: 'one bundle',
    args: '<bundle>',
    reads: true,
    of: ({ bundle }) => ({ bundle }),
    run: async ({ bundle }, { registry }) => shown(bundle, bundleDocument(await (await registry()).showBundle(bundle))),
  });

  editing<Listed & ClearOptions & { name?: string }>(noun, 'put', {
    about: 'make a bundle, or say its models or its name anew',
    args: '<bundle> [models...]',
    options: (verb) => withClear(verb.option('--name <text>', 'a name for people'), { name: 'displayName' }),
    make: (writer, { bundle: id, models, name, ...given }) =>
      writer.putBundle({
        id,
        ...(models.length === 0 ? {} : { models }),
        ...(name === undefined ? {} : { displayName: name }),
        ...cleared(given),
      }),
  });

  editing<Listed>(noun, 'add', {
    about: 'let everybody who holds it use these as well',
    args: '<bundle> <models...>',
    make: (writer, { bundle, models }) => writer.changeBundle(bundle, { add: models }),
  });

  editing<Listed>(noun, 'drop', {
    about: 'take these out of it, from everybody who holds it',
    args: '<bundle> <models...>',
    make: (writer, { bundle, models }) => writer.changeBundle(bundle, { drop: models }),
    takes: ({ models }) => models,
  });

  noun.verb<Named>('remove', {
    about: 'take away a bundle that nobody holds any more',
    args: '<bundle>',
    edits: true,
    run: async ({ bundle }, { registry }) => {
      const change = await (await registry()).removeBundle(bundle);
      return edited({ id: bundle, change, what: `bundle ${bundle}`, done: 'removed' });
    },
  });

  past<Named>(noun, '<bundle>', ({ bundle }) => ({ bundle }));
}

interface Editing<Given> extends Pick<Verb<Given>, 'about' | 'args' | 'options'> {
  make(writer: Writer, given: Given): Promise<Change<BundleEntry>>;
  /** Models that holders may not use by it any more. */
  takes?(given: Given): readonly string[];
}

function editing<Given extends Named>(noun: Noun, name: string, { make, takes, ...verb }: Editing<Given>): void {
  noun.verb<Given>(name, {
    ...verb,
    edits: true,
    hits: async (given, at) => [
      ...(await widening(await at.target(), 'bundle', (writer) => make(writer, given))),
      ...(await taken(given.bundle, takes?.(given) ?? [], at)),
    ],
    run: async (given, { registry }) => {
      const change = await make(await registry(), given);
      const { id, models } = change.entry;
      return edited({ id, change, what: `bundle ${id}`, done: `${models.join(', ') || 'no model'}${WITHIN}` });
    },
  });
}

async function taken(bundle: string, models: readonly string[], { target, registry }: At): Promise<string[]> {
  const holders = models.length === 0 ? [] : await holdersOf(await registry(), 'bundle', bundle);
  if (holders.length === 0) return [];
  const where = await target();
  const used = await Promise.all(models.map(async (model) => usedLately(where, { model })));
  return [
    `${holders.join(', ')} may not use ${models.join(', ')} by it any more`,
    ...models.flatMap((model, index) => used[index]?.map((line) => `${model}, by whatever grant: ${line}`) ?? []),
  ];
}
