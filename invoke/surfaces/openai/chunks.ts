import { TollgateError } from '../../../contract/errors.ts';
import { publicError } from '../errors.ts';
import type { Translation } from '../relay.ts';
import {
  type CompletionBase,
  type CompletionUsage,
  completionUsage,
  finishReason,
  members,
  parse,
} from './completion.ts';
import { openaiError } from './error.ts';

const encoder = new TextEncoder();

/** A server-sent event (https://html.spec.whatwg.org/multipage/server-sent-events.html); JSON holds no bare newline. */
function sse(data: unknown): Uint8Array {
  return encoder.encode(`data: ${JSON.stringify(data)}\n\n`);
}

const DONE = encoder.encode('data: [DONE]\n\n');

/**
 * ConverseStream's events -> `chat.completion.chunk`
 * (https://platform.openai.com/docs/api-reference/chat-streaming/streaming): the role first, a chunk per text delta, the
 * finish reason, the usage when asked for, `[DONE]`. A break is an error event, which the SDK raises, and no `[DONE]`.
 * For one stream; it remembers what has passed.
 */
export function chatChunks(base: CompletionBase, includeUsage: boolean): Translation {
  let stopped = false;
  let usage: CompletionUsage | null = null;

  const chunk = (choices: unknown[], counts: CompletionUsage | null): Uint8Array =>
    sse({
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
        case 'messageStop':
          stopped = true;
          return choice({}, finishReason(members(parse(payload)).stopReason));
        case 'metadata':
          usage = completionUsage(members(parse(payload)).usage);
          return null;
        default:
          return null;
      }
    },
    end() {
      if (!stopped) throw new TollgateError('upstream_failed', { reason: 'stream-cut-short' });
      if (!includeUsage) return DONE;
      return Buffer.concat([chunk([], usage ?? completionUsage({})), DONE]);
    },
    broken: (error) => sse(openaiError(publicError(error)).body),
  };
}
