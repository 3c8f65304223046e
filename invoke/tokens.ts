import { ESTIMATE_BYTES_PER_TOKEN } from '../contract/limits.ts';
import { NO_TOKENS, type Tier, type Tokens } from '../contract/usage.ts';
import type { Operation, ProviderRequest, StreamEvent } from './call.ts';

export interface Usage {
  tokens: Tokens;
  /** True when the provider did not say, and `tokens` is our estimate from the text seen. */
  estimated: boolean;
  /** How the call was sold, where the provider said so. */
  tier?: Tier;
}

export const NO_USAGE: Usage = Object.freeze({ tokens: NO_TOKENS, estimated: false });

/**
 * What an answer in one piece cost: Converse says so in its body, InvokeModel in headers, CountTokens costs nothing
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html).
 */
export function usageOfAnswer(
  request: ProviderRequest,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Usage {
  switch (request.operation) {
    case 'count-tokens':
      return NO_USAGE;
    case 'converse':
      return reported(ofConverse(member(jsonOf(body), 'usage'))) ?? estimate(request, textBytes(body));
    default:
      return reported(ofHeaders(headers)) ?? estimate(request, textBytes(body));
  }
}

/** Reads a stream's events as they pass by. */
export interface StreamUsage {
  see(event: StreamEvent): void;
  /** Whether the provider has said what the call cost, which it does in its last event. */
  settled(): boolean;
  usage(): Usage;
}

export function createStreamUsage(request: ProviderRequest): StreamUsage {
  const read = request.operation === 'converse-stream' ? ofConverseEvent : ofChunk;
  let tokens: Tokens | undefined;
  let seen = 0;
  return {
    see(event) {
      const found = read(event);
      if (typeof found === 'number') seen += found;
      else tokens = found;
    },
    settled: () => tokens !== undefined,
    usage: () => reported(tokens) ?? estimate(request, seen),
  };
}

/** Whether a stream of this operation always ends with an event that says what it cost. */
export function endsWithUsage(operation: Operation): boolean {
  return operation === 'converse-stream';
}

/** An estimate for a call whose answer, or its end, was never seen. */
export function estimate(request: ProviderRequest, outputBytes: number): Usage {
  const tokens = (bytes: number): number => Math.ceil(bytes / ESTIMATE_BYTES_PER_TOKEN);
  return {
    // At least one: a call that ran must not look free.
    tokens: { ...NO_TOKENS, input: Math.max(1, tokens(textBytes(request.body))), output: tokens(outputBytes) },
    estimated: true,
  };
}

function reported(tokens: Tokens | undefined): Usage | undefined {
  return tokens === undefined ? undefined : { tokens, estimated: false };
}

/** Tokens, or, of an event that reports none, the bytes of text in it. */
function ofConverseEvent({ type, payload }: StreamEvent): Tokens | number {
  if (type === 'metadata') return ofConverse(member(jsonOf(payload), 'usage')) ?? 0;
  return type === 'contentBlockDelta' ? textBytes(payload) : 0;
}

function ofChunk({ type, payload }: StreamEvent): Tokens | number {
  if (type !== 'chunk') return 0;
  const encoded = member(jsonOf(payload), 'bytes');
  if (typeof encoded !== 'string') return 0;
  const chunk = Buffer.from(encoded, 'base64');
  if (!chunk.includes(METRICS_MEMBER)) return textBytes(chunk);
  const metrics = member(jsonOf(chunk), METRICS_MEMBER);
  return (
    tokensOf(
      member(metrics, 'inputTokenCount'),
      member(metrics, 'outputTokenCount'),
      member(metrics, 'cacheReadInputTokenCount'),
      member(metrics, 'cacheWriteInputTokenCount'),
    ) ?? textBytes(chunk)
  );
}

const METRICS_MEMBER = 'amazon-bedrock-invocationMetrics';

function ofConverse(usage: unknown): Tokens | undefined {
  return tokensOf(
    member(usage, 'inputTokens'),
    member(usage, 'outputTokens'),
    member(usage, 'cacheReadInputTokens'),
    member(usage, 'cacheWriteInputTokens'),
  );
}

function ofHeaders(headers: Readonly<Record<string, string>>): Tokens | undefined {
  const count = (name: string): unknown => {
    const text = headers[`x-amzn-bedrock-${name}-token-count`];
    return text === undefined ? undefined : /^\d{1,16}$/.test(text) ? Number(text) : text;
  };
  // An embedding has no output, and says so by leaving the header out.
  return tokensOf(count('input'), count('output') ?? 0, count('cache-read-input'), count('cache-write-input'));
}

/** Undefined unless every count is a whole number that fits: half a report is none. */
function tokensOf(input: unknown, output: unknown, cacheRead: unknown, cacheWrite: unknown): Tokens | undefined {
  const read = cacheRead ?? 0;
  const write = cacheWrite ?? 0;
  if (!isCount(input) || !isCount(output) || !isCount(read) || !isCount(write)) return undefined;
  return { input, output, cacheRead: read, cacheWrite: write };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function member(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Members that hold no words: binary data, padding, and what names a thing. */
const NOT_TEXT = new Set(['bytes', 'data', 'p', 'type', 'id', 'role', 'model', 'signature', 'toolUseId', 'format']);

/** Bytes of all text in a JSON document; of one that is not JSON, all its bytes. No recursion: its depth is not ours. */
function textBytes(body: Uint8Array): number {
  const root = jsonOf(body);
  if (root === undefined) return body.byteLength;
  let bytes = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (value !== null && typeof value === 'object')
      for (const [name, inner] of Object.entries(value)) if (!NOT_TEXT.has(name)) open.push(inner);
  }
  return bytes;
}
