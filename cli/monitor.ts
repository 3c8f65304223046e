import type { Command } from 'commander';
import type { Version } from '../metering/monitor/monitor.ts';
import type { Measure } from '../metering/monitor/moved.ts';
import { dayOf, hourOf } from '../metering/window.ts';
import { type Answer, documentsCsv, shown } from './answer.ts';
import { badOption, daysOf, daysText } from './days.ts';
import { table } from './print.ts';
import { flush, openStore } from './store.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface BaselineOptions {
  model: string;
  from?: string;
  to?: string;
  clear?: true;
  dryRun?: true;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'monitor',
    about: 'how models answer, beside how they did: length, time, and why answers end',
  });
  noun.verb<{ model?: string }>('show', {
    about:
      'every version of a model that answered in the last 24 hours, beside its baseline; of all models unless one is named',
    args: '[model]',
    isDefault: true,
    run: async ({ model }, at) => {
      const where = await at.target();
      await flush(where);
      const [store, { readVersions }] = await Promise.all([openStore(where), import('../metering/monitor/monitor.ts')]);
      const found = await readVersions(store, Date.now());
      return answerOf(model === undefined ? found : found.filter((one) => one.model === model), model);
    },
  });
  noun.verb<BaselineOptions>('baseline', {
    about: 'compare a model with these days from now on, in place of the seven before',
    args: '<model>',
    edits: true,
    options: (verb) =>
      verb
        .option('--from <day>', 'the first day of UTC: 2026-11-01')
        .option('--to <day>', 'the last one; today unless given')
        .option('--clear', 'with the seven days before again'),
    run: async ({ model, from, to, clear, dryRun }, at) => {
      if ((from === undefined) !== (clear === true))
        throw badOption('--from', 'Give --from and maybe --to, or --clear.');
      const days = from === undefined ? undefined : daysOf({ from, ...(to && { to }) }, dayOf(hourOf(Date.now())));
      const [store, { baselineOf, setBaseline }] = await Promise.all([
        openStore(await at.target()),
        import('../metering/monitor/baseline.ts'),
      ]);
      const set = days && (await baselineOf(store, model, days));
      if (!dryRun) await setBaseline(store, model, set);
      const is = dryRun ? 'would be' : 'is';
      const document = {
        model,
        from: set?.from ?? null,
        to: set?.to ?? null,
        versions: [...(set?.versions.keys() ?? [])],
      };
      return shown(model, document, () =>
        days === undefined
          ? `${model} ${is} compared with the seven days before.`
          : `${model} ${is} compared with ${daysText(days)}: ${document.versions.join(', ')}.`,
      );
    },
  });
}

function answerOf(versions: readonly Version[], model?: string): Answer {
  const head = ['model', 'version', 'measure', 'was', 'is', '', 'answers', 'of', 'baseline'];
  const rows = versions.flatMap((version) =>
    told(version).map(({ name, was, is, moved }) => [
      ...[version.model, version.nativeModel, name, amount(name, was), amount(name, is), moved ? 'MOVED' : ''],
      ...[String(version.answers), String(version.before), baselineText(version)],
    ]),
  );
  const none = `${model === undefined ? 'No model told of an' : `${model} told of no`} answer in the last 24 hours.`;
  return {
    text: () => (rows.length === 0 ? none : table(head, rows)),
    json: () => versions,
    csv: () =>
      documentsCsv(
        versions.flatMap(({ measures, days, ...version }) =>
          measures.map((measure) => ({ ...version, ...days, ...measure })),
        ),
      ),
    ids: () => [
      ...new Set(versions.filter(({ measures }) => measures.some((one) => one.moved)).map((one) => one.model)),
    ],
  };
}

/** What neither of both ever did says nothing; where there is nothing to compare with, the version is named all the same. */
function told({ measures }: Version): Measure[] {
  const some = measures.filter(({ was, is }) => was > 0 || is > 0);
  return some.length > 0 ? some : [{ name: 'answer_tokens', was: Number.NaN, is: Number.NaN, moved: false }];
}

function amount(name: string, value: number): string {
  if (Number.isNaN(value)) return '';
  return name.startsWith('stop_') ? `${(100 * value).toFixed(1)} %` : value.toFixed(0);
}

function baselineText({ predecessor, days }: Version): string {
  const when = days === undefined ? 'the 7 days before' : daysText([...new Set([days.from, days.to])]);
  return predecessor === '' ? when : `${when}, of ${predecessor}`;
}
