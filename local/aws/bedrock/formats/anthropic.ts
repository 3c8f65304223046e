import { createHash } from 'node:crypto';
import type { Answer, Block } from '../../answer/answer.ts';
import { cachePoint, type Part, type Prompt, textPart } from '../../answer/prompt.ts';
import { pieces } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { countAt, type JsonObject, listAt, objectOf, textOf, textsAt, ttlAt } from '../../read.ts';
import type { CacheTtl, Usage } from '../../service.ts';
import type { Format } from './format.ts';

/**
 * Anthropic's messages
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html).
 */
export const anthropic: Format = {
  read,
  whole: (answer, model) => message(answer, model, answer.blocks.map(contentBlock), answer.usage.outputTokens),
  chunks: (answer, model) => [
    {
      type: 'message_start',
      message: { ...message(answer, model, [], 1), stop_reason: null, stop_sequence: null },
    },
    ...answer.blocks.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: emptyBlock(block) },
      ...deltas(block).map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: STOP_REASONS[answer.stop], stop_sequence: answer.stopSequence },
      usage: { output_tokens: answer.usage.outputTokens },
    },
    { type: 'message_stop' },
  ],
};

const STOP_REASONS = {
  end: 'end_turn',
  'max-tokens': 'max_tokens',
  'stop-sequence': 'stop_sequence',
  tool: 'tool_use',
} as const;

function read(body: JsonObject): Prompt {
  textOf(body.anthropic_version, 'anthropic_version');
  const maxTokens = countAt(body.max_tokens, 'max_tokens');
  if (maxTokens === undefined) throw invalid('max_tokens: Field required');
  const tools = listAt(body.tools, 'tools').map((tool) => objectOf(tool, 'tools'));
  const parts: Part[] = [...tools.flatMap((tool) => marked([other(tool)], tool)), ...contentParts(body.system ?? [])];
  let lastUserText = '';
  const messages = listAt(body.messages, 'messages').map((item) => objectOf(item, 'messages'));
  if (messages[0]?.role !== 'user') throw invalid('messages: first message must use the "user" role');
  for (const { role, content } of messages) {
    parts.push(other(role), ...contentParts(content));
    if (role === 'user') lastUserText = userText(content) ?? lastUserText;
  }
  return {
    parts,
    lastUserText,
    tools: tools.length > 0,
    maxTokens,
    stop: textsAt(body.stop_sequences, 'stop_sequences'),
  };
}

function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return [textPart(content)];
  return listAt(content, 'content').flatMap((item) => {
    const block = objectOf(item, 'content');
    return marked(blockParts(block), block);
  });
}

/** A block's `cache_control` is a cache point behind it. */
function marked(parts: Part[], block: JsonObject): Part[] {
  if (block.cache_control === undefined || block.cache_control === null) return parts;
  return [...parts, cachePoint(ttlAt(objectOf(block.cache_control, 'cache_control').ttl, 'cache_control.ttl'))];
}

function blockParts(block: JsonObject): Part[] {
  if (block.type === 'text') return [textPart(textOf(block.text, 'text'))];
  if (block.type === 'tool_result') return contentParts(block.content ?? []);
  return [other(block)];
}

/** As in Converse: a message's own text, or that of its tool results when it has nothing else. */
function userText(content: unknown): string | undefined {
  const blocks = typeof content === 'string' ? [] : listAt(content, 'content').map((item) => objectOf(item, 'content'));
  const own = textsOf(blocks.filter(({ type }) => type !== 'tool_result').flatMap(blockParts));
  const texts = typeof content === 'string' ? [content] : own.length > 0 ? own : textsOf(blocks.flatMap(blockParts));
  return texts.length === 0 ? undefined : texts.join('\n');
}

const textsOf = (parts: Part[]): string[] => parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
const other = (value: unknown): Part => ({ kind: 'other', text: JSON.stringify(value) });

function message(answer: Answer, model: string, content: object[], outputTokens: number): object {
  return {
    id: `msg_bdrk_${createHash('sha256').update(JSON.stringify(answer.blocks)).digest('hex').slice(0, 24)}`,
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: STOP_REASONS[answer.stop],
    stop_sequence: answer.stopSequence,
    usage: {
      input_tokens: answer.usage.inputTokens,
      cache_creation_input_tokens: answer.usage.cacheWriteInputTokens,
      cache_read_input_tokens: answer.usage.cacheReadInputTokens,
      cache_creation: {
        ephemeral_5m_input_tokens: written(answer.usage, '5m'),
        ephemeral_1h_input_tokens: written(answer.usage, '1h'),
      },
      output_tokens: outputTokens,
    },
  };
}

function written({ cacheDetails = [] }: Usage, ttl: CacheTtl): number {
  return cacheDetails.find((detail) => detail.ttl === ttl)?.inputTokens ?? 0;
}

function contentBlock(block: Block): object {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: block.text };
    case 'reasoning':
      return { type: 'thinking', thinking: block.text, signature: block.signature };
    case 'tool':
      return { type: 'tool_use', id: block.id, name: block.name, input: block.input };
  }
}

function emptyBlock(block: Block): object {
  switch (block.kind) {
    case 'text':
      return { type: 'text', text: '' };
    case 'reasoning':
      return { type: 'thinking', thinking: '', signature: '' };
    case 'tool':
      return { type: 'tool_use', id: block.id, name: block.name, input: {} };
  }
}

function deltas(block: Block): object[] {
  switch (block.kind) {
    case 'text':
      return pieces(block.text).map((text) => ({ type: 'text_delta', text }));
    case 'reasoning':
      return [
        ...pieces(block.text).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: block.signature },
      ];
    case 'tool':
      return pieces(JSON.stringify(block.input)).map((partial_json) => ({ type: 'input_json_delta', partial_json }));
  }
}
