import type { Command } from 'commander';
import { Option } from 'commander';
import { AUTHORIZER_TTL_SECONDS } from '../contract/limits/contract.ts';
import { SHARED_BY } from '../contract/model.ts';
import { aliasDocument, sharesText } from '../registry/alias.ts';
import { readDocument } from './file.ts';
import { type Format, formatOption, lines, print, printJson, table } from './print.ts';
import { openRegistry, printHistory } from './registry.ts';
import type { Target } from './target.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('alias')
    .description('names for several models, each with its share of the calls: list, show, set, put, remove')
    .addHelpText(
      'after',
      '\nFor example, a new version for five callers in a hundred, and its end:' +
        '\n  tollgate alias set claude-sonnet claude-sonnet-4-5=95 claude-sonnet-5=5' +
        '\n  tollgate alias set claude-sonnet claude-sonnet-4-5=1',
    );
  const registry = async () => openRegistry(await target());

  noun
    .command('list')
    .description('all aliases')
    .addOption(formatOption())
    .action(async ({ format }: { format: Format }) => {
      const aliases = await (await registry()).listAliases();
      if (format === 'json') printJson(aliases.map(aliasDocument));
      else
        print(
          table(
            ['alias', 'models', 'shared by'],
            aliases.map(({ id, models, by }) => [id, sharesText(models), by]),
          ),
        );
    });

  noun
    .command('show')
    .description('one alias; --format json prints what `put` takes')
    .argument('<alias>')
    .addOption(formatOption())
    .action(async (id: string, { format }: { format: Format }) => {
      const document = aliasDocument(await (await registry()).showAlias(id));
      if (format === 'json') printJson(document);
      else print(lines(document));
    });

  noun
    .command('set')
    .description('make an alias, or replace the one of its id')
    .argument('<alias>')
    .argument('<shares...>', 'a model and its weight beside the others: claude-sonnet-5=5')
    .addOption(
      new Option('--by <what>', 'whose calls go to one model: a principal’s, or each to one by itself')
        .choices(SHARED_BY)
        .default('principal'),
    )
    .action(async (id: string, shares: string[], { by }: { by: string }) => {
      const models: Record<string, number> = {};
      for (const share of shares) {
        const [, model, weight] = /^([^=]+)=(\d{1,9})$/.exec(share) ?? [];
        if (model === undefined || Object.hasOwn(models, model))
          return noun.error(`error: ${share}: a model, once, and its weight are needed: ${share.split('=')[0]}=1`, {
            exitCode: 2,
          });
        models[model] = Number(weight);
      }
      await set({ id, models, by });
    });

  noun
    .command('put')
    .description('make or replace an alias from a JSON file')
    .argument('<file>', '- reads standard input')
    .action(async (file: string) => set(readDocument(file)));

  noun
    .command('remove')
    .description('refuse what is called by it, within the authorizer’s cache time')
    .argument('[alias]')
    .option('--all', 'every alias, also when they cannot be read')
    .action(async (id: string | undefined, { all = false }: { all?: boolean }) => {
      if ((id === undefined) !== all) return noun.error('error: name one alias, or give --all', { exitCode: 2 });
      const writer = await registry();
      await (id === undefined ? writer.removeAliases() : writer.removeAlias(id));
      print(`${id === undefined ? 'aliases' : `alias ${id}`}: removed`);
    });

  noun
    .command('history')
    .description('who changed the aliases, and when')
    .addOption(formatOption())
    .action(async ({ format }: { format: Format }) => {
      const records = await (await registry()).aliasHistory();
      if (format === 'json') printJson(records);
      else printHistory(records);
    });

  async function set(given: unknown): Promise<void> {
    const { alias, changed } = await (await registry()).setAlias(given);
    const { id, models, by } = alias;
    print(
      changed
        ? `alias ${id}: ${sharesText(models)}, by ${by}, everywhere within the authorizer’s cache time (${AUTHORIZER_TTL_SECONDS} s unless set otherwise)`
        : `alias ${id}: nothing to change`,
    );
  }
}
