import { createHash } from 'node:crypto';
import type { Problem } from '../../contract/errors.ts';
import { targetsOf } from '../../contract/places.ts';
import { badEntries } from '../fields.ts';
import type { ModelEntry } from '../model.ts';
import type { Evaluated, Verdict } from './evaluated.ts';
import type { Template, Threshold } from './template.ts';

/**
 * Which version of a model a verdict is of: a hash of all that is called (every target: kind, ids, region, account) and of what its
 * provenance says is deployed there (`version`, `artifact`), which is how the operator of an endpoint says that it is another model by
 * the same name. Weights, prices, dates, restrictions and who answers in its place are none of it.
 */
export function versionOf({ provenance, ...model }: Pick<ModelEntry, 'target' | 'places' | 'provenance'>): string {
  const targets = targetsOf(model).map((target) => JSON.stringify(Object.entries(target).sort()));
  const said = [targets.sort(), provenance?.version ?? '', provenance?.artifact ?? ''];
  return createHash('sha256').update(JSON.stringify(said)).digest('hex').slice(0, 16);
}

/** What a model's version has come to: each of the templates that judged it. */
export function verdictsOf(model: ModelEntry): (Evaluated & { last: Verdict })[] {
  const now = versionOf(model);
  return (model.evaluated ?? []).filter((one): one is Evaluated & { last: Verdict } => one.last?.of === now);
}

/**
 * Why a model that requires an evaluation may not be granted now; undefined: it may. The latest verdict of each template counts, and
 * of the version that there is: one at least, and none that failed. What its provenance names by hand counts where no job and nobody
 * has ever judged it: what is measured is not outweighed by what is said.
 */
export function notPassed(model: ModelEntry): Problem | undefined {
  if (!model.requires?.evaluation) return undefined;
  const judged = (model.evaluated ?? []).filter(({ last }) => last !== undefined);
  if (judged.length === 0 && model.provenance?.evaluation !== undefined) return undefined;
  const verdicts = verdictsOf(model);
  const failed = verdicts.filter(({ last }) => !last.passed).map(({ template }) => template);
  if (failed.length > 0)
    return problem(
      'evaluation-failed',
      `The model ${model.id} requires an evaluation, and failed ${failed.join(', ')}.`,
    );
  if (verdicts.length > 0) return undefined;
  const why = judged.length === 0 ? 'has passed none' : 'has passed none of its version: its target changed since';
  return problem(
    'not-evaluated',
    `The model ${model.id} requires an evaluation, and ${why} (\`tollgate eval start\`).`,
  );
}

function problem(reason: string, message: string): Problem {
  return { path: 'model', reason, message };
}

/** @throws TollgateError `bad_entry` */
export function checkPassed(model: ModelEntry, path = 'model'): void {
  const found = notPassed(model);
  if (found !== undefined) throw badEntries([{ ...found, path }]);
}

/** What of a template's bounds the scores do not reach, in words; none: passed. A metric that was not scored reaches none. */
export function shortfalls({ pass }: Pick<Template, 'pass'>, scores: Readonly<Record<string, number>>): string[] {
  return Object.entries(pass).flatMap(([metric, bound]) => {
    const score = Object.hasOwn(scores, metric) ? scores[metric] : undefined;
    if (score === undefined) return [`${metric} was not scored`];
    return reaches(score, bound) ? [] : [`${metric} ${rounded(score)}, ${boundText(bound)}`];
  });
}

/** How far the scores moved to the worse, beyond what the template lets pass; none where it lets all pass. */
export function driftsOf(
  { pass, drift }: Pick<Template, 'pass' | 'drift'>,
  first: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): string[] {
  if (drift === undefined) return [];
  return Object.entries(pass).flatMap(([metric, bound]) => {
    const [was, is] = [first[metric], now[metric]];
    if (was === undefined || is === undefined) return [];
    const worse = typeof bound === 'number' ? was - is : is - was;
    return worse > drift ? [`${metric} ${rounded(is)}, was ${rounded(was)}`] : [];
  });
}

function reaches(score: number, bound: Threshold): boolean {
  return typeof bound === 'number' ? score >= bound : score <= bound.max;
}

export function boundText(bound: Threshold): string {
  return typeof bound === 'number' ? `at least ${bound}` : `at most ${bound.max}`;
}

export function rounded(score: number): string {
  return String(Math.round(score * 10_000) / 10_000);
}
