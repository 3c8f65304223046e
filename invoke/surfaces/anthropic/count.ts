import { isTollgateError, TollgateError } from '../../../contract/errors.ts';
import { parseJsonObject } from '../../../contract/json.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { pathIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders } from '../../../registry/lifecycle.ts';
import { jsonBytes } from '../../edge/body.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { checkUnsteered } from '../../grants/guardrail.ts';
import { cachedFor } from '../caching.ts';
import { members, parse, unreadable } from '../converse.ts';
import { dialectsOf } from '../dialects.ts';
import { checkFields } from '../fields.ts';
import { COUNT_FIELDS, COUNT_REQUIRED } from './fields.ts';
import { parseHead } from './messages.ts';
import { betasOf, checkSources, countedBody } from './own.ts';
import { converseTokens } from './request.ts';

const INSTEAD =
  'Where tokens cannot be counted beforehand, send the request itself with max_tokens 1 and read its usage.';

/**
 * `POST /v1/messages/count_tokens`, by Bedrock's CountTokens: of Claude's own form, or of Converse's.
 *
 * @throws TollgateError
 */
export async function countTokens(exchange: Exchange): Promise<Given> {
  const { request, requestId } = exchange;
  const bytes = await jsonBytes(request);
  const body = parseJsonObject(bytes);
  const betas = betasOf(request.headers);
  const input = (model: AllowedModel): object => {
    if (pathIdOf(model.target, 'count') === undefined)
      throw new TollgateError('invalid_request', {
        field: 'model',
        reason: 'cannot-count-tokens',
        message: `Tokens of this model cannot be counted beforehand. ${INSTEAD}`,
      });
    if (!dialectsOf(model).includes('anthropic')) {
      checkFields(COUNT_FIELDS, body, COUNT_REQUIRED);
      return { converse: cachedFor(converseTokens(body, model, betas), model) };
    }
    checkUnsteered(body);
    checkSources(body);
    return { invokeModel: { body: Buffer.from(countedBody(bytes, body, betas)).toString('base64') } };
  };
  const answer = await exchange
    .run({
      surface: 'anthropic',
      caller: exchange.caller,
      requestId,
      wanted: parseHead(body).model,
      action: 'count',
      prepare: (model) => ({
        operation: 'count-tokens',
        body: Buffer.from(JSON.stringify({ input: input(model) })),
        contentType: 'application/json',
        accept: 'application/json',
        headers: {},
      }),
      waitUntil: exchange.waitUntil,
    })
    .catch((error: unknown) => {
      throw isTollgateError(error, 'upstream_rejected') ? withInstead(error) : error;
    });
  const { inputTokens } = answer.kind === 'whole' ? members(parse(answer.body)) : {};
  if (typeof inputTokens !== 'number') throw unreadable();
  const headers = { ...lifecycleHeaders(answer.model, exchange.nowSeconds), 'request-id': requestId };
  return json({ input_tokens: inputTokens }, headers);
}

/** The model may have refused because it counts none. */
function withInstead({ publicMessage, reason, detail, cause }: TollgateError): TollgateError {
  return new TollgateError('upstream_rejected', {
    message: `${publicMessage} ${INSTEAD}`,
    reason,
    ...(detail && { detail }),
    cause,
  });
}
