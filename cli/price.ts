import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { PricedModel } from '../registry/price.ts';
import { pricesAt } from '../registry/prices/edits.ts';
import { STARTER_PRICES } from '../registry/prices/starter.ts';
import type { Writer } from '../registry/writer.ts';
import { edited } from './answer.ts';
import { isThere, usedLately } from './dangers.ts';
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
import { warn } from './print.ts';
import { warnOf } from './registry.ts';
import type { Target, TargetOptions } from './target.ts';
import { nounOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'price',
    about: 'what models cost, in US dollars per 1,000,000 tokens: list, set, remove, import',
  });

  noun.verb<{ model?: string; at?: string }>('list', {
    about: 'all prices; as csv or json what `import` reads',
    args: '[model]',
    options: (verb) => verb.option('--at <date>', 'only those in force then, UTC: 2026-12-01 or 2026-12-01T12:00:00Z'),
    run: async ({ model, at }, { registry }) => {
      const models = await pricedModels(await registry(), model, at);
      return {
        text: (width) => priceTable(models, width),
        json: () => priceJson(models),
        csv: () => priceCsv(models),
        ids: () => models.flatMap(({ prices }) => prices.map(({ version }) => version)),
      };
    },
  });

  noun.verb<PriceOptions & { model: string }>('set', {
    about: 'a price from a moment on; calls before it keep theirs',
    args: '<model>',
    options: amountOptions,
    more: '\nFor example:\n  tollgate price set nova-lite --input 0.06 --output 0.24 --from 2026-12-01',
    edits: true,
    run: async ({ model, ...options }, { registry }) => {
      const given = await namedByOption(() => givenPrice(options, Date.now()), PRICE_OPTIONS);
      const writer = await registry();
      const lost = ratesLost(given, pricesAt((await writer.showModel(model)).prices, given.from));
      const { results, ...change } = await namedByOption(() => writer.setPrices(model, [given]), PRICE_OPTIONS);
      for (const { version, region, tier } of pricesAt(change.entry.prices, given.from))
        if (given.region === undefined && region !== undefined && tier === given.tier)
          warn(`tollgate: calls in ${region} still pay ${version}, which names their region`);
      if (lost !== undefined)
        warn(`tollgate: no ${lost.options.join(', ')}, which ${lost.version} had: calls that use these are unpriced`);
      // The command's own option is the stage's region, and alone it would have priced every region.
      if (given.region === undefined && program.opts<TargetOptions>().region !== undefined)
        warn('tollgate: this price is for every region; --in-region gives it to one');
      const says = results.map((result) => `model ${model}: ${priceText(result)}`).join('\n');
      return {
        ...edited({ id: model, change, what: `model ${model}`, done: results.map(priceText).join('; ') }),
        text: () => says,
      };
    },
  });

  noun.verb<PriceOptions & { model: string; version: string }>('remove', {
    about: 'take a price away; calls that it was for pay the one before, or none',
    args: '<model>',
    options: (verb) =>
      verb.requiredOption('--version <name>', 'its name').addOption(regionOption()).addOption(tierOption()),
    edits: true,
    hits: async ({ model }, { target, registry }) =>
      (await isThere((await registry()).showModel(model))) ? await usedLately(await target(), { model }) : [],
    run: async ({ model, version, ...options }, { registry }) => {
      const change = await (await registry()).removePrice(model, { version, ...placeOf(options) });
      return edited({
        id: model,
        change,
        what: `model ${model}: price ${version}`,
        done: 'removed',
        more: { price: version },
      });
    },
  });

  noun.verb<ImportOptions & { file?: string }>('import', {
    about: 'prices from a file: ours (json, csv), an offer file of AWS’s Price List, or a models.json',
    args: { '[file]': '- reads standard input' },
    options: (verb) =>
      verb
        .option('--starter', 'the prices that come with Tollgate, instead of a file')
        .option('--dry-run', 'only say what would be done')
        .option('--skip-bad', 'apply the good entries although others are bad')
        .option('--map <file>', 'JSON: name in the file to registry id, or null: {"Nova Lite": "nova-lite"}')
        .option('--from <date>', 'the first moment that pays them, instead of the file’s own dates'),
    edits: true,
    run: async ({ file, ...options }, { registry, refuse }) => {
      if ((file === undefined) === (options.starter === undefined)) return refuse('name a file, or --starter');
      return importPrices(await registry(), file ?? fileURLToPath(STARTER_PRICES), options);
    },
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
