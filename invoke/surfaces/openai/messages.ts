import { type Json, parseJson } from '../../../contract/json.ts';
import { TOOL_NAME_MAX_CHARS } from '../../../contract/limits/surfaces.ts';
import type {
  Block,
  CachePoint,
  ConverseMessage,
  MediaBlock,
  ReasoningBlock,
  SystemBlock,
  ToolResultBlock,
} from '../converse.ts';
import { invalid, type Members } from '../fields.ts';
import { documentBlock, imageBlock } from '../media.ts';

export interface Conversation {
  system: SystemBlock[];
  messages: ConverseMessage[];
}

/** What the messages are read with. */
interface Reading {
  /** Whether tools are offered: without them Bedrock takes no blocks of calls and results, which are text then. */
  offered: boolean;
  /** Of the documents so far. */
  names: Set<string>;
}

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
    const content = blocksOf(message, at, reading);
    if (content.length === 0) return;
    const last = messages.at(-1);
    if (last?.role === role) last.content.push(...content);
    else messages.push({ role, content });
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
    ...((reasoning_details ?? []) as Members[]).flatMap(reasoningBlock),
    ...partsOf(content, `${at}.content`, reading),
    ...textBlocks(typeof refusal === 'string' ? refusal : ''),
    ...calls.map((call, index) => callBlock(call, `${at}.tool_calls[${index}].function.arguments`, reading)),
  ];
}

/** A model takes back what it thought only as it was signed. */
function reasoningBlock({ text, signature, data }: Members): ReasoningBlock[] {
  if (typeof data === 'string') return [{ reasoningContent: { redactedContent: data } }];
  if (typeof signature !== 'string' || signature === '') return [];
  return [{ reasoningContent: { reasoningText: { text: String(text), signature } } }];
}

function callBlock({ id, function: called }: Members, at: string, { offered }: Reading): Block {
  const { name, arguments: written } = called as { name: string; arguments?: string };
  if (!offered) return { text: `${name}(${written ?? ''})` };
  return { toolUse: { toolUseId: callId(String(id)), name, input: inputOf(written, at) } };
}

/** Who calls a tool without anything writes nothing, or an empty object. */
function inputOf(written: string | undefined, at: string): Json {
  if (written === undefined || written.trim() === '') return {};
  const input = parseJson(written, at);
  if (input === null || typeof input !== 'object' || Array.isArray(input)) throw invalid(at, 'must be a JSON object');
  return input;
}

function toolBlocks({ tool_call_id, content }: Members, at: string, reading: Reading): Block[] {
  const parts = partsOf(content, `${at}.content`, reading);
  if (!reading.offered) return parts;
  const isMedia = (part: Block): part is MediaBlock => !('cachePoint' in part);
  const given: ToolResultBlock['toolResult']['content'] = parts.filter(isMedia);
  const toolUseId = callId(String(tool_call_id));
  // A tool that returned nothing has been called all the same; a blank text would be refused.
  const result: ToolResultBlock = { toolResult: { toolUseId, content: given.length === 0 ? [{ json: {} }] : given } };
  return [result, ...parts.filter((part) => !isMedia(part))];
}

const CALL_ID = /^[\w-]{1,64}$/;

/** Other providers' ids may be longer, or of other characters, than Bedrock takes. */
function callId(id: string): string {
  return CALL_ID.test(id) ? id : id.replace(/[^\w-]/g, '_').slice(-TOOL_NAME_MAX_CHARS);
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

function textBlocks(text: string): { text: string }[] {
  return text.trim() === '' ? [] : [{ text }];
}

/** What follows a part, or a tool, that is marked as the end of what is to be cached. */
export function cachePoint({ cache_control, prompt_cache_breakpoint }: Members): CachePoint[] {
  const mark = (cache_control ?? prompt_cache_breakpoint) as Members | null | undefined;
  if (mark == null) return [];
  const { ttl } = mark;
  if (ttl == null) return [{ cachePoint: { type: 'default' } }];
  return [{ cachePoint: { type: 'default', ttl: ttl === '5m' ? '5m' : '1h' } }];
}
