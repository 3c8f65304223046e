import * as v from 'valibot';
import { TollgateError } from '../../contract/errors.ts';
import { EVALUATED_MAX, VERDICT_NOTE_MAX_CHARS } from '../../contract/limits/evaluation.ts';
import type { Clock } from '../../contract/log.ts';
import type { Change, Edits } from '../edit.ts';
import { actor, badEntry, isModelId, isoMilliseconds } from '../fields.ts';
import { modelKey } from '../keys.ts';
import { MODEL } from '../kinds.ts';
import type { ModelEntry } from '../model.ts';
import type { Evaluated, EvaluationJob, Verdict } from './evaluated.ts';
import { versionOf } from './standing.ts';

/** A job as it was started. */
export interface Started extends Pick<EvaluationJob, 'arn' | 'of' | 'status'> {
  dataset: string;
}

/** What became of a job. */
export interface Ended extends Pick<EvaluationJob, 'arn' | 'status' | 'failure'> {
  /** Of one that gave a verdict. */
  verdict?: Pick<Verdict, 'passed' | 'scores'>;
}

/** The only ways to what stands beside a model of its evaluations: no file and no put of a model writes it. */
export interface ResultWriter {
  /** Notes a job; that one of it is there already changes nothing. @throws TollgateError `not_found`, `bad_entry` */
  evaluationStarted(model: string, template: string, job: Started): Promise<Change<ModelEntry>>;
  /** @throws TollgateError `not_found`; `bad_entry` where it is not the template's latest job any more */
  evaluationEnded(model: string, template: string, job: Ended): Promise<Change<ModelEntry>>;
  /** A person's verdict of the version that there is. @param by who gave it */
  evaluationRecorded(
    model: string,
    template: string,
    verdict: { passed: boolean; by: string; note?: string },
  ): Promise<Change<ModelEntry>>;
}

export function resultWriter(edits: Edits, clock: Clock): ResultWriter {
  const at = (): string => isoMilliseconds(clock());

  const alter = (
    model: string,
    template: string,
    change: string,
    make: (before: Evaluated | undefined, entry: ModelEntry) => Evaluated,
  ): Promise<Change<ModelEntry>> => {
    if (!isModelId(model)) throw badEntry('model', 'not-a-model-id');
    if (!isModelId(template)) throw badEntry('template', 'not-a-template-id');
    return edits.alter(MODEL, modelKey(model), `${change} ${template}`, (entry) => {
      const others = (entry.evaluated ?? []).filter((one) => one.template !== template);
      if (others.length >= EVALUATED_MAX) throw badEntry('evaluated', 'too-many');
      const made = make(
        entry.evaluated?.find((one) => one.template === template),
        entry,
      );
      return { ...entry, evaluated: [...others, made].sort((a, b) => (a.template < b.template ? -1 : 1)) };
    });
  };

  return {
    evaluationStarted: async (model, template, { arn, of, status, dataset }) =>
      alter(model, template, 'evaluate by', (before) =>
        before?.job?.arn === arn ? before : { template, ...before, dataset, job: { arn, of, at: at(), status } },
      ),

    evaluationEnded: async (model, template, { arn, status, failure, verdict }) =>
      alter(model, template, 'evaluated by', (before) => {
        if (before?.job?.arn !== arn)
          throw new TollgateError('bad_entry', {
            field: 'job',
            reason: 'not-the-latest',
            message: `${arn} is not the latest job of ${template} for ${model}.`,
          });
        const job = { ...before.job, status, ...(failure === undefined ? {} : { failure }) };
        return { ...before, job, ...(verdict && judged(before, { of: job.of, at: at(), ...verdict, job: arn })) };
      }),

    evaluationRecorded: async (model, template, { passed, by, note }) => {
      if ((note?.length ?? 0) > VERDICT_NOTE_MAX_CHARS) throw badEntry('note', 'too-long');
      const who = v.safeParse(actor, by, { abortPipeEarly: true });
      if (!who.success) throw badEntry('by', who.issues[0].message);
      return alter(model, template, 'record', (before, entry) => {
        const verdict = { of: versionOf(entry), at: at(), passed, by, ...(note === undefined ? {} : { note }) };
        return { template, ...before, ...judged(before, verdict) };
      });
    },
  };
}

/** The first that passed stays what drift is measured from, until another version passes. */
function judged(before: Evaluated | undefined, last: Verdict): Pick<Evaluated, 'last' | 'first'> {
  const first = last.passed && before?.first?.of !== last.of ? { first: last } : {};
  return { last, ...first };
}
