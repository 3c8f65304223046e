import { basename } from 'node:path';
import { TollgateError } from '../../contract/errors.ts';
import { PRICE_FILE_MAX_BYTES } from '../../contract/limits/registry.ts';
import { isoMilliseconds } from '../../registry/fields.ts';
import type { PriceResult } from '../../registry/prices/edits.ts';
import { priceDocument } from '../../registry/prices/entry.ts';
import { readNameMap, readPriceFile } from '../../registry/prices/import/file.ts';
import { type ModelEdit, type Plan, planImport } from '../../registry/prices/import/plan.ts';
import type { Reading } from '../../registry/prices/import/reading.ts';
import type { Writer } from '../../registry/writer.ts';
import { type Answer, documentsCsv } from '../answer.ts';
import { bytesOf, tellBad } from '../file.ts';
import { namedByOption } from '../naming.ts';
import { printable, warn } from '../print.ts';
import { warnOf } from '../registry.ts';
import { fromOf, PRICE_OPTIONS } from './amounts.ts';

export interface ImportOptions {
  /** The file is the one that comes with Tollgate: of what the registry has not, only the number is told. */
  starter?: true;
  dryRun?: true;
  skipBad?: true;
  map?: string;
  from?: string;
}

/**
 * The whole file is checked before anything is changed. Each model is then one edit, and a price that is there already is
 * not written again, so an import that was interrupted is repeated as it was.
 *
 * @throws TollgateError `bad_entry` when anything in the file was bad, after everything was told
 */
export async function importPrices(writer: Writer, file: string, options: ImportOptions): Promise<Answer> {
  const from = await namedByOption(() => fromOf(options.from), PRICE_OPTIONS);
  const source = printable(basename(file)).slice(0, 100);
  const reading = readPriceFile(textOf(file), {
    now: Math.floor(Date.now() / 1000) * 1000,
    source,
    ...(from === undefined ? {} : { from }),
  });
  const map = options.map === undefined ? new Map<string, string | null>() : readNameMap(textOf(options.map));
  const models = await writer.listModels();
  warnOf(models);
  const plan = planImport(reading, models.entries, map);
  tellBad(file, plan.bad);
  if (options.starter) warn(`${plan.unmatched.length} of its models are not in the registry`);
  else tellUnused(reading, plan);
  if (plan.bad.length > 0 && !options.skipBad)
    throw failed(
      plan,
      `nothing was applied; correct ${plan.bad.length === 1 ? 'it' : 'them'}, or leave out with --skip-bad`,
    );
  if (options.dryRun) return sumOf(plan.edits, true);
  const { done, failure } = await apply(writer, plan.edits);
  const left = plan.bad.length > 0 ? failed(plan, 'left out, the others were applied') : undefined;
  return { ...sumOf(done, false), failure: failure ?? left };
}

/** @returns what was applied, and what the writer threw then */
async function apply(writer: Writer, edits: readonly ModelEdit[]): Promise<{ done: ModelEdit[]; failure?: unknown }> {
  const done: ModelEdit[] = [];
  for (const edit of edits) {
    try {
      const { results } = await writer.setPrices(edit.model, edit.prices);
      done.push({ ...edit, results });
    } catch (failure) {
      const left = edits.slice(done.length).map(({ model }) => model);
      warn(`tollgate: not applied: ${left.join(', ')}; the same import again does the rest`);
      return { done, failure };
    }
  }
  return { done };
}

function tellUnused({ skipped }: Reading, { unmatched }: Plan): void {
  for (const { name, reason, count } of unmatched)
    warn(printable(`not matched: ${name} (${count} of its prices): ${words(reason)}`));
  for (const { what, reason, count } of skipped) warn(printable(`not used: ${what} (${count}): ${words(reason)}`));
}

function sumOf(edits: readonly ModelEdit[], dryRun: boolean): Answer {
  const counts = { added: 0, corrected: 0, unchanged: 0 };
  const results = edits.flatMap(({ model, results: of }) => of.map((result) => ({ model, result })));
  for (const { result } of results) counts[result.outcome]++;
  const changes = results.filter(({ result }) => result.outcome !== 'unchanged');
  const sum = `${counts.added} added, ${counts.corrected} corrected, ${counts.unchanged} unchanged`;
  const documents = changes.map(({ model, result: { outcome, price } }) => ({
    model,
    outcome,
    ...priceDocument(price),
  }));
  return {
    text: () =>
      [
        ...changes.map(({ model, result }) => `${model}: ${priceText(result)}`),
        dryRun ? `would be: ${sum}; nothing was applied` : sum,
      ].join('\n'),
    json: ({ verb }) => ({ verb, dryRun, changed: !dryRun && changes.length > 0, ...counts, prices: documents }),
    csv: () => documentsCsv(documents),
    ids: () => [...new Set(changes.map(({ model }) => model))],
  };
}

/** `2026-12-01, us-east-1, batch, from 2026-12-01: added` */
export function priceText({ outcome, price: { version, from, region, tier } }: PriceResult): string {
  const date = isoMilliseconds(from).replace('T00:00:00.000Z', '');
  return `${version}, ${region ?? 'any region'}, ${tier ?? 'on-demand'}, from ${date}: ${outcome}`;
}

function failed({ bad }: Plan, what: string): TollgateError {
  const count = bad.length === 1 ? '1 bad entry' : `${bad.length} bad entries`;
  return new TollgateError('bad_entry', { reason: 'bad-prices', message: `${count}: ${what}` });
}

function words(reason: string): string {
  return reason.replaceAll('-', ' ');
}

function textOf(file: string): string {
  const bytes = bytesOf(file, PRICE_FILE_MAX_BYTES);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TollgateError('bad_setting', {
      field: file,
      reason: 'not-utf8',
      message: `${file} is not UTF-8`,
      cause,
    });
  }
}
