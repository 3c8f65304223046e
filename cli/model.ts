import type { Command } from 'commander';
import { targetsOf } from '../contract/places.ts';
import { nativeIdOf } from '../policies/kinds.ts';
import { isoSeconds, parseSeconds } from '../registry/fields.ts';
import { usability } from '../registry/lifecycle.ts';
import { type ModelEntry, modelDocument } from '../registry/model.ts';
import { readDocument } from './file.ts';
import * as drain from './model/drain.ts';
import * as importing from './model/import.ts';
import * as targets from './model/targets.ts';
import { tell, WITHIN } from './model/tell.ts';
import { type Format, formatOption, lines, print, printJson, table } from './print.ts';
import { openRegistry, printHistory, warnOf } from './registry.ts';
import type { Target } from './target.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('model')
    .description('what may be called: list, show, put, import, activate, deprecate, retire, drain, restore, targets');
  const registry = async () => openRegistry(await target());

  noun
    .command('list')
    .description('all models')
    .addOption(formatOption())
    .action(async ({ format }: { format: Format }) => {
      const listing = await (await registry()).listModels();
      if (format === 'json') printJson(listing.entries.map(modelDocument));
      else print(table(['id', 'state', 'target', 'region', 'sunset', 'successor', 'name'], listing.entries.map(row)));
      warnOf(listing);
    });

  noun
    .command('show')
    .description('one model; --format json prints what `put` takes')
    .argument('<model>')
    .addOption(formatOption())
    .action(async (id: string, { format }: { format: Format }) => {
      const document = modelDocument(await (await registry()).showModel(id));
      if (format === 'json') printJson(document);
      else print(lines(document));
    });

  noun
    .command('put')
    .description('make or replace a model from a JSON file; with a version in it only if nobody changed it meanwhile')
    .argument('<file>', '- reads standard input')
    .action(async (file: string) => tell(await (await registry()).putModel(readDocument(file)), 'written'));

  noun
    .command('activate')
    .description('make a model of a draft: whom it was granted to may call it')
    .argument('<model>')
    .action(async (id: string) => tell(await (await registry()).activateModel(id), `active${WITHIN}`));

  noun
    .command('deprecate')
    .description('announce the end of a model to its callers')
    .argument('<model>')
    .requiredOption('--sunset <date>', 'when it stops answering, UTC: 2026-12-31 or 2026-12-31T18:00:00Z')
    .option('--successor <model>', 'what to use instead')
    .action(async (id: string, { sunset, successor }: { sunset: string; successor?: string }) => {
      const sunsetAt = parseSeconds(sunset, '--sunset');
      const change = await (await registry()).deprecateModel(id, { sunsetAt, ...named(successor) });
      tell(change, `deprecated, stops answering at ${isoSeconds(sunsetAt)}`);
    });

  noun
    .command('retire')
    .description('end a model now; restore undoes it')
    .argument('<model>')
    .option('--successor <model>', 'what to use instead')
    .action(async (id: string, { successor }: { successor?: string }) =>
      tell(await (await registry()).retireModel(id, named(successor)), `retired${WITHIN}`),
    );

  drain.register(noun, registry);

  noun
    .command('history')
    .description('who changed the model, and when')
    .argument('<model>')
    .addOption(formatOption())
    .action(async (id: string, { format }: { format: Format }) => {
      const records = await (await registry()).history({ model: id });
      if (format === 'json') printJson(records);
      else printHistory(records);
    });

  importing.register(noun, target);
  targets.register(noun, target);
}

function row({ id, lifecycle, displayName = '', ...entry }: ModelEntry): string[] {
  const { sunsetAt, successor = '' } = lifecycle;
  const { state, reason } = usability(lifecycle, Math.floor(Date.now() / 1000));
  const named = reason === 'sunset-passed' ? 'retired by its sunset' : state === 'usable' ? 'active' : state;
  const sunset = sunsetAt === undefined ? '' : isoSeconds(sunsetAt);
  const targets = targetsOf(entry);
  const once = (names: readonly string[]): string => [...new Set(names)].join(', ');
  const regions = once(targets.map(({ region }) => region));
  return [id, named, once(targets.map(nativeIdOf)), regions, sunset, successor, displayName];
}

function named(successor: string | undefined): { successor?: string } {
  return successor === undefined ? {} : { successor };
}
