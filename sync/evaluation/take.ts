import { TollgateError } from '../../contract/errors.ts';
import type { Change } from '../../registry/edit.ts';
import type { Evaluated } from '../../registry/evaluation/evaluated.ts';
import { driftsOf, shortfalls } from '../../registry/evaluation/standing.ts';
import type { Template } from '../../registry/evaluation/template.ts';
import type { ModelEntry } from '../../registry/model.ts';
import type { Writer } from '../../registry/writer.ts';
import type { Evaluations } from './bedrock.ts';
import { createTally } from './scores.ts';

/** What became of a job that was looked at. */
export interface Taken {
  template: string;
  job: string;
  status: string;
  /** Of a job that ended, why no verdict came of it. */
  failure?: string;
  passed?: boolean;
  scores?: Record<string, number>;
  /** What of the template's bounds is not reached. */
  short: string[];
  /** What has moved to the worse since the version first passed, further than the template lets pass. */
  drifted: string[];
  change?: Change<ModelEntry>;
}

/** Bedrock's last words of a job. */
const OVER = ['Completed', 'Failed', 'Stopped'];

/** Whether a job's outcome is still to be taken. */
export function isOpen({ job }: Pick<Evaluated, 'job'>): boolean {
  return job !== undefined && !OVER.includes(job.status);
}

/** Milliseconds by which AWS's clock and the registry's may differ. */
const CLOCKS_MS = 60_000;

/**
 * That a job which was just asked for is no earlier one again, which would bring back a verdict that another has replaced since.
 *
 * @param latest the latest job of the same template, if there is one
 * @throws TollgateError `bad_entry` of `run`
 */
export async function checkNew(
  arn: string,
  latest: Evaluated['job'],
  { look }: Pick<Evaluations, 'look'>,
): Promise<void> {
  if (latest === undefined || latest.arn === arn) return;
  if ((await look(arn)).made >= Date.parse(latest.at) - CLOCKS_MS) return;
  throw new TollgateError('bad_entry', {
    field: 'run',
    reason: 'was-evaluated',
    message: 'The same was evaluated before the latest job: --run with another text evaluates it once more.',
  });
}

/**
 * Looks at the latest job of a model by a template, and once it is over writes what came of it beside the model's version. A job that
 * failed, or whose results hold no score, gives no verdict; a bound whose metric was not scored is not reached.
 */
export async function take(
  { model, one, template }: { model: string; one: Evaluated; template: Template },
  { writer, evaluations }: { writer: Writer; evaluations: Evaluations },
): Promise<Taken> {
  const arn = one.job?.arn ?? '';
  const seen = await evaluations.look(arn);
  const told = { template: template.id, job: arn, status: seen.status, short: [], drifted: [] };
  if (!OVER.includes(seen.status)) return told;
  const ended = { arn, status: seen.status };
  if (seen.status !== 'Completed') {
    const failure = seen.failure ?? 'no reason is given';
    return { ...told, failure, change: await writer.evaluationEnded(model, template.id, { ...ended, failure }) };
  }
  const tally = createTally(template);
  for await (const line of evaluations.lines(seen)) tally.add(line);
  if (tally.scored === 0) {
    const failure = `${tally.lines} lines of results hold no score of the template’s metrics`;
    return { ...told, failure, change: await writer.evaluationEnded(model, template.id, { ...ended, failure }) };
  }
  const scores = tally.means();
  const short = shortfalls(template, scores);
  const sameVersion = one.first !== undefined && one.first.of === one.job?.of;
  const drifted = sameVersion ? driftsOf(template, one.first?.scores ?? {}, scores) : [];
  const verdict = { passed: short.length === 0, scores };
  const change = await writer.evaluationEnded(model, template.id, { ...ended, verdict });
  return { ...told, passed: verdict.passed, scores, short, drifted, change };
}
