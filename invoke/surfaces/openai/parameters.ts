import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';
import { shownName } from '../../names.ts';

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
  'service_tier',
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
};

/** @throws TollgateError `invalid_request` whose field is the member that is not served */
export function checkParameters(body: Members): void {
  for (const [name, value] of Object.entries(body)) {
    if (value === null || SERVED.has(name) || IGNORED.has(name)) continue;
    if (Object.hasOwn(NEUTRAL, name) && NEUTRAL[name]?.(value)) continue;
    throw unsupported(shownName(name));
  }
}

/** What Converse has and this surface has not: members of a request, of a message, and of a part. */
const CONVERSE_HAS: ReadonlySet<string> = new Set([
  'cache_control',
  'function_call',
  'functions',
  'parallel_tool_calls',
  'reasoning_effort',
  'response_format',
  'tool_call_id',
  'tool_calls',
  'tool_choice',
  'tools',
]);

const ELSEWHERE =
  'Tools, images, documents, answers by a schema, reasoning and cache points are at POST /model/{id}/converse and ' +
  '/converse-stream.';

/**
 * @param param where the member stands, e.g. `messages[0].content[1]`; a name of the caller's own is a `shownName`
 * @param message instead of the general one
 * @param elsewhere whether another path has it; told by the member's name unless given
 */
export function unsupported(
  param: string,
  message?: string,
  elsewhere: boolean = CONVERSE_HAS.has(param.slice(param.lastIndexOf('.') + 1)),
): TollgateError {
  const shown = param.slice(0, 128);
  const what = message ?? `${shown} is not supported here, or not with this value.`;
  return new TollgateError('invalid_request', {
    field: shown,
    reason: 'unsupported-parameter',
    message: elsewhere ? `${what} ${ELSEWHERE}` : what,
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
