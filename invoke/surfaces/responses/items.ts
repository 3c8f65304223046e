import type { Json } from '../../../contract/json.ts';
import type { Block, CachePoint, ConverseMessage, MediaBlock, SystemBlock } from '../converse.ts';
import { invalid, type Members, unsupported } from '../fields.ts';
import { documentBlock, imageBlock } from '../media.ts';
import {
  type Conversation,
  callBlock,
  type Reading,
  reasoningBlock,
  resultBlocks,
  say,
  textBlocks,
} from '../openai/blocks.ts';
import { cachePoint } from '../openai/messages.ts';
import { openedThought } from './thought.ts';

type Parts = (MediaBlock | CachePoint)[];

/**
 * The items of a request -> Converse's messages. Instructions, and system and developer messages in their order, go before the
 * conversation, because Converse has no place for them within it.
 *
 * @param input as the table of fields has it
 * @param offered whether tools are offered
 * @throws TollgateError `invalid_request` naming the member, e.g. `input[1].content[0].image_url`
 */
export function conversationOf(input: Json, instructions: string | null, offered: boolean): Conversation {
  const reading: Reading = { offered, names: new Set() };
  const system: SystemBlock[] = textBlocks(instructions ?? '');
  const messages: ConverseMessage[] = [];
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : (input as Members[]);
  for (const [index, item] of items.entries()) {
    const at = `input[${index}]`;
    if (item.role === 'system' || item.role === 'developer') system.push(...systemBlocks(item, at, reading));
    else say(messages, roleOf(item), blocksOf(item, at, reading));
  }
  if (messages.length === 0) throw invalid('input', 'must hold a user message that is not blank');
  return { system, messages };
}

function roleOf({ type = 'message', role }: Members): 'user' | 'assistant' {
  if (type === 'message') return role === 'assistant' ? 'assistant' : 'user';
  return type === 'function_call_output' ? 'user' : 'assistant';
}

function blocksOf(item: Members, at: string, reading: Reading): Block[] {
  switch (item.type) {
    case 'function_call': {
      const { call_id: id, name, arguments: written } = item as { call_id: string; name: string; arguments?: string };
      return [callBlock({ id, name, written }, `${at}.arguments`, reading)];
    }
    case 'function_call_output':
      return resultBlocks(String(item.call_id), partsOf(item.output, `${at}.output`, reading), reading);
    case 'reasoning':
      return reasoningBlock(openedThought(item.encrypted_content, `${at}.encrypted_content`));
    default:
      return partsOf(item.content, `${at}.content`, reading);
  }
}

function systemBlocks({ content }: Members, at: string, reading: Reading): SystemBlock[] {
  return partsOf(content, `${at}.content`, reading).map((part, index) => {
    if ('text' in part || 'cachePoint' in part) return part;
    throw unsupported(`${at}.content[${index}].type`, 'Converse takes text alone there.');
  });
}

function partsOf(content: Json | undefined, at: string, reading: Reading): Parts {
  if (!Array.isArray(content)) return textBlocks(typeof content === 'string' ? content : '');
  return (content as Members[]).flatMap((part, index) => {
    const blocks = partBlocks(part, `${at}[${index}]`, reading);
    return blocks.length === 0 ? [] : [...blocks, ...cachePoint(part)];
  });
}

function partBlocks(part: Members, at: string, { names }: Reading): MediaBlock[] {
  switch (part.type) {
    case 'input_image':
      return [imageBlock(String(part.image_url), `${at}.image_url`)];
    case 'input_file':
      return [
        documentBlock(String(part.file_data), (part.filename as string | null) ?? undefined, `${at}.file_data`, names),
      ];
    default:
      return textBlocks(String(part.text ?? part.refusal));
  }
}
