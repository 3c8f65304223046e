import { guardrailOf } from '../../contract/guardrails.ts';
import type { AllowedModel } from '../../contract/model.ts';
import { type ProviderRequest, runsModel } from '../call.ts';
import { checkTier } from '../usage/tier.ts';
import { cappedBody } from './cap.ts';
import { guardrailChange, limitChange, WATCHED } from './changes.ts';
import { guarded, modeOf, named } from './guardrail.ts';

/** Told of each change, as a header for the caller. */
type Tell = (change: Readonly<Record<string, string>>) => void;

/**
 * The request as its grant demands it, whichever surface made it: under the guardrail, and with no answer longer than
 * the cap. A grant that demands neither leaves the caller's bytes as they are.
 *
 * @throws TollgateError `invalid_request` when the body cannot be brought under the grant
 */
export function restrict(asked: ProviderRequest, model: AllowedModel, tell: Tell = () => {}): ProviderRequest {
  if (!runsModel(asked.operation)) return asked;
  const { trace, maxTokens, tiers, target } = model;
  if (tiers !== undefined) checkTier(asked, tiers);
  let request = asked;
  const guardrail = guardrailOf(model);
  if (guardrail !== undefined) {
    const under = guarded(asked, guardrail, trace === true);
    request = under.request;
    tell({ ...guardrailChange(guardrail, model, modeOf(request, guardrail)), ...(under.watched ? WATCHED : {}) });
  }
  if (maxTokens === undefined) return request;
  const body = cappedBody(request.operation, request.body, target, maxTokens);
  if (body !== request.body) tell(limitChange(maxTokens, 'grant'));
  return { ...request, body };
}

/** The same in another of the model's places: a guardrail lives in one region. */
export function moved(
  request: ProviderRequest,
  from: AllowedModel,
  to: AllowedModel,
  tell: Tell = () => {},
): ProviderRequest {
  const guardrail = guardrailOf(to);
  if (guardrail === undefined || guardrail === guardrailOf(from) || !runsModel(request.operation)) return request;
  tell(guardrailChange(guardrail, to, modeOf(request, guardrail)));
  return named(request, guardrail);
}
