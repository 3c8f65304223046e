import type { Json } from '../../../contract/json.ts';
import type { Block, CachePoint, ConverseMessage, MediaBlock, SystemBlock } from '../converse.ts';
import { invalid, type Members } from '../fields.ts';
import { documentBlock, imageBlock } from '../media.ts';
import {
  type Conversation,
  callBlock,
  type Reading,
  reasoningBlock,
  resultBlocks,
  say,
  type Thought,
  textBlocks,
} from './blocks.ts';

/**
 * OpenAI's messages -> Converse's. System and developer messages go before the conversation, in their order, because
 * Converse has no place for them within it; neighbours of one role become one message, because its roles alternate, and so
 * several results of tools are in one. What says nothing (null, no text, white space alone) is left out: clients write it where
 * they mean nothing, this surface itself where a model only reasoned, and Bedrock refuses a blank text.
 *
 * @param list as the table of fields has it
 * @throws TollgateError `invalid_request` naming the member, e.g. `messages[1].content[0].image_url.url`
 */
export function conversationOf(list: readonly Members[], offered: boolean): Conversation {
  const reading: Reading = { offered, names: new Set() };
  const system: SystemBlock[] = [];
  const messages: ConverseMessage[] = [];
  list.forEach((message, index) => {
    const at = `messages[${index}]`;
    if (message.role === 'system' || message.role === 'developer') {
      system.push(...(partsOf(message.content, `${at}.content`, reading) as SystemBlock[]));
      return;
    }
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    say(messages, role, blocksOf(message, at, reading));
  });
  if (messages.length === 0) throw invalid('messages', 'must hold a user message that is not blank');
  return { system, messages };
}

function blocksOf(message: Members, at: string, reading: Reading): Block[] {
  switch (message.role) {
    case 'assistant':
      return assistantBlocks(message, at, reading);
    case 'tool':
      return toolBlocks(message, at, reading);
    default:
      return partsOf(message.content, `${at}.content`, reading);
  }
}

function assistantBlocks(
  { content, refusal, reasoning_details, tool_calls }: Members,
  at: string,
  reading: Reading,
): Block[] {
  const calls = (tool_calls ?? []) as Members[];
  return [
    ...((reasoning_details ?? []) as Thought[]).flatMap(reasoningBlock),
    ...partsOf(content, `${at}.content`, reading),
    ...textBlocks(typeof refusal === 'string' ? refusal : ''),
    ...calls.map(({ id, function: called }, index) => {
      const { name, arguments: written } = called as { name: string; arguments?: string };
      return callBlock({ id: String(id), name, written }, `${at}.tool_calls[${index}].function.arguments`, reading);
    }),
  ];
}

function toolBlocks({ tool_call_id, content }: Members, at: string, reading: Reading): Block[] {
  return resultBlocks(String(tool_call_id), partsOf(content, `${at}.content`, reading), reading);
}

function partsOf(content: Json | undefined, at: string, reading: Reading): (MediaBlock | CachePoint)[] {
  if (typeof content === 'string') return textBlocks(content);
  if (!Array.isArray(content)) return [];
  return (content as Members[]).flatMap((part, index) => {
    const block = partBlock(part, `${at}[${index}]`, reading);
    return block === undefined ? [] : [block, ...cachePoint(part)];
  });
}

function partBlock(part: Members, at: string, { names }: Reading): MediaBlock | undefined {
  switch (part.type) {
    case 'image_url':
      return imageBlock((part.image_url as { url: string }).url, `${at}.image_url.url`);
    case 'file': {
      const { file_data, filename } = part.file as { file_data: string; filename?: string | null };
      return documentBlock(file_data, filename ?? undefined, `${at}.file.file_data`, names);
    }
    default:
      return textBlocks(String(part.text ?? part.refusal))[0];
  }
}

/** What follows a part, or a tool, that is marked as the end of what is to be cached. */
export function cachePoint({ cache_control, prompt_cache_breakpoint }: Members): CachePoint[] {
  const mark = (cache_control ?? prompt_cache_breakpoint) as Members | null | undefined;
  if (mark == null) return [];
  const { ttl } = mark;
  if (ttl == null) return [{ cachePoint: { type: 'default' } }];
  return [{ cachePoint: { type: 'default', ttl: ttl === '5m' ? '5m' : '1h' } }];
}
