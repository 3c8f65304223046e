import type { Json } from '../../../contract/json.ts';
import type { Block, CachePoint, MediaBlock, SystemBlock, ToolResultBlock } from '../converse.ts';
import type { Members } from '../fields.ts';
import { nameFor } from '../media.ts';

/** Blocks of Anthropic's content -> Converse's. All of them have been checked against the table. */

export interface Reading {
  /** Whether the model takes back what it reasoned. */
  reasons: boolean;
  /** Whether tools are offered: without them Bedrock takes no blocks of calls and results, which are text then. */
  offered: boolean;
  /** Of the request's documents so far: Bedrock takes no two of one name. */
  names: Set<string>;
}

type Content = string | readonly Members[];

interface Text {
  text: string;
}

interface SearchResult {
  source: string;
  title: string;
  content: Text[];
  citations?: { enabled: boolean };
}

interface Document {
  source: { type: string; data: string; content: string | Text[] };
  title?: string | null;
  context?: string;
  citations?: { enabled: boolean };
}

/** Bedrock refuses a result that says nothing, and agents' commands often say nothing. */
const NO_OUTPUT = { text: '(no output)' };

/** Clients write blank texts where they mean nothing, and models before they call tools; Bedrock refuses them. */
export function textBlocks(text: string): { text: string }[] {
  return text.trim() === '' ? [] : [{ text }];
}

export function systemBlocks(content: Content): SystemBlock[] {
  if (typeof content === 'string') return textBlocks(content);
  return content.flatMap((block) => {
    const texts = textBlocks(block.text as string);
    return texts.length === 0 ? [] : [...texts, ...cachePoint(block.cache_control)];
  });
}

export function contentBlocks(content: Content, reading: Reading): Block[] {
  if (typeof content === 'string') return textBlocks(content);
  return content.flatMap((block): Block[] => {
    const blocks = blockOf(block, reading);
    return blocks.length === 0 ? [] : [...blocks, ...cachePoint(block.cache_control)];
  });
}

/** @param control `cache_control`, behind whose block the point stands */
export function cachePoint(control: Json | undefined): CachePoint[] {
  if (control == null) return [];
  const { ttl } = control as { ttl?: '5m' | '1h' };
  return [{ cachePoint: { type: 'default', ...(ttl == null ? {} : { ttl }) } }];
}

function blockOf(block: Members, reading: Reading): Block[] {
  const { type, id, name, input, thinking, signature, data } = block as Record<string, string>;
  switch (type) {
    case 'tool_use':
      if (!reading.offered) return [{ text: `${name}(${JSON.stringify(input ?? {})})` }];
      return [{ toolUse: { toolUseId: id ?? '', name: name ?? '', input: input ?? {} } }];
    case 'tool_result': {
      const result = toolResult(block, reading);
      return reading.offered ? [result] : (result.toolResult.content as MediaBlock[]);
    }
    case 'thinking':
      if (!reading.reasons || !signature) return [];
      return [{ reasoningContent: { reasoningText: { text: thinking ?? '', signature } } }];
    case 'redacted_thinking':
      return reading.reasons ? [{ reasoningContent: { redactedContent: data ?? '' } }] : [];
    default:
      return mediaBlock(block, reading);
  }
}

function toolResult({ tool_use_id, content, is_error }: Members, reading: Reading): ToolResultBlock {
  const blocks =
    typeof content === 'string'
      ? textBlocks(content)
      : ((content ?? []) as Members[]).flatMap((part) => mediaBlock(part, reading));
  return {
    toolResult: {
      toolUseId: tool_use_id as string,
      content: blocks.length === 0 ? [NO_OUTPUT] : blocks,
      ...(is_error === true ? { status: 'error' } : {}),
    },
  };
}

function mediaBlock(block: Members, { names }: Reading): MediaBlock[] {
  switch (block.type) {
    case 'image': {
      const { media_type, data } = block.source as { media_type: string; data: string };
      return [{ image: { format: media_type.slice('image/'.length), source: { bytes: data } } }];
    }
    case 'document':
      return [documentBlock(block, names)];
    case 'search_result': {
      const { source, title, content, citations } = block as unknown as SearchResult;
      const texts = content.flatMap(({ text }) => textBlocks(text));
      return [{ searchResult: { source, title, content: texts, ...(citations && { citations }) } }];
    }
    default:
      return textBlocks(block.text as string);
  }
}

function documentBlock(block: Members, names: Set<string>): MediaBlock {
  const { source, title, context, citations } = block as unknown as Document;
  const { type, data, content } = source;
  const given = {
    name: nameFor(title ?? undefined, names),
    ...(context && { context }),
    ...(citations && { citations }),
  };
  if (type === 'base64') return { document: { format: 'pdf', source: { bytes: data }, ...given } };
  if (type === 'text') return { document: { format: 'txt', source: { bytes: base64Of(data) }, ...given } };
  const texts = typeof content === 'string' ? textBlocks(content) : content.map(({ text }) => ({ text }));
  return { document: { format: 'txt', source: { content: texts }, ...given } };
}

const base64Of = (text: string): string => Buffer.from(text).toString('base64');
