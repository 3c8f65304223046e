import { type Command, Option } from 'commander';
import { AUTHORIZER_TTL_SECONDS } from '../contract/limits/contract.ts';
import { AT_END, SHARED_BY } from '../contract/model.ts';
import { aliasDocument, sharesText } from '../registry/alias.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import { usedLately, widening } from './dangers.ts';
import { type GivenFile, withFile } from './file.ts';
import { type Filters, filtered, withPrefix } from './filters.ts';
import { past } from './past.ts';
import type { Target } from './target.ts';
import { type At, nounOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'alias',
    about: 'names for several models, each with its share of the calls: list, show, set, put, remove',
    more:
      '\nFor example, a new version for five callers in a hundred, and its end:' +
      '\n  tollgate alias set claude-sonnet claude-sonnet-4-5=95 claude-sonnet-5=5' +
      '\n  tollgate alias set claude-sonnet claude-sonnet-4-5=1',
  });

  noun.verb<Filters>('list', {
    about: 'all aliases, or some',
    options: withPrefix,
    reads: true,
    run: async (filters, { registry }) => {
      const aliases = filtered(await (await registry()).listAliases(), filters);
      return listed({
        head: ['alias', 'models', 'shared by', 'at their end'],
        rows: aliases.map(({ id, models, by, atEnd = '' }) => [id, sharesText(models), by, atEnd]),
        documents: aliases.map(aliasDocument),
      });
    },
  });

  noun.verb<{ alias: string }>('show', {
    about: 'one alias; --format json prints what `put` takes',
    args: '<alias>',
    reads: true,
    of: () => ({ aliases: true }),
    run: async ({ alias }, { registry }) => shown(alias, aliasDocument(await (await registry()).showAlias(alias))),
  });

  noun.verb<AliasWords>('set', {
    about: 'make an alias, or replace the one of its id',
    args: { '<alias>': '', '<shares...>': 'a model and its weight beside the others: claude-sonnet-5=5' },
    options: (verb) =>
      verb
        .addOption(
          new Option('--by <what>', 'whose calls go to one model: a principal’s, or each to one by itself')
            .choices(SHARED_BY)
            .default('principal'),
        )
        .addOption(
          new Option(
            '--at-end <what>',
            'once its models have ended: switch to a successor that the caller holds, or stop with each',
          ).choices(AT_END),
        ),
    edits: true,
    hits: async (given, at) => rePointed(aliasGiven(given, at), at),
    run: async (given, at) => set(aliasGiven(given, at), at),
  });

  noun.verb<GivenFile>('put', {
    about: 'make or replace an alias from a file, JSON or YAML',
    args: { '<file>': '- reads standard input' },
    edits: true,
    hits: async (given, at) => withFile(given, (alias) => rePointed(alias, at)),
    run: async (given, at) => withFile(given, (alias) => set(alias, at)),
  });

  noun.verb<{ alias?: string; all?: true }>('remove', {
    about: 'refuse what is called by it, within the authorizer’s cache time',
    args: '[alias]',
    options: (verb) => verb.option('--all', 'every alias, also when they cannot be read'),
    edits: true,
    hits: async ({ alias, all }, { target, registry }) => {
      const aliases = await (await registry()).listAliases().catch(() => []);
      const gone = aliases.filter(({ id }) => all === true || id === alias);
      if (gone.length === 0) return [];
      const where = await target();
      const behind = [...new Set(gone.flatMap(({ models }) => Object.keys(models)))];
      const used = await Promise.all(behind.map(async (model) => await usedLately(where, { model })));
      return [
        `calls that name ${gone.map(({ id }) => id).join(', ')} are refused`,
        ...behind.flatMap((model, index) => used[index]?.map((line) => `${model}, by whatever name: ${line}`) ?? []),
      ];
    },
    run: async ({ alias, all = false }, { registry, refuse }) => {
      if ((alias === undefined) !== all) return refuse('name one alias, or give --all');
      const writer = await registry();
      const change = await (alias === undefined ? writer.removeAliases() : writer.removeAlias(alias));
      const what = alias === undefined ? 'aliases' : `alias ${alias}`;
      return edited({ id: alias ?? '', change, what, done: 'removed' });
    },
  });

  past(noun, '', () => ({ aliases: true }));
}

interface AliasWords {
  alias: string;
  shares: string[];
  by: string;
  atEnd?: string;
}

function aliasGiven({ alias, shares, by, atEnd }: AliasWords, { refuse }: At): object {
  const models: Record<string, number> = {};
  for (const share of shares) {
    const [, model, weight] = /^([^=]+)=(\d{1,9})$/.exec(share) ?? [];
    if (model === undefined || Object.hasOwn(models, model))
      return refuse(`${share}: a model, once, and its weight are needed: ${share.split('=')[0]}=1`);
    models[model] = Number(weight);
  }
  return { id: alias, models, by, ...(atEnd === undefined ? {} : { atEnd }) };
}

async function rePointed(given: unknown, { target }: At): Promise<string[]> {
  return widening(await target(), 'aliases', (writer) => writer.setAlias(given));
}

async function set(given: unknown, { registry }: At): Promise<Answer> {
  const { alias, ...change } = await (await registry()).setAlias(given);
  const { id, models, by } = alias;
  const done = `${sharesText(models)}, by ${by}, everywhere within the authorizer’s cache time (${AUTHORIZER_TTL_SECONDS} s unless set otherwise)`;
  return edited({ id, change, what: `alias ${id}`, done });
}
