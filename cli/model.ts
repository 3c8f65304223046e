import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import { AUTHORIZER_TTL_SECONDS } from '../contract/limits/contract.ts';
import { targetsOf } from '../contract/places.ts';
import { nativeIdOf } from '../policies/kinds.ts';
import type { Change } from '../registry/edit.ts';
import { isoSeconds, parseSeconds } from '../registry/fields.ts';
import { usability } from '../registry/lifecycle.ts';
import { type ModelEntry, modelDocument } from '../registry/model.ts';
import { type Format, formatOption, lines, print, printJson, table } from './print.ts';
import { openRegistry, printHistory, warnOf } from './registry.ts';
import type { Target } from './target.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program.command('model').description('what may be called: list, show, put, deprecate, retire, restore');
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

  noun
    .command('restore')
    .description('undo retire: the model is again what it was')
    .argument('<model>')
    .action(async (id: string) => {
      const change = await (await registry()).restoreModel(id);
      tell(change, `${change.entry.lifecycle.status}${WITHIN}`);
    });

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
}

const WITHIN = `, everywhere within the authorizer’s cache time (${AUTHORIZER_TTL_SECONDS} s unless set otherwise)`;

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

function tell({ entry, changed }: Change<ModelEntry>, done: string): void {
  print(changed ? `model ${entry.id}: ${done} (version ${entry.version})` : `model ${entry.id}: nothing to change`);
}

function named(successor: string | undefined): { successor?: string } {
  return successor === undefined ? {} : { successor };
}

/** What a file holds; `-` is standard input. @throws TollgateError `bad_setting` naming it */
export function readDocument(file: string): unknown {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (cause) {
    throw new TollgateError('bad_setting', {
      field: file,
      reason: 'unreadable',
      message: `${file} cannot be read`,
      cause,
    });
  }
  return parseJsonObject(bytes, 'file');
}
