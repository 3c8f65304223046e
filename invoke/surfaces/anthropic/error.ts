import type { TollgateError } from '../../../contract/errors.ts';
import { type ErrorForm, sentence } from '../error-form.ts';

/** status -> type (https://docs.anthropic.com/en/api/errors); any other 4xx is the request's fault, any 5xx ours. */
const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  424: 'api_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

/** Anthropic's form: `{"type":"error","error":{"type","message"}}`. */
export function anthropicError(error: TollgateError): ErrorForm {
  const type = TYPES[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'api_error');
  return { body: { type: 'error', error: { type, message: sentence(error) } } };
}
