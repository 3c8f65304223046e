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
import { invalid } from '../fields.ts';

/** What OpenAI's formats say, each in its own members, as blocks of Converse. */

export interface Conversation {
  system: SystemBlock[];
  messages: ConverseMessage[];
}

/** What a conversation is read with. */
export interface Reading {
  /** Whether tools are offered: without them Bedrock takes no blocks of calls and results, which are text then. */
  offered: boolean;
  /** Of the documents so far. */
  names: Set<string>;
}

/** Neighbours of one role become one message, because Converse's roles alternate; what says nothing is left out. */
export function say(messages: ConverseMessage[], role: 'user' | 'assistant', content: Block[]): void {
  if (content.length === 0) return;
  const last = messages.at(-1);
  if (last?.role === role) last.content.push(...content);
  else messages.push({ role, content });
}

/** None of a blank text, which Bedrock refuses, and clients write where they mean nothing. */
export function textBlocks(text: string): { text: string }[] {
  return text.trim() === '' ? [] : [{ text }];
}

/** What a model thought, as it takes it back. */
export interface Thought {
  text?: string;
  /** Without it, and without `data`, the model does not take it back. */
  signature?: string;
  /** All of it, in a form that only its maker reads. */
  data?: string;
}

/** A model takes back what it thought only as it was signed. */
export function reasoningBlock({ text = '', signature, data }: Thought): ReasoningBlock[] {
  if (data !== undefined) return [{ reasoningContent: { redactedContent: data } }];
  if (signature === undefined || signature === '') return [];
  return [{ reasoningContent: { reasoningText: { text, signature } } }];
}

/** @param at the member that holds the arguments @throws TollgateError `invalid_request` */
export function callBlock(
  { id, name, written }: { id: string; name: string; written: string | undefined },
  at: string,
  { offered }: Reading,
): Block {
  if (!offered) return { text: `${name}(${written ?? ''})` };
  return { toolUse: { toolUseId: callId(id), name, input: inputOf(written, at) } };
}

/** Who calls a tool without anything writes nothing, or an empty object. */
function inputOf(written: string | undefined, at: string): Json {
  if (written === undefined || written.trim() === '') return {};
  const input = parseJson(written, at);
  if (input === null || typeof input !== 'object' || Array.isArray(input)) throw invalid(at, 'must be a JSON object');
  return input;
}

export function resultBlocks(id: string, parts: (MediaBlock | CachePoint)[], { offered }: Reading): Block[] {
  if (!offered) return parts;
  const isMedia = (part: Block): part is MediaBlock => !('cachePoint' in part);
  const given: ToolResultBlock['toolResult']['content'] = parts.filter(isMedia);
  const toolUseId = callId(id);
  // A tool that returned nothing has been called all the same; a blank text would be refused.
  const result: ToolResultBlock = { toolResult: { toolUseId, content: given.length === 0 ? [{ json: {} }] : given } };
  return [result, ...parts.filter((part) => !isMedia(part))];
}

const CALL_ID = /^[\w-]{1,64}$/;

/** Other providers' ids may be longer, or of other characters, than Bedrock takes. */
function callId(id: string): string {
  return CALL_ID.test(id) ? id : id.replace(/[^\w-]/g, '_').slice(-TOOL_NAME_MAX_CHARS);
}
