import { createHash } from 'node:crypto';
import { invalid } from '../error.ts';
import { countAt, type JsonObject, listAt, objectOf, textOf, textsAt } from '../read.ts';
import type { Answer } from './answer.ts';
import { choiceOf, type Prompt, type Tool, textPart } from './prompt.ts';
import { pieces } from './tokens.ts';

/**
 * OpenAI's chat completions (https://platform.openai.com/docs/api-reference/chat), as SageMaker's containers and Bedrock's
 * open-weight models speak them.
 */

/** @throws AwsError ValidationException */
export function readChat(body: JsonObject): Prompt {
  const tools = listAt(body.tools, 'tools').map(toolOf);
  const messages = listAt(body.messages, 'messages').map((item) => objectOf(item, 'messages'));
  if (messages.length === 0) throw invalid('messages must not be empty');
  const spoken = messages.filter(({ role }) => role === 'user' || role === 'tool');
  return {
    parts: messages.flatMap(({ content }) => contentTexts(content).map(textPart)),
    lastUserText: contentTexts(spoken.at(-1)?.content).join('\n'),
    tools,
    toolChoice: choiceOf(asked(body.tool_choice, spoken.at(-1)?.role === 'tool'), tools),
    ...schemaOf(body.response_format),
    maxTokens: countAt(body.max_tokens ?? body.max_completion_tokens, 'max_tokens'),
    stop: typeof body.stop === 'string' ? [textOf(body.stop, 'stop')] : textsAt(body.stop, 'stop'),
  };
}

function toolOf(value: unknown): Tool {
  const { name, parameters = {} } = objectOf(objectOf(value, 'tools').function, 'tools.function');
  return { name: textOf(name, 'tools.function.name'), schema: parameters };
}

/** @param called whether a tool's result is the last thing said: it has been called, so only who insists is answered a call */
function asked(choice: unknown, called: boolean): 'auto' | 'any' | 'none' | { name: string } {
  switch (choice ?? 'auto') {
    case 'auto':
      return called ? 'none' : 'auto';
    case 'none':
      return 'none';
    case 'required':
      return 'any';
    default: {
      const { name } = objectOf(objectOf(choice, 'tool_choice').function, 'tool_choice.function');
      return { name: textOf(name, 'tool_choice.function.name') };
    }
  }
}

/** Of an object that nobody described, one member is as good as any. */
const ANY_OBJECT = { type: 'object', properties: { text: { type: 'string' } } };

function schemaOf(format: unknown): Pick<Prompt, 'schema'> {
  const { type = 'text', json_schema, value } = objectOf(format ?? {}, 'response_format');
  if (type === 'text') return {};
  // TGI's own form of a schema.
  if (type === 'json_object') return { schema: value ?? ANY_OBJECT };
  if (type !== 'json_schema') throw invalid('response_format.type must be text, json_object or json_schema');
  return { schema: objectOf(json_schema, 'response_format.json_schema').schema ?? {} };
}

const FINISH = { end: 'stop', 'stop-sequence': 'stop', 'max-tokens': 'length', tool: 'tool_calls' } as const;

/** @param content the answer's text, or null where there is none */
export function chatCompletion(answer: Answer, model: string, content: string | null): object {
  return {
    ...head(answer, model, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, ...toolCalls(answer) },
        finish_reason: FINISH[answer.stop],
      },
    ],
    usage: usageOf(answer),
  };
}

/** @param includeUsage whether a last chunk without choices says what it cost */
export function chatChunks(answer: Answer, model: string, content: string | null, includeUsage: boolean): object[] {
  const same = head(answer, model, 'chat.completion.chunk');
  const chunk = (delta: object, finish_reason: string | null = null): object => ({
    ...same,
    choices: [{ index: 0, delta, finish_reason }],
  });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...(content === null ? [] : pieces(content).map((piece) => chunk({ content: piece }))),
    ...(answer.stop === 'tool' ? [chunk(toolCalls(answer))] : []),
    chunk({}, FINISH[answer.stop]),
    ...(includeUsage ? [{ ...same, choices: [], usage: usageOf(answer) }] : []),
  ];
}

/** Null when tools are called instead, as OpenAI has it. */
export function textOfAnswer({ blocks }: Answer): string | null {
  const texts = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
  return texts.length === 0 ? null : texts.join('');
}

function contentTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  return listAt(content, 'content')
    .map((item) => objectOf(item, 'content').text)
    .filter((text) => typeof text === 'string');
}

function head({ blocks }: Answer, model: string, object: string): object {
  const id = createHash('sha256').update(JSON.stringify(blocks)).digest('hex').slice(0, 24);
  return { id: `chatcmpl-${id}`, object, created: 0, model };
}

function usageOf({ usage }: Answer): object {
  const { reasoningTokens } = usage;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

function toolCalls({ blocks }: Answer): object {
  const calls = blocks.flatMap((block) => (block.kind === 'tool' ? [block] : []));
  if (calls.length === 0) return {};
  return {
    tool_calls: calls.map(({ id, name, input }, index) => ({
      index,
      id,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    })),
  };
}
