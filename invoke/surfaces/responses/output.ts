import { members } from '../converse.ts';
import type { Reading } from '../openai/asked.ts';
import type { Thought } from '../openai/blocks.ts';
import type { ResponseBase } from './response.ts';
import { sealedThought } from './thought.ts';

type Tell = (type: string, more: object) => void;
type Ended = 'completed' | 'incomplete';

/** An item of the output that has begun. */
interface Open {
  is: 'message' | 'call' | 'thought';
  /** As it stands in the output; changed as it grows. */
  item: Record<string, unknown> & { id: string };
  index: number;
  /** The part of it that grows. */
  part?: Part | undefined;
  thought?: Thought;
}

interface Part {
  text: string;
  index: number;
}

export interface Items {
  /** A block begins that calls a tool. */
  called(toolUse: Record<string, unknown>): void;
  /** @param delta Converse's */
  more(delta: Record<string, unknown>): void;
  /** The block ends. */
  stopped(): void;
  /** @returns all of the output */
  end(status: Ended): object[];
}

/**
 * The blocks of an answer as items of a response's output: neighbouring texts are parts of one message, a call and a thought are
 * items by themselves. An item ends when the next one begins, or the answer does, because only then it is known whether it is whole.
 * For one answer.
 */
export function createItems(base: ResponseBase, { oneCall }: Reading, tell: Tell): Items {
  const output: Open['item'][] = [];
  const suffix = base.id.slice('resp_'.length);
  const summarised = members(base.reasoning).summary != null;
  let open: Open | undefined;
  let calls = 0;
  /** Whether the block that is being read is a call beyond the one that was asked for. */
  let skips = false;

  function begin(is: Open['is'], prefix: string, item: object): Open {
    end('completed');
    const index = output.length;
    const whole = { id: `${prefix}_${suffix}_${index}`, ...item };
    output.push(whole);
    tell('response.output_item.added', { output_index: index, item: whole });
    open = { is, item: whole, index };
    return open;
  }

  function end(status: Ended): void {
    if (open === undefined) return;
    const { is, item, index } = open;
    endPart();
    if (is === 'call') {
      if (item.arguments === '') {
        item.arguments = '{}';
        tell('response.function_call_arguments.delta', { item_id: item.id, output_index: index, delta: '{}' });
      }
      const { name, arguments: written } = item;
      tell('response.function_call_arguments.done', {
        item_id: item.id,
        output_index: index,
        name,
        arguments: written,
      });
    }
    const { thought } = open;
    if (thought?.data !== undefined || thought?.signature !== undefined)
      item.encrypted_content = sealedThought(thought);
    item.status = status;
    tell('response.output_item.done', { output_index: index, item });
    open = undefined;
  }

  function text(delta: string): void {
    if (delta === '') return;
    if (open?.is !== 'message')
      begin('message', 'msg', { type: 'message', status: 'in_progress', role: 'assistant', content: [] });
    const { item, index } = open as Open;
    const part = partOf('content', textPart);
    part.text += delta;
    tell('response.output_text.delta', {
      item_id: item.id,
      output_index: index,
      content_index: part.index,
      delta,
      logprobs: [],
    });
  }

  function thought({ text: said, signature, redactedContent }: Record<string, unknown>): void {
    const {
      item,
      index,
      thought: known = {},
    } = open?.is === 'thought'
      ? open
      : begin('thought', 'rs', { type: 'reasoning', status: 'in_progress', summary: [] });
    (open as Open).thought = known;
    if (typeof signature === 'string') known.signature = (known.signature ?? '') + signature;
    if (typeof redactedContent === 'string') known.data = (known.data ?? '') + redactedContent;
    if (typeof said !== 'string' || said === '') return;
    known.text = (known.text ?? '') + said;
    if (!summarised) item.content ??= [];
    const part = summarised ? partOf('summary', summaryPart) : partOf('content', thoughtPart);
    part.text += said;
    const [type, at] = summarised
      ? ['response.reasoning_summary_text.delta', 'summary_index']
      : ['response.reasoning_text.delta', 'content_index'];
    tell(type, { item_id: item.id, output_index: index, [at]: part.index, delta: said });
  }

  /** The part of the open item that grows; a new one where none does. */
  function partOf(list: 'content' | 'summary', made: (text: string) => object): Part {
    const { item, index, part } = open as Open;
    if (part !== undefined) return part;
    const grown = { text: '', index: (item[list] as object[]).length };
    (open as Open).part = grown;
    const [type, at] =
      list === 'summary'
        ? ['response.reasoning_summary_part.added', 'summary_index']
        : ['response.content_part.added', 'content_index'];
    tell(type, { item_id: item.id, output_index: index, [at]: grown.index, part: made('') });
    return grown;
  }

  function endPart(): void {
    const { is, item, index, part } = open ?? {};
    if (open === undefined || item === undefined || part === undefined) return;
    const isSummary = is === 'thought' && summarised;
    const made = is === 'message' ? textPart(part.text) : isSummary ? summaryPart(part.text) : thoughtPart(part.text);
    const at = { item_id: item.id, output_index: index, [isSummary ? 'summary_index' : 'content_index']: part.index };
    if (is === 'message') tell('response.output_text.done', { ...at, text: part.text, logprobs: [] });
    else tell(`response.reasoning_${isSummary ? 'summary_' : ''}text.done`, { ...at, text: part.text });
    tell(isSummary ? 'response.reasoning_summary_part.done' : 'response.content_part.done', { ...at, part: made });
    (item[isSummary ? 'summary' : 'content'] as object[]).push(made);
    open.part = undefined;
  }

  return {
    called({ toolUseId, name }) {
      skips = oneCall && calls > 0;
      if (skips) return;
      calls++;
      begin('call', 'fc', {
        type: 'function_call',
        status: 'in_progress',
        call_id: String(toolUseId),
        name: String(name),
        arguments: '',
      });
    },
    more(delta) {
      const { text: said, toolUse, reasoningContent } = delta;
      if (typeof said === 'string') text(said);
      if (reasoningContent !== undefined) thought(members(reasoningContent));
      const { input } = members(toolUse);
      if (typeof input !== 'string' || input === '' || skips) return;
      if (open?.is === 'call') {
        const { item, index } = open;
        item.arguments = `${item.arguments}${input}`;
        tell('response.function_call_arguments.delta', { item_id: item.id, output_index: index, delta: input });
      }
    },
    stopped() {
      skips = false;
      if (open?.is === 'message') endPart();
      else if (open?.is === 'thought') end('completed');
    },
    end(status) {
      end(status);
      return output;
    },
  };
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function summaryPart(text: string): object {
  return { type: 'summary_text', text };
}

function thoughtPart(text: string): object {
  return { type: 'reasoning_text', text };
}
