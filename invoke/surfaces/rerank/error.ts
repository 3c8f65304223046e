import type { TollgateError } from '../../../contract/errors.ts';
import { type ErrorForm, sentence } from '../error-form.ts';
import { openaiError } from '../openai/error.ts';

/** Cohere's form, `{"message"}`, whose SDK picks its class by the status; and OpenAI's, which other clients of the path read. */
export function cohereError(error: TollgateError): ErrorForm {
  return { body: { message: sentence(error), ...openaiError(error).body } };
}
