import type { TollgateError } from '../../../contract/errors.ts';
import { type ErrorForm, sentence } from '../error-form.ts';

/** Where the guidance's clients look for whatever they are told; the status is the error's own, and `code` says that it is one. */
export function guidanceError(error: TollgateError): ErrorForm {
  const { code, field } = error;
  return { body: [{ generated_text: sentence(error), code, ...(field === undefined ? {} : { field }) }] };
}
