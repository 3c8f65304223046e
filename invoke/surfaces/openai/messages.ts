import type { Json } from '../../../contract/json.ts';
import { shownName } from '../../names.ts';
import { invalid, unsupported } from './parameters.ts';

/** Converse's message, text only (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html). */
export interface ConverseMessage {
  role: 'user' | 'assistant';
  content: { text: string }[];
}

export interface Conversation {
  system: { text: string }[];
  messages: ConverseMessage[];
}

/** Members of an assistant's message that this surface itself writes, so that an answer can be sent back as it came. */
const ECHOED = new Set(['refusal', 'annotations', 'tool_calls', 'function_call', 'audio']);

/**
 * OpenAI's messages -> Converse's. System and developer messages go before the conversation, in their order, because
 * Converse has no place for them within it; neighbours of one role become one message, because its roles alternate. What
 * says nothing (null, no text, white space alone) is left out: clients write it where they mean nothing, this surface itself
 * where a model only reasoned, and Bedrock refuses a blank text.
 *
 * @throws TollgateError `invalid_request` naming the member, e.g. `messages[1].content[0]`
 */
export function parseMessages(value: Json | undefined): Conversation {
  if (!Array.isArray(value) || value.length === 0) throw invalid('messages', 'must be a non-empty array');
  const system: { text: string }[] = [];
  const messages: ConverseMessage[] = [];
  value.forEach((item, index) => {
    const { role, content } = parseMessage(item, `messages[${index}]`);
    if (content.length === 0) return;
    if (role === 'system') system.push(...content);
    else if (messages.at(-1)?.role === role) messages.at(-1)?.content.push(...content);
    else messages.push({ role, content });
  });
  if (messages.length === 0) throw invalid('messages', 'must hold a user message that is not blank');
  return { system, messages };
}

function parseMessage(item: Json, at: string): { role: 'system' | 'user' | 'assistant'; content: { text: string }[] } {
  if (item === null || typeof item !== 'object' || Array.isArray(item)) throw invalid(at, 'must be an object');
  const { role: written, content, ...rest } = item;
  const role = roleOf(written, `${at}.role`);
  for (const [name, value] of Object.entries(rest)) {
    const empty = value === null || (Array.isArray(value) && value.length === 0);
    if (!(empty && role === 'assistant' && ECHOED.has(name)) && value !== null)
      throw unsupported(`${at}.${shownName(name)}`);
  }
  // A model that only called tools, or only reasoned, has no content.
  const absent = content === null || (content === undefined && role === 'assistant');
  return { role, content: absent ? [] : parseContent(content, `${at}.content`) };
}

function roleOf(role: Json | undefined, at: string): 'system' | 'user' | 'assistant' {
  switch (role) {
    case 'system':
    case 'developer':
      return 'system';
    case 'user':
    case 'assistant':
      return role;
    case 'tool':
    case 'function':
      throw unsupported(at, 'Answers of tools are not supported here.', true);
    default:
      throw invalid(at, 'must be system, developer, user or assistant');
  }
}

function parseContent(content: Json | undefined, at: string): { text: string }[] {
  if (typeof content === 'string') return textOf(content);
  if (!Array.isArray(content)) throw invalid(at, 'must be a string or an array');
  return content.flatMap((part, index) => parsePart(part, `${at}[${index}]`));
}

function parsePart(part: Json, at: string): { text: string }[] {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) throw invalid(at, 'must be an object');
  // An address within a request is never fetched: the gateway stands inside the network that it would be fetched from.
  if (part.type === 'image_url')
    throw unsupported(at, 'Images are not supported here, and addresses are never fetched.', true);
  if (part.type !== 'text') throw unsupported(at, 'Only parts of the type text are supported here.', true);
  for (const name of Object.keys(part))
    if (name !== 'type' && name !== 'text') throw unsupported(`${at}.${shownName(name)}`);
  if (typeof part.text !== 'string') throw invalid(`${at}.text`, 'must be text');
  return textOf(part.text);
}

function textOf(text: string): { text: string }[] {
  return text.trim() === '' ? [] : [{ text }];
}
