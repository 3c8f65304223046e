import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';

/**
 * Which members of a chat completion request mean something here
 * (https://platform.openai.com/docs/api-reference/chat/create). A member that would change the answer is served or
 * refused, never dropped in silence; null counts as absent, as it does at OpenAI.
 */

export type Members = { readonly [name: string]: Json };

/** Translated by `request.ts`. */
const SERVED = new Set([
  'model',
  'messages',
  'max_completion_tokens',
  'max_tokens',
  'stop',
  'stream',
  'stream_options',
  'temperature',
  'top_p',
]);

/** Accepted with any value and not used: labels for the provider's own records, which change no answer. */
const IGNORED = new Set([
  'metadata',
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'store',
  'user',
]);

/** Accepted with the value that asks for what happens anyway. */
const NEUTRAL: Readonly<Record<string, (value: Json) => boolean>> = {
  frequency_penalty: (value) => value === 0,
  logit_bias: (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0,
  logprobs: (value) => value === false,
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  n: (value) => value === 1,
  presence_penalty: (value) => value === 0,
  response_format: (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && value.type === 'text',
  service_tier: (value) => value === 'auto' || value === 'default',
};

/** @throws TollgateError `invalid_request` whose field is the member that is not served */
export function checkParameters(body: Members): void {
  for (const [name, value] of Object.entries(body)) {
    if (value === null || SERVED.has(name) || IGNORED.has(name)) continue;
    if (Object.hasOwn(NEUTRAL, name) && NEUTRAL[name]?.(value)) continue;
    throw unsupported(name);
  }
}

/** @param param where the member stands, e.g. `messages[0].content[1]` */
export function unsupported(param: string, message?: string): TollgateError {
  const shown = param.slice(0, 128);
  return new TollgateError('invalid_request', {
    field: shown,
    reason: 'unsupported-parameter',
    message: message ?? `${shown} is not supported here, or not with this value.`,
  });
}

/** @param must the rule that was broken, e.g. `must be a string` */
export function invalid(param: string, must: string): TollgateError {
  return new TollgateError('invalid_request', {
    field: param,
    reason: 'invalid-parameter',
    message: `${param} ${must}.`,
  });
}
