import type { Command } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import type { Evaluated } from '../registry/evaluation/evaluated.ts';
import { notPassed, rounded, verdictsOf, versionOf } from '../registry/evaluation/standing.ts';
import type { ModelEntry } from '../registry/model.ts';
import type { Writer } from '../registry/writer.ts';
import type { Taken } from '../sync/evaluation/take.ts';
import { type Answer, edited, listed, shown } from './answer.ts';
import * as templates from './eval/template.ts';
import { warn } from './print.ts';
import { actorOf, warnOf } from './registry.ts';
import type { Target } from './target.ts';
import { type At, nounOf } from './verb.ts';

interface Named {
  model: string;
}

interface Start extends Named {
  dataset: string;
  template?: string;
  run?: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'eval',
    about: 'whether models are good enough, as Bedrock and people judge: template, start, take, list, show, record',
    more:
      '\nFor example:' +
      '\n  tollgate eval template put quality --file quality.yaml' +
      '\n  tollgate eval start nova-lite --dataset s3://my-evaluations/prompts.jsonl' +
      '\n  tollgate eval take nova-lite' +
      '\n  tollgate eval show nova-lite',
  });
  templates.register(noun, target);

  noun.verb<Start>('start', {
    about: 'start Bedrock’s evaluation of a model by a template; the same again starts nothing',
    args: '<model>',
    options: (verb) =>
      verb
        .requiredOption('--dataset <uri>', 's3://bucket/prompts.jsonl, or one of Bedrock’s own: Builtin.BoolQ')
        .option('--template <name>', 'if there are several')
        .option('--run <name>', 'to evaluate the same once more: any text that was not given before'),
    edits: true,
    run: async (given, at) => start(given, at),
  });

  noun.verb<{ model?: string; template?: string }>('take', {
    about: 'ask Bedrock what became of what was started, and write it beside the model’s version',
    args: '[model]',
    options: (verb) => verb.option('--template <name>', 'only what was started by it'),
    edits: true,
    run: async (given, at) => take(given, at),
  });

  noun.verb<{ model?: string }>('list', {
    about: 'what evaluations came to, of all models or of one',
    args: '[model]',
    reads: true,
    run: async ({ model }, { registry }) => list(await modelsOf(await registry(), model)),
  });

  noun.verb<Named>('show', {
    about: 'what evaluations of a model came to, and whether its version may be granted',
    args: '<model>',
    reads: true,
    of: ({ model }) => ({ model }),
    run: async ({ model }, { registry }) => {
      const entry = await (await registry()).showModel(model);
      const why = notPassed(entry);
      return shown(model, {
        ...{ model, version: versionOf(entry), required: entry.requires?.evaluation === true },
        grantable: why === undefined,
        ...(why?.message === undefined ? {} : { why: why.message }),
        evaluated: entry.evaluated ?? [],
      });
    },
  });

  noun.verb<Named & { passed?: true; failed?: true; template: string; by?: string; note?: string }>('record', {
    about: 'keep a person’s verdict of a model, which Bedrock did not ask for',
    args: '<model>',
    options: (verb) =>
      verb
        .option('--passed', 'it is good enough')
        .option('--failed', 'it is not')
        .option('--template <name>', 'what it was judged by', 'review')
        .option('--by <name>', 'who judged, if it is not who runs this')
        .option('--note <text>', 'what there is to say of it'),
    edits: true,
    run: async ({ model, passed, failed, template, by, note }, { registry, target, refuse }) => {
      if ((passed === undefined) === (failed === undefined)) return refuse('give one of --passed and --failed');
      const writer = await registry();
      await checkHuman(writer, template);
      const verdict = { passed: passed === true, by: by ?? (await actorOf(await target())) };
      const change = await writer.evaluationRecorded(model, template, {
        ...verdict,
        ...(note === undefined ? {} : { note }),
      });
      const done = `${passed ? 'passed' : 'failed'} ${template}, by ${verdict.by}`;
      return edited({ id: model, change, what: `model ${model}`, done });
    },
  });
}

/** @throws TollgateError `bad_entry`: what Bedrock judges by a template is Bedrock's to say */
async function checkHuman(writer: Writer, template: string): Promise<void> {
  const known = (await writer.listTemplates()).find(({ id }) => id === template);
  if (known !== undefined && known.sort !== 'human')
    throw new TollgateError('bad_entry', {
      field: 'template',
      reason: 'not-by-people',
      message: `By ${template} ${known.sort === 'judge' ? 'a model judges' : 'Bedrock measures'}: \`tollgate eval start\` does it.`,
    });
}

async function start(
  { model: id, dataset, template: name, run, dryRun }: Start & { dryRun?: true },
  at: At,
): Promise<Answer> {
  const [writer, target, { jobOf }, { createEvaluations }] = await Promise.all([
    at.registry(),
    at.target(),
    import('../sync/evaluation/job.ts'),
    import('../sync/evaluation/bedrock.ts'),
  ]);
  const [model, template] = await Promise.all([writer.showModel(id), templates.chosen(writer, name)]);
  const job = jobOf(model, template, { stage: target.stage, dataset, ...(run === undefined ? {} : { run }) });
  if (dryRun) return shown(id, { region: job.region, ...job.input }, () => JSON.stringify(job.input, null, 2));
  const evaluations = createEvaluations(target.clientConfig);
  const arn = await evaluations.start(job);
  const { checkNew } = await import('../sync/evaluation/take.ts');
  await checkNew(arn, model.evaluated?.find((one) => one.template === template.id)?.job, evaluations);
  const { of, dataset: asked } = job;
  const change = await writer.evaluationStarted(id, template.id, { arn, of, status: 'InProgress', dataset: asked });
  if (!change.changed) warn('tollgate: the same was started before; --run with another text evaluates it once more');
  return edited({
    ...{
      id,
      change,
      what: `evaluation of ${id} by ${template.id}`,
      done: `started; \`tollgate eval take ${id}\` says what became of it`,
    },
    more: { job: arn, template: template.id },
  });
}

async function take({ model, template: only }: { model?: string; template?: string }, at: At): Promise<Answer> {
  const [writer, { clientConfig }, { take: takeOne, isOpen }, { createEvaluations }] = await Promise.all([
    at.registry(),
    at.target(),
    import('../sync/evaluation/take.ts'),
    import('../sync/evaluation/bedrock.ts'),
  ]);
  const evaluations = createEvaluations(clientConfig);
  const taken: (Taken & Named)[] = [];
  const known = new Map((await writer.listTemplates()).map((one) => [one.id, one]));
  for (const entry of await modelsOf(writer, model))
    for (const one of entry.evaluated ?? []) {
      if (!isOpen(one) || (only !== undefined && one.template !== only)) continue;
      const template = known.get(one.template);
      if (template === undefined) {
        warn(
          `tollgate: ${entry.id}: there is no template ${one.template} any more, so what was started by it is not judged`,
        );
        continue;
      }
      taken.push({ model: entry.id, ...(await takeOne({ model: entry.id, one, template }, { writer, evaluations })) });
    }
  return listed({
    head: ['model', 'template', 'status', 'verdict', 'scores', 'why'],
    rows: taken.map(({ model, template, status, passed, scores, short, drifted, failure = '' }) => [
      ...[model, template, status, passed === undefined ? '' : verdictText(passed), scoresText(scores)],
      [failure, ...short, ...drifted].filter(Boolean).join('; '),
    ]),
    documents: taken.map(({ change, ...one }) => ({
      ...one,
      ...(change?.edit === undefined ? {} : { edit: change.edit }),
    })),
    none: 'nothing is under way: what was started is taken',
  });
}

async function modelsOf(writer: Writer, model: string | undefined): Promise<ModelEntry[]> {
  if (model !== undefined) return [await writer.showModel(model)];
  const listing = await writer.listModels();
  warnOf(listing);
  return listing.entries;
}

function list(models: readonly ModelEntry[]): Answer {
  const rows = models.flatMap((entry) => (entry.evaluated ?? []).map((one) => ({ entry, one })));
  const counts = (entry: ModelEntry, one: Evaluated) => verdictsOf(entry).includes(one as never);
  return listed({
    head: ['model', 'template', 'verdict', 'at', 'of', 'scores', 'job'],
    rows: rows.map(({ entry, one }) => {
      const { template, last, job } = one;
      const of = last === undefined ? '' : counts(entry, one) ? 'this version' : 'another version';
      return [
        ...[entry.id, template, last === undefined ? '' : verdictText(last.passed), last?.at ?? '', of],
        ...[scoresText(last?.scores), job?.status ?? (last?.by === undefined ? '' : `by ${last.by}`)],
      ];
    }),
    documents: rows.map(({ entry, one }) => ({ model: entry.id, ...one, counts: counts(entry, one) })),
    none: 'nothing was evaluated',
  });
}

function verdictText(passed: boolean): string {
  return passed ? 'passed' : 'failed';
}

function scoresText(scores: Readonly<Record<string, number>> = {}): string {
  return Object.entries(scores)
    .map(([metric, score]) => `${metric} ${rounded(score)}`)
    .join(', ');
}
