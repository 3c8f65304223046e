import { createHash } from 'node:crypto';
import type { Answer, Block } from '../../answer/answer.ts';
import { cachePoint, choiceOf, type Part, type Prompt, type Tool, textPart } from '../../answer/prompt.ts';
import { pieces } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { countAt, type JsonObject, listAt, objectOf, textOf, textsAt, ttlAt } from '../../read.ts';
import type { CacheTtl, Usage } from '../../service.ts';
import { checkClaude } from './claude.ts';
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
  checkClaude(body);
  const maxTokens = countAt(body.max_tokens, 'max_tokens');
  if (maxTokens === undefined) throw invalid('max_tokens: Field required');
  const tools = listAt(body.tools, 'tools').map((tool) => objectOf(tool, 'tools'));
  const callable = tools.map(toolOf);
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
    tools: callable,
    toolChoice: choiceOf(asked(body.tool_choice), callable),
    ...schemaOf(body.output_config ?? body.output_format),
    reasoning: thinks(body.thinking, 'thinking'),
    maxTokens,
    stop: textsAt(body.stop_sequences, 'stop_sequences'),
  };
}

/** One that the vendor defines has a type and a name, and no schema here. */
function toolOf({ name, input_schema = {} }: JsonObject): Tool {
  return { name: textOf(name, 'tools.name'), schema: input_schema };
}

function asked(choice: unknown): 'auto' | 'any' | 'none' | { name: string } {
  const { type = 'auto', name } = objectOf(choice ?? {}, 'tool_choice');
  if (type === 'tool') return { name: textOf(name, 'tool_choice.name') };
  if (type === 'auto' || type === 'any' || type === 'none') return type;
  throw invalid('tool_choice.type must be auto, any, tool or none');
}

/** `output_config` has it in a `format`, and its predecessor `output_format` is that itself. */
function schemaOf(config: unknown): Pick<Prompt, 'schema'> {
  const outer = objectOf(config ?? {}, 'output_config');
  const { type, schema } = objectOf(outer.format ?? outer, 'output_config.format');
  return type === 'json_schema' ? { schema: schema ?? {} } : {};
}

/** Whether a `thinking` asks for reasoning, as Claude's own body has it and Converse's further fields for it. */
export function thinks(value: unknown, name: string): boolean {
  const { type = 'disabled' } = objectOf(value ?? {}, name);
  if (type === 'enabled' || type === 'adaptive') return true;
  if (type === 'disabled') return false;
  throw invalid(`${name}.type must be enabled, adaptive or disabled`);
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
