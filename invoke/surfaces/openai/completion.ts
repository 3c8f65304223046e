import { TollgateError } from '../../../contract/errors.ts';
import type { Json } from '../../../contract/json.ts';

/** What every object of one answer repeats. */
export interface CompletionBase {
  /** `chatcmpl-` and the request id, so that an answer leads to its usage record. */
  id: string;
  /** Seconds since 1970. */
  created: number;
  /** The model as the caller wrote it. */
  model: string;
}

export type FinishReason = 'stop' | 'length' | 'content_filter' | 'tool_calls';

export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; cache_write_tokens: number };
}

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  tool_use: 'tool_calls',
};

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

/** @param stopReason Converse's, no fault; one that is newer than this list reads as an ordinary end */
export function finishReason(stopReason: unknown): FinishReason {
  return (
    (typeof stopReason === 'string' && Object.hasOwn(FINISH_REASONS, stopReason) && FINISH_REASONS[stopReason]) ||
    'stop'
  );
}

/**
 * @param usage Converse's `usage`, in which cached tokens stand apart; OpenAI counts those read and those written as part of
 *   the prompt, and names both
 */
export function completionUsage(usage: unknown): CompletionUsage {
  const counts = members(usage);
  const count = (name: string): number => (typeof counts[name] === 'number' ? counts[name] : 0);
  const cached = count('cacheReadInputTokens');
  const written = count('cacheWriteInputTokens');
  const prompt = count('inputTokens') + cached + written;
  const completion = count('outputTokens');
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
  };
}

/**
 * Converse's answer -> a `chat.completion` (https://platform.openai.com/docs/api-reference/chat/object). Its text blocks
 * are joined; reasoning blocks are left out, because OpenAI's format has no member for them.
 *
 * @throws TollgateError `upstream_failed` when the body is not an answer of Converse; `model_failed` when it ended as a fault
 */
export function completion(base: CompletionBase, body: Uint8Array): Json {
  const answer = members(parse(body));
  const { content } = members(members(answer.output).message);
  if (!Array.isArray(content)) throw unreadable();
  if (isFault(answer.stopReason)) throw malformedAnswer();
  const text = content.map((block) => members(block).text).filter((part) => typeof part === 'string');
  return {
    id: base.id,
    object: 'chat.completion',
    created: base.created,
    model: base.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text.join(''), refusal: null },
        logprobs: null,
        finish_reason: finishReason(answer.stopReason),
      },
    ],
    usage: { ...completionUsage(answer.usage) },
  };
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

export function members(value: unknown): Record<string, unknown> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

function unreadable(): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'unreadable-answer' });
}
