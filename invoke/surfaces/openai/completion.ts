import type { Json } from '../../../contract/json.ts';
import { type ConverseAnswer, members } from '../converse.ts';

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
 */
export function completion(base: CompletionBase, { output, stopReason, usage }: ConverseAnswer): Json {
  const text = output.message.content.map((block) => block.text).filter((part) => typeof part === 'string');
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
        finish_reason: finishReason(stopReason),
      },
    ],
    usage: { ...completionUsage(usage) },
  };
}
