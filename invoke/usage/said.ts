import { isObject, member } from './json.ts';
import { either, note, type Told } from './told.ts';

/** Reading what a provider says of usage: one table for the bodies and the chunks of every vendor. */

/**
 * Names of the counts, which mean the same wherever they stand: Bedrock's own (Converse's `usage`, a stream's
 * `amazon-bedrock-invocationMetrics`), and those of the vendors' bodies
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html).
 */
const NAMES = new Map<string, keyof Told>([
  // Converse, and Amazon Nova.
  ['inputTokens', 'input'],
  ['outputTokens', 'output'],
  ['cacheReadInputTokens', 'cacheRead'],
  ['cacheWriteInputTokens', 'cacheWrite'],
  // InvokeModel's metrics, Amazon Nova's cache, Amazon Titan.
  ['inputTokenCount', 'input'],
  ['outputTokenCount', 'output'],
  ['cacheReadInputTokenCount', 'cacheRead'],
  ['cacheWriteInputTokenCount', 'cacheWrite'],
  ['inputTextTokenCount', 'input'],
  ['totalOutputTextTokenCount', 'output'],
  // Anthropic, and Cohere.
  ['input_tokens', 'input'],
  ['output_tokens', 'output'],
  ['cache_read_input_tokens', 'cacheRead'],
  ['cache_creation_input_tokens', 'cacheWrite'],
  ['response_tokens', 'output'],
  ['search_units', 'searches'],
  // OpenAI, and who answers in its form: Mistral AI, AI21, DeepSeek, Qwen.
  ['prompt_tokens', 'input'],
  ['completion_tokens', 'output'],
  // Meta.
  ['prompt_token_count', 'input'],
  ['generation_token_count', 'output'],
]);

/** Where they stand in a body or a chunk; the first that has a count is believed. */
const PLACES: readonly (readonly string[])[] = [
  ['usage'],
  // Amazon Nova's last chunk.
  ['metadata', 'usage'],
  // Cohere: what is billed, then what was read, whole and in a stream's last chunk.
  ['meta', 'billed_units'],
  ['response', 'meta', 'billed_units'],
  ['usage', 'billed_units'],
  ['delta', 'usage', 'billed_units'],
  ['meta', 'tokens'],
  ['token_count'],
  ['response', 'token_count'],
  // Meta and Amazon Titan.
  [],
];

/** @param body a vendor's whole body, or one chunk of it, parsed; any value */
export function saidIn(body: unknown): Told {
  let told = PLACES.reduce<Told>((said, place) => either(said, countsIn(place.reduce(member, body))), {});
  // Anthropic's `message_start`: its output is what has come of the answer by then.
  const { output, ...started } = countsIn(member(member(body, 'message'), 'usage'));
  note(started, 'begun', output);
  told = either(told, started);
  const listed: Told = {};
  // Amazon Titan, and AI21's Jurassic, which lists the tokens themselves.
  note(
    listed,
    'output',
    sumOf(member(body, 'results'), (result) => member(result, 'tokenCount')),
  );
  note(
    listed,
    'output',
    sumOf(member(body, 'completions'), (one) => lengthOf(member(member(one, 'data'), 'tokens'))),
  );
  note(listed, 'input', lengthOf(member(member(body, 'prompt'), 'tokens')));
  return either(told, listed);
}

/** @param usage an object of counts; any value */
export function countsIn(usage: unknown): Told {
  const told: Told = {};
  if (!isObject(usage)) return told;
  for (const [name, count] of Object.entries(usage)) {
    const kind = NAMES.get(name);
    if (kind !== undefined) note(told, kind, count);
  }
  note(told, 'reasoning', member(member(usage, 'completion_tokens_details'), 'reasoning_tokens'));
  note(told, 'reasoning', member(member(usage, 'output_tokens_details'), 'thinking_tokens'));
  note(told, 'cachedInput', member(member(usage, 'prompt_tokens_details'), 'cached_tokens'));
  noteLifetimes(told, member(usage, 'cache_creation'), member(usage, 'cacheDetails'));
  return told;
}

/** How long the cache keeps what was written: Anthropic's by name, Converse's in a list, in which nothing says nothing. */
function noteLifetimes(told: Told, creation: unknown, details: unknown): void {
  // A lifetime of a later release has a price of its own: the sum then differs, and the whole is an estimate.
  const kept = (ttl: string): unknown =>
    sumOf(details, (detail) => (member(detail, 'ttl') === ttl ? member(detail, 'inputTokens') : 0));
  note(told, 'fiveMinutes', member(creation, 'ephemeral_5m_input_tokens') ?? kept('5m'));
  note(told, 'oneHour', member(creation, 'ephemeral_1h_input_tokens') ?? kept('1h'));
  const said = [creation, details].some((value) => value != null && !(Array.isArray(value) && value.length === 0));
  if (said && told.fiveMinutes === undefined && told.oneHour === undefined) told.unclear = 1;
}

/** Undefined when it is no list with something in it; no count when an item has none. */
function sumOf(list: unknown, countOf: (item: unknown) => unknown): unknown {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return list.reduce<number>((sum, item) => sum + (countOf(item) as number), 0);
}

function lengthOf(list: unknown): unknown {
  return Array.isArray(list) ? list.length : undefined;
}

const METRICS = 'amazon-bedrock-invocationMetrics';

/** What Bedrock itself adds to the last chunk of a vendor's. */
export function metricsIn(chunk: unknown): Told {
  return countsIn(member(chunk, METRICS));
}

const HEADERS = [
  ['x-amzn-bedrock-input-token-count', 'input'],
  ['x-amzn-bedrock-output-token-count', 'output'],
  ['x-amzn-bedrock-cache-read-input-token-count', 'cacheRead'],
  ['x-amzn-bedrock-cache-write-input-token-count', 'cacheWrite'],
] as const;

/** What Bedrock itself says of InvokeModel. */
export function saidInHeaders(headers: Readonly<Record<string, string>>): Told {
  const told: Told = {};
  for (const [name, kind] of HEADERS) {
    const said = headers[name];
    if (said !== undefined && /^\d{1,16}$/.test(said)) note(told, kind, Number(said));
  }
  return told;
}
