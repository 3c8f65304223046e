import type { AllowedModel } from '../../contract/model.ts';
import { type ProviderRequest, runsModel } from '../call.ts';
import { checkTier } from '../usage/tier.ts';
import { cappedBody } from './cap.ts';
import { guardrailChange, limitChange } from './changes.ts';
import { guardedBody, guardrailHeaders } from './guardrail.ts';
import { TRACE_HEADER } from './trace.ts';

/**
 * The request as its grant demands it, whichever surface made it: under the guardrail, and with no answer longer than
 * the cap. A grant that demands neither leaves the caller's bytes as they are.
 *
 * @param tell told of each change, as a header for the caller
 * @throws TollgateError `invalid_request` when the body cannot be brought under the grant
 */
export function restrict(
  request: ProviderRequest,
  { guardrail, trace, maxTokens, tiers, target }: AllowedModel,
  tell: (change: Readonly<Record<string, string>>) => void = () => {},
): ProviderRequest {
  const { operation } = request;
  if (!runsModel(operation)) return request;
  if (tiers !== undefined) checkTier(request, tiers);
  let { body, headers } = request;
  if (guardrail !== undefined) {
    const shown = trace === true;
    let watched = !shown || headers[TRACE_HEADER] === undefined;
    if (operation === 'converse' || operation === 'converse-stream')
      ({ body, watched } = guardedBody(body, guardrail, shown));
    else headers = { ...headers, ...guardrailHeaders(guardrail), ...(watched ? { [TRACE_HEADER]: 'ENABLED' } : {}) };
    tell(guardrailChange(guardrail, watched));
  }
  if (maxTokens !== undefined) {
    const capped = cappedBody(operation, body, target, maxTokens);
    if (capped !== body) tell(limitChange(maxTokens, 'grant'));
    body = capped;
  }
  return { ...request, body, headers };
}
