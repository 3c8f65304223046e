import type { Json } from '../../../contract/json.ts';
import { TOKENS_MAX } from '../../../contract/limits/invoke.ts';
import { shownName } from '../../names.ts';
import type { ConverseRequest } from '../converse.ts';
import { parseMessages } from './messages.ts';
import { checkParameters, invalid, type Members } from './parameters.ts';

/** Bedrock: a Converse request holds at most 2,500 stop sequences; OpenAI's own limit is smaller, and it is the one here. */
const STOP_MAX = 4;

/** What decides how the call runs; everything else is `converseRequest`'s. */
export interface ChatHead {
  model: string;
  stream: boolean;
  includeUsage: boolean;
}

/** @throws TollgateError `invalid_request` with the member at fault as its field */
export function parseHead(body: Members): ChatHead {
  const { model } = body;
  if (typeof model !== 'string' || model === '') throw invalid('model', 'must be a non-empty string');
  const stream = flag(body.stream, 'stream');
  return { model, stream, includeUsage: parseStreamOptions(body.stream_options, stream) };
}

function parseStreamOptions(value: Json | undefined, stream: boolean): boolean {
  if (value == null) return false;
  if (!stream) throw invalid('stream_options', 'may be given only with stream');
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('stream_options', 'must be an object');
  // Obfuscation only pads the chunks; not padding them changes no answer.
  for (const name of Object.keys(value))
    if (name !== 'include_usage' && name !== 'include_obfuscation')
      throw invalid(`stream_options.${shownName(name)}`, 'is not supported here');
  return flag(value.include_usage, 'stream_options.include_usage');
}

/**
 * A chat completion request -> Converse's
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_RequestSyntax).
 *
 * @throws TollgateError `invalid_request` with the member at fault as its field
 */
export function converseRequest(body: Members): ConverseRequest {
  checkParameters(body);
  const { system, messages } = parseMessages(body.messages);
  const inferenceConfig = {
    ...maxTokens(body),
    // OpenAI's temperature goes to 2 and Converse's to 1: scaling or cutting it would answer another question.
    ...number(body.temperature, 'temperature', 'temperature'),
    ...number(body.top_p, 'top_p', 'topP'),
    ...stopSequences(body.stop),
  };
  return {
    messages,
    ...(system.length === 0 ? {} : { system }),
    ...(Object.keys(inferenceConfig).length === 0 ? {} : { inferenceConfig }),
    ...serviceTier(body.service_tier),
  };
}

/** Those that Bedrock has too; `auto` and `default` ask for what a call without a tier is. */
function serviceTier(value: Json | undefined): { serviceTier?: { type: string } } {
  if (value == null || value === 'auto' || value === 'default') return {};
  if (value !== 'flex' && value !== 'priority')
    throw invalid('service_tier', 'must be auto, default, flex or priority');
  return { serviceTier: { type: value } };
}

function flag(value: Json | undefined, param: string): boolean {
  if (value == null) return false;
  if (typeof value !== 'boolean') throw invalid(param, 'must be true or false');
  return value;
}

function maxTokens(body: Members): { maxTokens?: number } {
  const { max_completion_tokens: current, max_tokens: old } = body;
  if (current != null && old != null && current !== old)
    throw invalid('max_tokens', 'must equal max_completion_tokens when both are given');
  const value = current ?? old;
  if (value == null) return {};
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > TOKENS_MAX)
    throw invalid(current == null ? 'max_tokens' : 'max_completion_tokens', 'must be a whole number of 1 or more');
  return { maxTokens: value };
}

function number<Name extends string>(value: Json | undefined, param: string, name: Name): { [N in Name]?: number } {
  if (value == null) return {};
  if (typeof value !== 'number' || value < 0 || value > 1) throw invalid(param, 'must be a number from 0 to 1');
  return { [name]: value } as { [N in Name]?: number };
}

function stopSequences(value: Json | undefined): { stopSequences?: string[] } {
  if (value == null) return {};
  const list = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === 'string' && item !== '');
  if (texts.length !== list.length || list.length === 0 || list.length > STOP_MAX)
    throw invalid('stop', `must be a non-empty string or a list of up to ${STOP_MAX}`);
  return { stopSequences: texts as string[] };
}
