import type { Code, TollgateError } from '../../../contract/errors.ts';
import type { AskedHeaders } from '../../exchange.ts';
import { type ErrorForm, sentence } from '../error-form.ts';

/** status -> type (https://platform.claude.com/docs/en/api/errors); any other 4xx is the request's fault, any 5xx ours. */
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  410: 'not_found_error',
  413: 'request_too_large',
  424: 'api_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Where it is the model that has too much to do, and not this caller: SDKs wait and ask again, as for 429. */
const OVERLOADED: ReadonlySet<Code> = new Set(['upstream_throttled', 'upstream_unavailable']);

/** Anthropic's form: `{"type":"error","error":{"type","message"},"request_id"}`; the code is where its SDK looks for one. */
export function anthropicError(error: TollgateError, _asked?: AskedHeaders, requestId?: string): ErrorForm {
  const status = OVERLOADED.has(error.code) ? 529 : error.status;
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  const details = { error_code: error.code, ...(error.field === undefined ? {} : { param: error.field }) };
  return {
    status,
    ...(requestId === undefined ? {} : { headers: { 'request-id': requestId } }),
    body: {
      type: 'error',
      error: { type, message: sentence(error), details },
      ...(requestId === undefined ? {} : { request_id: requestId }),
    },
  };
}
