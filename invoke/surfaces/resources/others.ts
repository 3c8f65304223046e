import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import type { AllowedModel, Beside, Target } from '../../../contract/model.ts';
import { targetsOf } from '../../../contract/places.ts';
import { taskOfName } from '../../../contract/task.ts';
import { baseModelOf, kindOf, pathIdOf, runtimeOf } from '../../../policies/kinds.ts';
import { memberOf } from '../../grants/generate.ts';

/** What a question to a knowledge base, or an order of documents, names beside what it is asked of. */

/** Members by which a call would use something else of the account, or of another, than what was granted for it. */
const OTHERS: ReadonlySet<string> = new Set([
  'externalSourcesConfiguration',
  'guardrailConfiguration',
  'implicitFilterConfiguration',
  'kmsKeyArn',
  'modelArn',
]);

/** Where the model that orders documents is named, in what says how they are to be ordered. */
export const RANKER = ['bedrockRerankingConfiguration', 'modelConfiguration', 'modelArn'] as const;

/** Of each way to search. */
const SEARCHES = ['vectorSearchConfiguration', 'managedSearchConfiguration'] as const;

/**
 * The model that passages are to be ordered by.
 *
 * @param at of what says how they are searched for
 * @returns undefined where they are not to be
 * @throws TollgateError `invalid_request` where two would order them, or what orders them has no name
 */
export function rankerIn(members: { readonly [name: string]: Json }, at: readonly string[]): Named | undefined {
  const configured = SEARCHES.map((search) => [...at, search, 'rerankingConfiguration']).filter(
    (path) => memberOf(members, path) !== undefined,
  );
  const [first, second] = configured;
  if (second !== undefined) throw refused(second.join('.'), 'ambiguous', `${second.join('.')} is one too many.`);
  return first && textAt(members, [...first, ...RANKER]);
}

/** A member that names something. */
export interface Named {
  path: readonly string[];
  name: string;
}

/** What a call uses to order passages. */
export function ranking(ranker: Named | undefined): Beside[] {
  return ranker === undefined ? [] : [{ model: ranker.name, actions: ['rerank'] }];
}

/** @throws TollgateError `invalid_request` naming what is missing, or is no name */
export function textAt(members: { readonly [name: string]: Json }, path: readonly string[]): Named {
  const name = memberOf(members, path);
  if (typeof name === 'string' && name !== '') return { path, name };
  throw refused(path.join('.'), 'missing', `${path.join('.')} must be given, and be text.`);
}

/**
 * That nothing else is named than what was looked for.
 *
 * @param known members that were, each as its path in one text
 * @throws TollgateError `invalid_request` naming the member, e.g. `sessionConfiguration.kmsKeyArn`
 */
export function checkOthers(value: Json | undefined, known: ReadonlySet<string>, path = ''): void {
  if (value === null || typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (OTHERS.has(name) && !known.has(at))
      throw refused(
        at,
        'another-resource',
        `${at} names what this call was not granted: leave it out, or call that by its own path.`,
      );
    // A filter's keys are the caller's own words, and so are the fields of a model's own.
    if (name !== 'filter' && name !== 'additionalModelRequestFields') checkOthers(inner, known, at);
  }
}

/**
 * That a model orders documents here, as its grant demands: such a call bears neither a guardrail nor a tier.
 *
 * @param field where it is named
 * @throws TollgateError `invalid_request`
 */
export function checkRanks(model: AllowedModel, field: string): void {
  const { guardrail, tiers } = model;
  for (const target of targetsOf(model))
    if (taskOfName(baseModelOf(target)) !== 'rerank' || pathIdOf(target, 'rerank') === undefined)
      throw refused(field, 'wrong-surface', `This is ${kindOf(target).name} that orders no documents here.`);
  if (guardrail !== undefined || (tiers !== undefined && !tiers.includes('default')))
    throw refused(
      field,
      'not-under-its-grant',
      'This model is granted under a guardrail or a tier, which such a call cannot bear.',
    );
}

/** That a model can answer from a knowledge base. @throws TollgateError `invalid_request` */
export function checkAnswers(model: AllowedModel, field: string): void {
  for (const target of targetsOf(model))
    if (!answers(target))
      throw refused(
        field,
        'wrong-surface',
        `This is ${kindOf(target).name} that does not answer from a knowledge base.`,
      );
}

/** A knowledge base is asked for an answer by the same purpose, and is no model. */
function answers(target: Target): boolean {
  const isModel = runtimeOf(target) === 'bedrock-runtime' && taskOfName(baseModelOf(target)) === 'chat';
  return isModel && pathIdOf(target, 'generate') !== undefined;
}

export function refused(field: string, reason: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason, message });
}
