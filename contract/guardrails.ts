import type { AllowedModel, Guardrail, Guardrails, Target } from './model.ts';

/**
 * Under which guardrail a call runs. What is in force for a grant is that of the use case which the call names, else the grant's own,
 * else the tenant's, else that of every tenant: each stands whole in the next one's place. Of several the one of the region in which
 * the model is called, where a guardrail has to be.
 */

export function guardrailsOf(said: Guardrails | undefined): readonly Guardrail[] {
  return said === undefined ? [] : [said].flat();
}

/** Those that may be applied to a text: what was granted itself, or what calls of a model may be under. */
export function appliedOf({
  guardrail,
  target,
}: {
  guardrail?: Guardrails | undefined;
  target: Target;
}): readonly Guardrail[] {
  return target.kind === 'bedrock-guardrail' ? [target] : guardrailsOf(guardrail);
}

/** One that is demanded is never none: where no region fits it is another region's, which no session policy takes. */
export function guardrailOf({
  guardrail,
  target,
}: {
  guardrail?: Guardrails | undefined;
  target: Pick<Target, 'region'>;
}): Guardrail | undefined {
  const all = guardrailsOf(guardrail);
  return all.find((one) => regionOf(one) === target.region) ?? all[0];
}

export function regionOf({ arn }: Guardrail): string | undefined {
  return arn.split(':')[3];
}

const made = new WeakMap<AllowedModel, Map<string, AllowedModel>>();

/**
 * A model as a call has it that says what it is for: under that guardrail, and with nothing else to choose. The same object each
 * time, so that what is built for it is built once; and as it was where its grant does not list the use case.
 */
export function underUseCase(model: AllowedModel, name: string): AllowedModel {
  const { guardedBy: _, useCases = {}, ...rest } = model;
  if (!Object.hasOwn(useCases, name)) return model;
  const known = made.get(model) ?? new Map<string, AllowedModel>();
  const found = known.get(name) ?? { ...rest, guardrail: useCases[name] as Guardrails, useCase: name };
  made.set(model, known.set(name, found));
  return found;
}
