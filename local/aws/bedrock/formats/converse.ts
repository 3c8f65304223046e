import type { Answer, Block } from '../../answer/answer.ts';
import { cachePoint, type Part, type Prompt, textPart } from '../../answer/prompt.ts';
import { pieces } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { countAt, type JsonObject, listAt, objectOf, textOf, textsAt, ttlAt } from '../../read.ts';

/**
 * The Converse API's messages and answers
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
 */

const STOP_REASONS = {
  end: 'end_turn',
  'max-tokens': 'max_tokens',
  'stop-sequence': 'stop_sequence',
  tool: 'tool_use',
} as const;

/** @throws AwsError ValidationException */
export function readConverse(body: JsonObject): Prompt {
  const inference = objectOf(body.inferenceConfig ?? {}, 'inferenceConfig');
  const tools = listAt(objectOf(body.toolConfig ?? {}, 'toolConfig').tools, 'toolConfig.tools');
  const messages = listAt(body.messages, 'messages').map((item) => objectOf(item, 'messages'));
  if (messages[0]?.role !== 'user') throw invalid('A conversation must start with a user message.');
  const parts: Part[] = [
    ...tools.map((tool) => toolPart(objectOf(tool, 'tools'))),
    ...listAt(body.system, 'system').flatMap((block) => blockParts(objectOf(block, 'system'))),
  ];
  let lastUserText = '';
  for (const { role, content } of messages) {
    if (role !== 'user' && role !== 'assistant') throw invalid('messages.role must be user or assistant');
    const blocks = listAt(content, 'messages.content').map((block) => objectOf(block, 'messages.content'));
    if (blocks.length === 0) throw invalid('The content of a message is empty.');
    parts.push(other(role), ...blocks.flatMap(blockParts));
    if (role === 'user') lastUserText = userText(blocks) ?? lastUserText;
  }
  return {
    parts,
    lastUserText,
    tools: tools.length > 0,
    maxTokens: countAt(inference.maxTokens ?? inference.max_new_tokens, 'inferenceConfig.maxTokens'),
    stop: textsAt(inference.stopSequences, 'inferenceConfig.stopSequences'),
  };
}

/** A message's own text; a message of tool results only speaks with theirs. Undefined: it has neither. */
function userText(blocks: readonly JsonObject[]): string | undefined {
  const own = blocks.filter(({ toolResult }) => toolResult === undefined);
  const texts = textsOf(own.length > 0 && textsOf(own).length > 0 ? own : blocks);
  return texts.length === 0 ? undefined : texts.join('\n');
}

function textsOf(blocks: readonly JsonObject[]): string[] {
  return blocks.flatMap(blockParts).flatMap((part) => (part.kind === 'text' ? [part.text] : []));
}

function blockParts(block: JsonObject): Part[] {
  if (block.text !== undefined) return [textPart(textOf(block.text, 'text'))];
  if (block.cachePoint !== undefined) return [pointOf(block.cachePoint)];
  if (block.guardContent !== undefined) {
    const { text } = objectOf(block.guardContent, 'guardContent');
    return text === undefined ? [other(block)] : [textPart(textOf(objectOf(text, 'guardContent.text').text, 'text'))];
  }
  if (block.toolResult !== undefined)
    return listAt(objectOf(block.toolResult, 'toolResult').content, 'toolResult.content').flatMap((item) => {
      const { text, json } = objectOf(item, 'toolResult.content');
      if (text !== undefined) return [textPart(textOf(text, 'toolResult.content.text'))];
      return json === undefined ? [other(item)] : [textPart(JSON.stringify(json))];
    });
  return [other(block)];
}

const toolPart = (tool: JsonObject): Part => (tool.cachePoint === undefined ? other(tool) : pointOf(tool.cachePoint));

function pointOf(value: unknown): Part {
  return cachePoint(ttlAt(objectOf(value, 'cachePoint').ttl, 'cachePoint.ttl'));
}

const other = (value: unknown): Part => ({ kind: 'other', text: JSON.stringify(value) });

/** The answer of Converse. */
export function converseAnswer(answer: Answer): object {
  return {
    output: { message: { role: 'assistant', content: answer.blocks.map(contentBlock) } },
    stopReason: STOP_REASONS[answer.stop],
    usage: answer.usage,
    metrics: { latencyMs: answer.latencyMs },
  };
}

function contentBlock(block: Block): object {
  switch (block.kind) {
    case 'text':
      return { text: block.text };
    case 'reasoning':
      return { reasoningContent: { reasoningText: { text: block.text, signature: block.signature } } };
    case 'tool':
      return { toolUse: { toolUseId: block.id, name: block.name, input: block.input } };
  }
}

export interface ConverseEvent {
  /** `:event-type`. */
  type: string;
  payload: object;
}

/** The events of ConverseStream: one delta a token. */
export function converseEvents(answer: Answer): ConverseEvent[] {
  return [
    { type: 'messageStart', payload: { role: 'assistant' } },
    ...answer.blocks.flatMap((block, contentBlockIndex) => [
      ...(block.kind === 'tool'
        ? [
            {
              type: 'contentBlockStart',
              payload: { contentBlockIndex, start: { toolUse: { toolUseId: block.id, name: block.name } } },
            },
          ]
        : []),
      ...deltas(block).map((delta) => ({ type: 'contentBlockDelta', payload: { contentBlockIndex, delta } })),
      { type: 'contentBlockStop', payload: { contentBlockIndex } },
    ]),
    { type: 'messageStop', payload: { stopReason: STOP_REASONS[answer.stop] } },
    { type: 'metadata', payload: { usage: answer.usage, metrics: { latencyMs: answer.latencyMs } } },
  ];
}

function deltas(block: Block): object[] {
  switch (block.kind) {
    case 'text':
      return pieces(block.text).map((text) => ({ text }));
    case 'reasoning':
      return [
        ...pieces(block.text).map((text) => ({ reasoningContent: { text } })),
        { reasoningContent: { signature: block.signature } },
      ];
    case 'tool':
      return pieces(JSON.stringify(block.input)).map((input) => ({ toolUse: { input } }));
  }
}
