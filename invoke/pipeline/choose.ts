import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { type AllowedModel, asyncInputOf } from '../../contract/model.ts';
import { type Decision, isByAlias } from '../../registry/decide.ts';
import { refusalOf } from '../../registry/refusal.ts';
import { type Call, LATER, type ProviderRequest, USE_CASE_HEADER } from '../call.ts';
import type { Invocation } from './invocation.ts';

export interface Chosen {
  model: AllowedModel;
  request: ProviderRequest;
}

/**
 * The model that was decided upon and what it is asked; of an alias the first that can be asked this: what one model behind a name
 * cannot do, another one may.
 *
 * @throws TollgateError with the decision's code; the record then names the entry only if the tenant holds it. What `prepare`
 *   throws for the first model, where it throws for all
 */
export function choose(decision: Decision, call: Call, invocation: Invocation): Chosen {
  if (decision.model !== undefined) invocation.concerns(decision.model);
  if (decision.outcome === 'refused') throw refusalOf(decision);
  const { model, others } = decision;
  if (others === undefined) return { model, request: prepared(model, call) };
  let refusal: unknown;
  for (const one of fitting([model, ...others], call)) {
    invocation.concerns(one);
    try {
      return { model: one, request: prepared(one, call) };
    } catch (error) {
      if (!isTollgateError(error, 'invalid_request')) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** Those that the path is for; all where it is for none, so that what is wrong is said as it is of a model by its own name. */
function fitting(models: readonly AllowedModel[], call: Call): readonly AllowedModel[] {
  const fit = models.filter((model) => call.serves?.(model) ?? true);
  return fit.length === 0 ? models : fit;
}

/** @throws TollgateError also where the call waits for an answer and the model has none for it, or the other way about */
export function prepared(model: AllowedModel, call: Call): ProviderRequest {
  const { later = false, useCase } = call;
  if (useCase !== model.useCase) throw notListed(model);
  if ((asyncInputOf(model.target) !== undefined) === later) return call.prepare(model);
  throw new TollgateError('invalid_request', {
    field: 'model',
    reason: 'wrong-surface',
    message: later
      ? 'This model answers the call itself: the target of its entry has no asyncInput.'
      : `This model answers later, into S3: POST /endpoints/{name}/${LATER}.`,
  });
}

/** The call names a use case that the model's grant does not list. */
function notListed({ useCases = {} }: AllowedModel): TollgateError {
  const names = Object.keys(useCases);
  return new TollgateError('invalid_request', {
    field: USE_CASE_HEADER,
    reason: 'unknown-use-case',
    message:
      names.length === 0
        ? `Your grant of this model lists no use cases: leave the header ${USE_CASE_HEADER} out.`
        : `The header ${USE_CASE_HEADER} must be one of ${names.join(', ')} for this model.`,
  });
}

/** Told where the name that a caller wrote does not say it. */
export function servedBy(model: AllowedModel, wanted: string): Record<string, string> {
  return isByAlias(model, wanted) ? { [SERVED_BY]: model.id } : {};
}

export const SERVED_BY = 'x-tollgate-served-by';
export const NOT_SERVED = { [SERVED_BY]: undefined };
