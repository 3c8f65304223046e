import type { Json } from '../../../contract/json.ts';
import { type ConverseAnswer, members, textOf } from '../converse.ts';
import { citationsOf } from './citations.ts';

/** Converse's answer -> a message (https://platform.claude.com/docs/en/api/messages). */

/** What all parts of one answer repeat. */
export interface MessageBase {
  /** `msg_` and the request id, so that an answer leads to its usage record. */
  id: string;
  /** The model as the caller wrote it. */
  model: string;
  /** What ends the answer, as the caller asked for it. */
  stopSequences: readonly string[];
}

/** Converse's -> Anthropic's. What is here under the same name is newer there than here, and goes on as it is. */
const STOP_REASONS: Readonly<Record<string, string>> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  model_context_window_exceeded: 'model_context_window_exceeded',
  guardrail_intervened: 'refusal',
  content_filtered: 'refusal',
  refusal: 'refusal',
  pause_turn: 'pause_turn',
};

/** How an answer ended. @param reason Converse's, no fault; one that is newer than the list reads as an ordinary end */
export function ending(
  reason: unknown,
  { stopSequences }: MessageBase,
  own: unknown,
): { stop_reason: string; stop_sequence: string | null } {
  const stop_reason =
    (typeof reason === 'string' && Object.hasOwn(STOP_REASONS, reason) && STOP_REASONS[reason]) || 'end_turn';
  if (stop_reason !== 'stop_sequence') return { stop_reason, stop_sequence: null };
  // Which one it was Converse does not say, but the model may among its own fields.
  const said = members(own).stop_sequence;
  const [only, another] = stopSequences;
  return {
    stop_reason,
    stop_sequence: typeof said === 'string' ? said : another === undefined ? (only ?? null) : null,
  };
}

/** What a message that is not over yet has. */
export function begun({ id, model }: MessageBase): { [member: string]: Json } {
  return {
    ...{ id, type: 'message', role: 'assistant', model, content: [] },
    ...{ stop_reason: null, stop_sequence: null, stop_details: null, container: null, diagnostics: null },
  };
}

export function messageOf(base: MessageBase, answer: ConverseAnswer): object {
  const { output, stopReason, usage, serviceTier, additionalModelResponseFields: own } = answer;
  return {
    ...begun(base),
    content: output.message.content.flatMap(blocksOf),
    ...ending(stopReason, base, own),
    usage: usageOf(usage, serviceTier?.type),
  };
}

function blocksOf(block: Record<string, unknown>): object[] {
  const { text, toolUse, reasoningContent, citationsContent } = block;
  if (typeof text === 'string') return [textBlock(text)];
  if (toolUse !== undefined) {
    const { toolUseId, name, input } = members(toolUse);
    return [{ type: 'tool_use', id: toolUseId, name, input: input ?? {} }];
  }
  if (reasoningContent !== undefined) return [reasoningBlock(members(reasoningContent))];
  const said = textOf(block);
  if (said === undefined) return [];
  const { citations } = members(citationsContent);
  return [{ type: 'text', text: said, citations: (Array.isArray(citations) ? citations : []).flatMap(citationsOf) }];
}

/** As it stands in an answer, or when it begins in a stream. */
export function textBlock(text: string): object {
  return { type: 'text', text, citations: null };
}

function reasoningBlock({ reasoningText, redactedContent }: Record<string, unknown>): object {
  if (typeof redactedContent === 'string') return { type: 'redacted_thinking', data: redactedContent };
  const { text, signature } = members(reasoningText);
  return { type: 'thinking', thinking: text ?? '', signature: signature ?? '' };
}

const TIERS: Readonly<Record<string, string>> = { default: 'standard' };

/**
 * @param usage Converse's, in which cached tokens stand apart, as they do at Anthropic
 * @param tier as Bedrock names it
 */
export function usageOf(usage: unknown, tier: unknown): { [member: string]: Json } {
  const counts = members(usage);
  const count = (name: string): number => (typeof counts[name] === 'number' ? counts[name] : 0);
  const written = count('cacheWriteInputTokens');
  const oneHour = (Array.isArray(counts.cacheDetails) ? counts.cacheDetails : [])
    .map(members)
    .reduce(
      (sum, { ttl, inputTokens }) => (ttl === '1h' && typeof inputTokens === 'number' ? sum + inputTokens : sum),
      0,
    );
  return {
    input_tokens: count('inputTokens'),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: count('cacheReadInputTokens'),
    cache_creation: { ephemeral_5m_input_tokens: Math.max(0, written - oneHour), ephemeral_1h_input_tokens: oneHour },
    output_tokens: count('outputTokens'),
    ...{ output_tokens_details: null, server_tool_use: null, inference_geo: null, speed: null },
    service_tier: typeof tier === 'string' ? (TIERS[tier] ?? tier) : 'standard',
  };
}
