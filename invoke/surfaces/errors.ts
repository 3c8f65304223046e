import { CODES, type TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { type AskedHeaders, type Given, json } from '../exchange.ts';
import { rowOf } from './paths.ts';
import { publicError } from './public-error.ts';

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
