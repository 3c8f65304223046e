import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { PricedModel } from '../registry/price.ts';
import { pricesAt } from '../registry/prices/edits.ts';
import { STARTER_PRICES } from '../registry/prices/starter.ts';
import type { Writer } from '../registry/writer.ts';
import { namedByOption } from './naming.ts';
import {
  amountOptions,
  fromOf,
  givenPrice,
  PRICE_OPTIONS,
  type PriceOptions,
  placeOf,
  regionOption,
  tierOption,
} from './price/amounts.ts';
import { type ImportOptions, importPrices, priceText } from './price/import.ts';
import { priceCsv, priceJson, priceTable } from './price/list.ts';
import { ratesLost } from './price/lost.ts';
import { print, printJson, type RowsFormat, rowsFormatOption, warn } from './print.ts';
import { openRegistry, warnOf } from './registry.ts';
import type { Target, TargetOptions } from './target.ts';

interface ListOptions {
  model?: string;
  at?: string;
  format: RowsFormat;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('price')
    .description('what models cost, in US dollars per 1,000,000 tokens: list, set, remove, import');
  const registry = async () => openRegistry(await target());

  noun
    .command('list')
    .description('all prices; as csv or json what `import` reads')
    .option('--model <model>', 'only this model')
    .option('--at <date>', 'only those in force then, UTC: 2026-12-01 or 2026-12-01T12:00:00Z')
    .addOption(rowsFormatOption())
    .action(async ({ model, at, format }: ListOptions) => {
      const models = await pricedModels(await registry(), model, at);
      if (format === 'json') printJson(priceJson(models));
      else print(format === 'csv' ? priceCsv(models) : priceTable(models));
    });

  amountOptions(
    noun
      .command('set')
      .description('a price from a moment on; calls before it keep theirs')
      .argument('<model>')
      .addHelpText('after', '\nFor example: tollgate price set nova-lite --input 0.06 --output 0.24 --from 2026-12-01'),
  ).action(async (model: string, options: PriceOptions) => {
    const given = await namedByOption(() => givenPrice(options, Date.now()), PRICE_OPTIONS);
    const writer = await registry();
    const lost = ratesLost(given, pricesAt((await writer.showModel(model)).prices, given.from));
    const { entry, results } = await namedByOption(() => writer.setPrices(model, [given]), PRICE_OPTIONS);
    for (const result of results) print(`model ${model}: ${priceText(result)}`);
    for (const { version, region, tier } of pricesAt(entry.prices, given.from))
      if (given.region === undefined && region !== undefined && tier === given.tier)
        warn(`tollgate: calls in ${region} still pay ${version}, which names their region`);
    if (lost !== undefined)
      warn(`tollgate: no ${lost.options.join(', ')}, which ${lost.version} had: calls that use these are unpriced`);
    // The command's own option is the stage's region, and alone it would have priced every region.
    if (given.region === undefined && program.opts<TargetOptions>().region !== undefined)
      warn('tollgate: this price is for every region; --in-region gives it to one');
  });

  noun
    .command('remove')
    .description('take a price away; calls that it was for pay the one before, or none')
    .argument('<model>')
    .requiredOption('--version <name>', 'its name')
    .addOption(regionOption())
    .addOption(tierOption())
    .action(async (model: string, options: PriceOptions & { version: string }) => {
      await (await registry()).removePrice(model, { version: options.version, ...placeOf(options) });
      print(`model ${model}: price ${options.version} removed`);
    });

  noun
    .command('import')
    .description('prices from a file: ours (json, csv), an offer file of AWS’s Price List, or a models.json')
    .argument('[file]', '- reads standard input')
    .option('--starter', 'the prices that come with Tollgate, instead of a file')
    .option('--dry-run', 'only say what would be done')
    .option('--skip-bad', 'apply the good entries although others are bad')
    .option('--map <file>', 'JSON: name in the file to registry id, or null: {"Nova Lite": "nova-lite"}')
    .option('--from <date>', 'the first moment that pays them, instead of the file’s own dates')
    .action(async (file: string | undefined, options: ImportOptions) => {
      if ((file === undefined) === (options.starter === undefined))
        return noun.error('error: name a file, or --starter', { exitCode: 2 });
      return importPrices(await registry(), file ?? fileURLToPath(STARTER_PRICES), options);
    });
}

/** Each with the prices asked for; a model without any is left out. */
async function pricedModels(writer: Writer, id: string | undefined, at: string | undefined): Promise<PricedModel[]> {
  const moment = await namedByOption(() => fromOf(at, '--at'), PRICE_OPTIONS);
  const listing =
    id === undefined ? await writer.listModels() : { entries: [await writer.showModel(id)], unusable: [] };
  warnOf(listing);
  return listing.entries.map((model) => ({
    id: model.id,
    prices: moment === undefined ? model.prices : pricesAt(model.prices, moment),
  }));
}
