import type { Json } from '../../../contract/json.ts';
import { type ConverseAnswer, members, textOf } from '../converse.ts';
import type { Reading } from './asked.ts';
import { type CompletionUsage, completionUsage, type MoreUsage, serviceTier } from './usage.ts';

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

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  refusal: 'content_filter',
  tool_use: 'tool_calls',
};

/** @param stopReason Converse's, no fault; one that is newer than this list reads as an ordinary end */
export function finishReason(stopReason: unknown): FinishReason {
  const known = typeof stopReason === 'string' && Object.hasOwn(FINISH_REASONS, stopReason);
  return (known && FINISH_REASONS[stopReason]) || 'stop';
}

/** What the model thought, as it is taken back: the text with what proves it, or all of it in a form that only its maker reads. */
export type ReasoningDetail =
  | { type: 'reasoning.text'; text: string; signature: string }
  | { type: 'reasoning.encrypted'; data: string };

interface Said {
  texts: string[];
  thoughts: string[];
  details: ReasoningDetail[];
  calls: Json[];
}

/**
 * Converse's answer -> a `chat.completion` (https://platform.openai.com/docs/api-reference/chat/object). Its text blocks are
 * joined. OpenAI's format has no members for reasoning: `reasoning_content` is the text, as other providers and many clients
 * have it, and `reasoning_details` is what a next request gives back.
 */
export function completion(base: CompletionBase, answer: ConverseAnswer, reading: Reading, more?: MoreUsage): Json {
  const { texts, thoughts, details, calls } = saidIn(answer, reading);
  const text = texts.join('');
  const refused = answer.stopReason === 'refusal';
  const usage: CompletionUsage = completionUsage(answer.usage);
  return {
    id: base.id,
    object: 'chat.completion',
    created: base.created,
    model: base.model,
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: refused || (texts.length === 0 && calls.length > 0) ? null : text,
          refusal: refused ? text : null,
          ...(thoughts.length === 0 ? {} : { reasoning_content: thoughts.join('') }),
          ...(details.length === 0 ? {} : { reasoning_details: details }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReason(answer.stopReason),
      },
    ],
    usage: { ...usage, ...more?.() },
    ...serviceTier(answer.serviceTier),
  };
}

function saidIn({ output }: ConverseAnswer, { oneCall }: Reading): Said {
  const said: Said = { texts: [], thoughts: [], details: [], calls: [] };
  for (const block of output.message.content) {
    const { toolUse, reasoningContent } = block;
    const text = textOf(block);
    if (text !== undefined) said.texts.push(text);
    if (toolUse !== undefined && (!oneCall || said.calls.length === 0)) {
      const { toolUseId, name, input = {} } = members(toolUse);
      said.calls.push({
        id: String(toolUseId),
        type: 'function',
        function: { name: String(name), arguments: JSON.stringify(input) },
      });
    }
    if (reasoningContent !== undefined) {
      const { reasoningText, redactedContent } = members(reasoningContent);
      const { text: thought, signature } = members(reasoningText);
      if (typeof thought === 'string') said.thoughts.push(thought);
      if (typeof thought === 'string' && typeof signature === 'string')
        said.details.push({ type: 'reasoning.text', text: thought, signature });
      if (typeof redactedContent === 'string')
        said.details.push({ type: 'reasoning.encrypted', data: redactedContent });
    }
  }
  return said;
}
