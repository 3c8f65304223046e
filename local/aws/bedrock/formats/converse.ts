import type { Answer, Block } from '../../answer/answer.ts';
import { cachePoint, choiceOf, type Part, type Prompt, type Tool, textPart } from '../../answer/prompt.ts';
import { pieces } from '../../answer/tokens.ts';
import { invalid } from '../../error.ts';
import { countAt, type JsonObject, listAt, objectOf, textOf, textsAt, ttlAt } from '../../read.ts';
import { thinks } from './anthropic.ts';
import { reasonsAt } from './openai.ts';

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
  const { tools: given, toolChoice } = objectOf(body.toolConfig ?? {}, 'toolConfig');
  const listed = listAt(given, 'toolConfig.tools').map((tool) => objectOf(tool, 'tools'));
  const tools = listed.flatMap(toolsOf);
  const messages = listAt(body.messages, 'messages').map((item) => objectOf(item, 'messages'));
  if (messages[0]?.role !== 'user') throw invalid('A conversation must start with a user message.');
  const parts: Part[] = [
    ...listed.map(toolPart),
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
    tools,
    toolChoice: choiceOf(asked(toolChoice), tools),
    ...schemaOf(body.outputConfig),
    reasoning: reasons(body.additionalModelRequestFields),
    maxTokens: countAt(inference.maxTokens ?? inference.max_new_tokens, 'inferenceConfig.maxTokens'),
    stop: textsAt(inference.stopSequences, 'inferenceConfig.stopSequences'),
  };
}

function toolsOf({ toolSpec }: JsonObject): Tool[] {
  if (toolSpec === undefined) return [];
  const { name, inputSchema } = objectOf(toolSpec, 'toolSpec');
  return [{ name: textOf(name, 'toolSpec.name'), schema: objectOf(inputSchema, 'toolSpec.inputSchema').json ?? {} }];
}

function asked(choice: unknown): 'auto' | 'any' | { name: string } {
  const { any, tool } = objectOf(choice ?? {}, 'toolConfig.toolChoice');
  if (tool !== undefined) return { name: textOf(objectOf(tool, 'toolChoice.tool').name, 'toolChoice.tool.name') };
  return any === undefined ? 'auto' : 'any';
}

/** The schema is JSON in a text there. */
function schemaOf(outputConfig: unknown): Pick<Prompt, 'schema'> {
  const { textFormat } = objectOf(outputConfig ?? {}, 'outputConfig');
  if (textFormat === undefined) return {};
  const { type, structure } = objectOf(textFormat, 'outputConfig.textFormat');
  if (type !== 'json_schema') throw invalid('outputConfig.textFormat.type must be json_schema');
  const name = 'outputConfig.textFormat.structure.jsonSchema';
  const { schema } = objectOf(objectOf(structure, 'outputConfig.textFormat.structure').jsonSchema, name);
  try {
    return { schema: JSON.parse(textOf(schema, `${name}.schema`)) };
  } catch (error) {
    throw error instanceof SyntaxError ? invalid(`${name}.schema is not JSON`) : error;
  }
}

/** Each vendor has a name of its own for it among the further fields. */
function reasons(fields: unknown): boolean {
  const { thinking, reasoning_config, reasoningConfig, reasoning_effort } = objectOf(
    fields ?? {},
    'additionalModelRequestFields',
  );
  return (
    thinks(thinking, 'thinking') ||
    thinks(reasoning_config, 'reasoning_config') ||
    thinks(reasoningConfig, 'reasoningConfig') ||
    reasonsAt(reasoning_effort)
  );
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
    stopReason: stopReasonOf(answer),
    usage: answer.usage,
    metrics: { latencyMs: answer.latencyMs },
  };
}

function stopReasonOf({ byGuardrail, stop }: Answer): string {
  return byGuardrail === true ? 'guardrail_intervened' : STOP_REASONS[stop];
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
    { type: 'messageStop', payload: { stopReason: stopReasonOf(answer) } },
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
