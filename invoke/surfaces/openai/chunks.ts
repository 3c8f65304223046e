import { cutShort, isFault, malformedAnswer, members, parse } from '../converse.ts';
import { publicError } from '../public-error.ts';
import type { Translation } from '../relay.ts';
import { SSE_DONE, SSE_SILENT, sseEvent, sseText } from '../sse.ts';
import type { Reading } from './asked.ts';
import { type CompletionBase, finishReason } from './completion.ts';
import { openaiError } from './error.ts';
import { type CompletionUsage, completionUsage, type MoreUsage, serviceTier } from './usage.ts';

/** A block of the answer that has begun. */
type Open =
  | { is: 'call'; index: number; written: boolean }
  /** A call beyond the one that was asked for. */
  | { is: 'nothing' }
  | { is: 'thought'; text: string; signature: string; data: string };

/**
 * ConverseStream's events -> `chat.completion.chunk`
 * (https://platform.openai.com/docs/api-reference/chat-streaming/streaming): the role first, a chunk per delta of text,
 * reasoning or arguments, the finish reason, the usage when asked for, `[DONE]`. A break, or an answer that ends as malformed, is
 * an error event, which the SDK raises, and no `[DONE]`.
 * For one stream; it remembers what has passed.
 */
export function chatChunks(
  base: CompletionBase,
  includeUsage: boolean,
  { oneCall }: Reading,
  extra?: MoreUsage,
): Translation {
  let stopped = false;
  let faulty = false;
  let calls = 0;
  let thoughts = 0;
  let usage: CompletionUsage | null = null;
  let tier: { service_tier?: string } = {};
  const open = new Map<unknown, Open>();

  const { id, created, model } = base;
  // What all chunks repeat is written once.
  const head = `${JSON.stringify({ id, object: 'chat.completion.chunk', created, model }).slice(0, -1)},"choices":`;
  const tail = includeUsage ? ',"usage":null}' : '}';
  const choice = (delta: object, reason: string | null = null): Uint8Array =>
    sseText(
      `${head}[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":${JSON.stringify(reason)}}]${tail}`,
    );
  const args = (index: number, text: string): Uint8Array =>
    choice({ tool_calls: [{ index, function: { arguments: text } }] });

  function begun(block: unknown, start: unknown): Uint8Array | null {
    const { toolUse } = members(start);
    if (toolUse === undefined) return null;
    const { toolUseId, name } = members(toolUse);
    if (oneCall && calls > 0) {
      open.set(block, { is: 'nothing' });
      return null;
    }
    const index = calls++;
    open.set(block, { is: 'call', index, written: false });
    return choice({ tool_calls: [{ index, id: toolUseId, type: 'function', function: { name, arguments: '' } }] });
  }

  function more(block: unknown, delta: unknown): Uint8Array | null {
    const { text, toolUse, reasoningContent } = members(delta);
    if (typeof text === 'string') return text === '' ? null : choice({ content: text });
    if (reasoningContent !== undefined) return thought(block, members(reasoningContent));
    const { input } = members(toolUse);
    const of = open.get(block);
    if (typeof input !== 'string' || input === '' || of === undefined) return null;
    if (of.is !== 'call') return null;
    of.written = true;
    return args(of.index, input);
  }

  function thought(block: unknown, { text, signature, redactedContent }: Record<string, unknown>): Uint8Array | null {
    let of = open.get(block);
    if (of?.is !== 'thought') {
      of = { is: 'thought', text: '', signature: '', data: '' };
      open.set(block, of);
    }
    if (typeof signature === 'string') of.signature += signature;
    if (typeof redactedContent === 'string') of.data += redactedContent;
    if (typeof text !== 'string' || text === '') return null;
    of.text += text;
    return choice({ reasoning_content: text });
  }

  /** A reader that keeps of each member the last has the whole block then, as it is to be given back. */
  function ended(block: unknown): Uint8Array | null {
    const of = open.get(block);
    open.delete(block);
    if (of?.is === 'call') return of.written ? null : args(of.index, '{}');
    if (of?.is !== 'thought') return null;
    const { text, signature, data } = of;
    const detail = data !== '' ? { type: 'reasoning.encrypted', data } : { type: 'reasoning.text', text, signature };
    if (data === '' && signature === '') return null;
    return choice({ reasoning_details: [{ ...detail, index: thoughts++ }] });
  }

  return {
    event({ type, payload }) {
      switch (type) {
        case 'messageStart':
          return choice({ role: 'assistant', content: '', refusal: null });
        case 'contentBlockStart': {
          const { contentBlockIndex, start } = members(parse(payload));
          return begun(contentBlockIndex, start);
        }
        case 'contentBlockDelta': {
          const { contentBlockIndex, delta } = members(parse(payload));
          return more(contentBlockIndex, delta);
        }
        case 'contentBlockStop':
          return open.size === 0 ? null : ended(members(parse(payload)).contentBlockIndex);
        case 'messageStop': {
          const { stopReason } = members(parse(payload));
          stopped = true;
          faulty = isFault(stopReason);
          return faulty ? null : choice({}, finishReason(stopReason));
        }
        case 'metadata': {
          const metadata = members(parse(payload));
          usage = completionUsage(metadata.usage);
          tier = serviceTier(metadata.serviceTier);
          return null;
        }
        default:
          return null;
      }
    },
    end() {
      if (!stopped) throw cutShort();
      if (faulty) throw malformedAnswer();
      if (!includeUsage) return SSE_DONE;
      const last = JSON.stringify({ usage: { ...(usage ?? completionUsage({})), ...extra?.() }, ...tier }).slice(1);
      return Buffer.concat([sseText(`${head}[],${last}`), SSE_DONE]);
    },
    broken: (error) => sseEvent(openaiError(publicError(error)).body),
    silent: () => SSE_SILENT,
  };
}
