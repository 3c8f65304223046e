import { CODES, type Code, TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { type AskedHeaders, type Given, json } from '../exchange.ts';
import { rowOf } from './paths.ts';

// Faults of an entry or a setting, found while a caller waits: nothing that this caller could mend by asking otherwise.
const OPERATORS_FAULT: ReadonlySet<Code> = new Set(['bad_setting', 'bad_arn', 'policy_too_large']);

/**
 * What a caller may read of an error.
 *
 * @returns the same error, or one that says less: a fault of ours becomes `internal`, and IAM's refusal cannot be told
 *   from our own, nor "not granted" from "does not exist"
 */
export function publicError(error: TollgateError): TollgateError {
  if (OPERATORS_FAULT.has(error.code)) return new TollgateError('internal', { cause: error });
  if (error.code === 'denied_by_iam' || error.code === 'model_not_allowed')
    return new TollgateError('model_not_allowed', { field: 'model', cause: error });
  return error;
}

/**
 * The answer to a refused or failed call, in the shape that the SDK of the path's surface raises as its own class.
 *
 * @param path the request's path, canonical or as it arrived
 * @param asked the request's headers, where they are known
 */
export function errorAnswer(path: string, error: TollgateError, asked?: AskedHeaders, requestId?: string): Given {
  const shown = publicError(error);
  const { headers, body, status = shown.status } = rowOf(path).form(shown, asked, requestId);
  return json(body, { ...retryAfter(shown), ...shouldRetry(shown), ...links(shown), ...headers }, status);
}

function retryAfter({ status, retryAfterSeconds }: TollgateError): Record<string, string> {
  if (retryAfterSeconds !== undefined) return { 'retry-after': String(retryAfterSeconds) };
  return status === CODES.rate_limited.status || status === CODES.unavailable.status
    ? { 'retry-after': String(RETRY_AFTER_SECONDS) }
    : {};
}

/** OpenAI's and Anthropic's SDKs look at this before they look at the status. */
function shouldRetry({ retry }: TollgateError): Record<string, string> {
  return retry === false ? { 'x-should-retry': 'false' } : {};
}

/** https://www.rfc-editor.org/rfc/rfc8631 */
const DOCUMENTS = '</docs>; rel="service-doc", </openapi.json>; rel="service-desc"';

function links({ code, successor, meant }: TollgateError): Record<string, string> {
  if (successor !== undefined) return { link: `</v1/models/${successor}>; rel="successor-version"` };
  if (code !== 'not_found') return {};
  return { link: meant === undefined ? DOCUMENTS : `${DOCUMENTS}, <${meant}>; rel="related"` };
}
