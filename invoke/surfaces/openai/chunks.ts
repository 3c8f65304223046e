import { cutShort, isFault, malformedAnswer, members, parse } from '../converse.ts';
import { publicError } from '../errors.ts';
import type { Translation } from '../relay.ts';
import { SSE_DONE, SSE_SILENT, sseEvent } from '../sse.ts';
import { type CompletionBase, type CompletionUsage, completionUsage, finishReason } from './completion.ts';
import { openaiError } from './error.ts';

/**
 * ConverseStream's events -> `chat.completion.chunk`
 * (https://platform.openai.com/docs/api-reference/chat-streaming/streaming): the role first, a chunk per text delta, the
 * finish reason, the usage when asked for, `[DONE]`. A break, or an answer that ends as malformed, is an error event, which
 * the SDK raises, and no `[DONE]`.
 * For one stream; it remembers what has passed.
 */
export function chatChunks(base: CompletionBase, includeUsage: boolean): Translation {
  let stopped = false;
  let faulty = false;
  let usage: CompletionUsage | null = null;

  const chunk = (choices: unknown[], counts: CompletionUsage | null): Uint8Array =>
    sseEvent({
      id: base.id,
      object: 'chat.completion.chunk',
      created: base.created,
      model: base.model,
      choices,
      ...(includeUsage ? { usage: counts } : {}),
    });
  const choice = (delta: object, reason: string | null = null): Uint8Array =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: reason }], null);

  return {
    event({ type, payload }) {
      switch (type) {
        case 'messageStart':
          return choice({ role: 'assistant', content: '', refusal: null });
        case 'contentBlockDelta': {
          // A delta of reasoning has no text of its own, and OpenAI's format no member for it.
          const { text } = members(members(parse(payload)).delta);
          return typeof text === 'string' && text !== '' ? choice({ content: text }) : null;
        }
        case 'messageStop': {
          const { stopReason } = members(parse(payload));
          stopped = true;
          faulty = isFault(stopReason);
          return faulty ? null : choice({}, finishReason(stopReason));
        }
        case 'metadata':
          usage = completionUsage(members(parse(payload)).usage);
          return null;
        default:
          return null;
      }
    },
    end() {
      if (!stopped) throw cutShort();
      if (faulty) throw malformedAnswer();
      if (!includeUsage) return SSE_DONE;
      return Buffer.concat([chunk([], usage ?? completionUsage({})), SSE_DONE]);
    },
    broken: (error) => sseEvent(openaiError(publicError(error)).body),
    silent: () => SSE_SILENT,
  };
}
