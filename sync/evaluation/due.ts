import type { Alert } from '../../contract/alert.ts';
import { TollgateError } from '../../contract/errors.ts';
import { DAY_MS } from '../../contract/limits/evaluation.ts';
import { type Clock, logLine, type WriteLine } from '../../contract/log.ts';
import type { Evaluated } from '../../registry/evaluation/evaluated.ts';
import type { Template } from '../../registry/evaluation/template.ts';
import { usability } from '../../registry/lifecycle.ts';
import type { ModelEntry } from '../../registry/model.ts';
import type { Writer } from '../../registry/writer.ts';
import { reasonOf } from '../read.ts';
import type { Evaluations } from './bedrock.ts';
import { jobOf } from './job.ts';
import { isOpen, type Taken, take } from './take.ts';

export interface DueOptions {
  writer: Writer;
  evaluations: Evaluations;
  stage: string;
  clock: Clock;
  write: WriteLine;
}

/** What was done of evaluations in a day's look. */
export interface Done {
  started: { model: string; template: string; job: string }[];
  taken: (Taken & { model: string })[];
  /** What AWS, or the registry, refused. */
  undone: { model: string; template: string; reason: string }[];
}

/**
 * Takes what came of the jobs that are under way, and starts again what was evaluated by a template longer ago than its `everyDays`, of
 * models that can be called. One that fails is told, and no other waits for it.
 */
export async function evaluateDue(options: DueOptions): Promise<Done> {
  const { writer, clock, write } = options;
  const [{ entries }, templates] = await Promise.all([writer.listModels(), writer.listTemplates()]);
  const done: Done = { started: [], taken: [], undone: [] };
  for (const entry of entries)
    for (const one of entry.evaluated ?? []) {
      const template = templates.find(({ id }) => id === one.template);
      if (template === undefined) continue;
      try {
        await lookAt({ entry, one, template }, done, options);
      } catch (error) {
        done.undone.push({ model: entry.id, template: template.id, reason: wordsOf(error) });
      }
    }
  const taken = done.taken.map(({ change: _, ...one }) => one);
  const level = alertsOf(done).length > 0 ? 'warn' : 'info';
  write(logLine(clock(), { event: 'evaluations', level, ...done, taken }));
  return done;
}

async function lookAt(
  { entry, one, template }: { entry: ModelEntry; one: Evaluated; template: Template },
  done: Done,
  { writer, evaluations, stage, clock }: DueOptions,
): Promise<void> {
  const model = entry.id;
  if (isOpen(one)) {
    done.taken.push({ model, ...(await take({ model, one, template }, { writer, evaluations })) });
    return;
  }
  const { everyDays } = template;
  if (everyDays === undefined || one.job === undefined || one.dataset === undefined) return;
  if (!['usable', 'deprecated'].includes(usability(entry.lifecycle, Math.floor(clock() / 1_000)).state)) return;
  // Half a day early is in time: the look is once a day, and not to the second.
  if (clock() - Date.parse(one.job.at) < (everyDays - 0.5) * DAY_MS) return;
  const run = new Date(clock()).toISOString().slice(0, 10);
  const job = jobOf(entry, template, { stage, dataset: one.dataset, run });
  const arn = await evaluations.start(job);
  const { of, dataset } = job;
  await writer.evaluationStarted(model, template.id, { arn, of, status: 'InProgress', dataset });
  done.started.push({ model, template: template.id, job: arn });
}

/** What people are to be told of it: that a model does not pass any more, or is worse, or could not be evaluated. */
export function alertsOf({ taken, undone }: Pick<Done, 'taken' | 'undone'>): Alert[] {
  return [
    ...taken.flatMap(({ model, template, passed, short, drifted, failure }): Alert[] => {
      const text = [...(failure === undefined ? [] : [`The job failed: ${failure}`]), ...short, ...drifted].join('; ');
      if (text === '') return [];
      const what = failure !== undefined ? 'could not be evaluated by' : passed ? 'is worse by' : 'does not pass';
      const then =
        passed === false ? ' Who holds it keeps it; it is granted to nobody else where it must have passed.' : '';
      return [alert(`${model} ${what} ${template}`, `${text}.${then} \`tollgate eval show ${model}\` has all of it.`)];
    }),
    ...undone.map(({ model, template, reason }) =>
      alert(
        `${model} could not be evaluated by ${template}`,
        `${reason}. \`tollgate eval list ${model}\` shows what there is.`,
      ),
    ),
  ];
}

function wordsOf(error: unknown): string {
  return error instanceof TollgateError ? error.publicMessage : reasonOf(error);
}

function alert(subject: string, text: string): Alert {
  return { kind: 'evaluation', subject: `Tollgate: ${subject}`, text };
}
