import * as v from 'valibot';
import { guardrailOf, guardrailsOf, regionOf } from '../contract/guardrails.ts';
import { GRANT_USE_CASES_MAX, USE_CASE_MAX_CHARS } from '../contract/limits/registry.ts';
import type { AllowedModel, Container, Guardrail, Guardrails, Target } from '../contract/model.ts';
import { taskOfName } from '../contract/task.ts';
import { parseGuardrail } from '../policies/guardrail.ts';
import { baseModelOf, kindOf } from '../policies/kinds.ts';
import type { Plain } from './items.ts';

/** What is said of guardrails in a grant, of a tenant, and of every tenant; and what of it holds where a model is called. */

const text = v.pipe(v.string('not-text'), v.minLength(1, 'empty'));

/** Whether it is where a model is called is judged with the model. */
export const oneGuardrail = v.strictObject({
  arn: v.pipe(
    text,
    v.check((arn) => isGuardrail({ arn, version: 'DRAFT' }), 'not-a-guardrail'),
  ),
  version: v.pipe(text, v.regex(/^(?:[1-9]\d{0,7}|DRAFT)$/, 'not-a-version')),
  mode: v.exactOptional(v.literal('async', 'not-async')),
});

const severalGuardrails = v.pipe(
  v.array(oneGuardrail, 'not-a-list'),
  v.minLength(1, 'empty'),
  v.check((all) => new Set(all.map(regionOf)).size === all.length, 'twice'),
  // Where a call goes is not its caller's to say, so what it is shown must not rest on it.
  v.check((all) => new Set(all.map(({ mode }) => mode)).size === 1, 'modes-differ'),
  v.transform((all): Guardrails => alone([...all].sort((a, b) => (a.arn < b.arn ? -1 : 1)))),
);

/** One, or one for each of several regions. */
export const guardrail = v.lazy(
  (given: unknown): v.GenericSchema<unknown, Guardrails> => (Array.isArray(given) ? severalGuardrails : oneGuardrail),
);

/** A list of one is that one: what is the same reads the same. */
function alone(all: readonly Guardrail[]): Guardrails {
  const [first, ...others] = all;
  return first !== undefined && others.length === 0 ? first : all;
}

/** By the name that a caller gives of what a call is for. */
export const useCases = v.pipe(
  v.unknown(),
  v.check((given) => !Array.isArray(given), 'not-an-object'),
  v.record(
    v.pipe(text, v.maxLength(USE_CASE_MAX_CHARS, 'too-long'), v.regex(/^[a-z0-9][a-z0-9._-]*$/, 'not-a-use-case')),
    guardrail,
    'not-an-object',
  ),
  v.minEntries(1, 'empty'),
  v.maxEntries(GRANT_USE_CASES_MAX, 'too-many'),
  v.transform((given) => Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1)))),
);

function isGuardrail(guardrail: Guardrail): boolean {
  try {
    parseGuardrail(guardrail);
    return true;
  } catch {
    return false;
  }
}

/** Whatever is said of guardrails, in its written form: a copy. */
export function written(said: object): Plain {
  return structuredClone(said) as Plain;
}

/** Under which guardrails calls may run, and whose they are. */
export type Guarding = Pick<AllowedModel, 'guardrail' | 'guardedBy' | 'useCases'>;

/** Whether there is something to judge: vectors, ranks and passages say nothing. What speaks and takes no guardrail is still judged. */
export function speaks(target: Target, container: Container | undefined): boolean {
  const task = taskOfName(baseModelOf(target));
  return kindOf(target).silent !== true && container !== 'tei' && task !== 'embed' && task !== 'rerank';
}

/** Of all that a call may run under, those of where it is called. */
export function guardrailsAt({ guardrail, useCases = {} }: Guarding, target: Target): Guardrail[] {
  return [guardrail, ...Object.values(useCases)].flatMap((said) => guardrailOf({ guardrail: said, target }) ?? []);
}

/** What a call there may run under, and nothing of elsewhere: there is little room in a context. */
export function guardedIn({ guardrail, guardedBy, useCases }: Guarding, regions: readonly string[]): Guarding {
  const there = (said: Guardrails): Guardrails =>
    alone(guardrailsOf(said).filter((one) => regions.includes(regionOf(one) ?? '')));
  return {
    ...(guardrail && { guardrail: there(guardrail), ...(guardedBy && { guardedBy }) }),
    ...(useCases && {
      useCases: Object.fromEntries(Object.entries(useCases).map(([name, said]) => [name, there(said)])),
    }),
  };
}
