import { TollgateError } from '../../contract/errors.ts';
import type { Json } from '../../contract/json.ts';

/**
 * Converse as JSON: what every surface whose format a model does not take itself is translated into, and out of
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). Blobs are base64.
 */

export interface ConverseRequest {
  messages: ConverseMessage[];
  system?: SystemBlock[];
  inferenceConfig?: { maxTokens?: number; temperature?: number; topP?: number; stopSequences?: string[] };
  toolConfig?: { tools: (Tool | CachePoint)[]; toolChoice?: ToolChoice };
  outputConfig?: Json;
  additionalModelRequestFields?: Json;
  additionalModelResponseFieldPaths?: string[];
  requestMetadata?: Record<string, string>;
  serviceTier?: { type: string };
  performanceConfig?: { latency: string };
}

export interface ConverseMessage {
  role: 'user' | 'assistant';
  content: Block[];
}

export interface CachePoint {
  cachePoint: { type: 'default'; ttl?: '5m' | '1h' };
}

export type SystemBlock = { text: string } | CachePoint;

export interface Tool {
  toolSpec: { name: string; description?: string; inputSchema: { json: Json }; strict?: boolean };
}

export function isTool(tool: Tool | CachePoint): tool is Tool {
  return 'toolSpec' in tool;
}

export type ToolChoice = { auto: Record<string, never> } | { any: Record<string, never> } | { tool: { name: string } };

export type Block = MediaBlock | ToolUseBlock | ToolResultBlock | ReasoningBlock | CachePoint;

export type MediaBlock =
  | { text: string }
  | { image: { format: string; source: { bytes: string } } }
  | {
      document: {
        format: string;
        name: string;
        source: { bytes: string } | { text: string } | { content: { text: string }[] };
        context?: string;
        citations?: { enabled: boolean };
      };
    }
  | {
      searchResult: {
        source: string;
        title: string;
        content: { text: string }[];
        citations?: { enabled: boolean };
      };
    };

export interface ToolUseBlock {
  toolUse: { toolUseId: string; name: string; input: Json };
}

export interface ToolResultBlock {
  toolResult: { toolUseId: string; content: (MediaBlock | { json: Json })[]; status?: 'success' | 'error' };
}

export interface ReasoningBlock {
  reasoningContent: { reasoningText: { text: string; signature?: string } } | { redactedContent: string };
}

/** Read with care: a member that is said to be there may be missing in a model's answer. */
export interface ConverseAnswer {
  output: { message: { role: 'assistant'; content: Record<string, unknown>[] } };
  stopReason: string;
  usage: Record<string, unknown>;
  serviceTier?: { type?: unknown };
  additionalModelResponseFields?: Json;
}

/** @throws TollgateError `upstream_failed` when the bytes are no answer of Converse; `model_failed` when it ended as a fault */
export function readAnswer(body: Uint8Array): ConverseAnswer {
  const { output, stopReason, usage, ...more } = members(parse(body));
  const { content } = members(members(output).message);
  if (!Array.isArray(content)) throw unreadable();
  if (isFault(stopReason)) throw malformedAnswer();
  return {
    ...(more as Pick<ConverseAnswer, 'serviceTier' | 'additionalModelResponseFields'>),
    output: { message: { role: 'assistant', content: content.map(members) } },
    stopReason: typeof stopReason === 'string' ? stopReason : 'end_turn',
    usage: members(usage),
  };
}

/** What a block of an answer says, also where it says what that is cited from. @returns undefined: it is no text */
export function textOf({ text, citationsContent }: Record<string, unknown>): string | undefined {
  if (typeof text === 'string') return text;
  const { content } = members(citationsContent);
  return Array.isArray(content) ? content.map((part) => String(members(part).text ?? '')).join('') : undefined;
}

/** Whether the model's answer ended as a fault: `malformed_model_output`, `malformed_tool_use`, and what may join them. */
export function isFault(stopReason: unknown): boolean {
  return typeof stopReason === 'string' && stopReason.startsWith('malformed_');
}

/** Its tokens were used and are recorded; what came of them is no answer, and asking again would cost as much again. */
export function malformedAnswer(): TollgateError {
  return new TollgateError('model_failed', {
    reason: 'malformed-answer',
    message: "The model's answer was malformed; ask again in other words, or with more room for the answer.",
  });
}

/** A stream that ended before the model said that its answer does. */
export function cutShort(): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'stream-cut-short' });
}

/** @throws TollgateError `upstream_failed` when the bytes are not JSON */
export function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    // The cause would quote the model's answer, and causes are logged.
    throw unreadable();
  }
}

/** @returns none where the value is no object */
export function members(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

export function unreadable(): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'unreadable-answer' });
}
