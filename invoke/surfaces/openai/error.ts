import type { TollgateError } from '../../../contract/errors.ts';
import { type ErrorForm, sentence } from '../error-form.ts';

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  424: 'api_error',
  429: 'rate_limit_error',
};

/** OpenAI's form: `{"error":{"message","type","code","param"}}`; `code` is ours, `param` the member at fault or null. */
export function openaiError(error: TollgateError): ErrorForm & { body: { error: Record<string, unknown> } } {
  const type = TYPES[error.status] ?? (error.status < 500 ? 'invalid_request_error' : 'api_error');
  return { body: { error: { message: sentence(error), type, code: error.code, param: error.field ?? null } } };
}
