import { createHash } from 'node:crypto';
import type { Answer } from '../answer/answer.ts';
import { type Part, type Prompt, textPart } from '../answer/prompt.ts';
import { pieces } from '../answer/tokens.ts';
import { invalid } from '../error.ts';
import { countAt, type JsonObject, listAt, objectOf, textOf, textsAt } from '../read.ts';

/** What runs behind an endpoint: the body it takes and the one it gives. */
export interface ContainerFormat {
  /** @throws AwsError ValidationException */
  read(body: JsonObject): Prompt;
  whole(answer: Answer, endpoint: string): object;
  /** The server-sent events of a stream, each a payload part. */
  events(answer: Answer, endpoint: string, body: JsonObject): string[];
}

/** LMI and TGI containers take OpenAI's `messages`, and the older `{inputs, parameters}`. */
export function containerFormat(body: JsonObject): ContainerFormat {
  return body.messages === undefined ? generation : chat;
}

const FINISH = { end: 'stop', 'stop-sequence': 'stop', 'max-tokens': 'length', tool: 'tool_calls' } as const;

const chat: ContainerFormat = {
  read(body) {
    const tools = listAt(body.tools, 'tools');
    const messages = listAt(body.messages, 'messages').map((item) => objectOf(item, 'messages'));
    if (messages.length === 0) throw invalid('messages must not be empty');
    const spoken = messages.filter(({ role }) => role === 'user' || role === 'tool');
    return {
      parts: messages.flatMap(({ content }) => contentTexts(content).map(textPart)),
      lastUserText: contentTexts(spoken.at(-1)?.content).join('\n'),
      // A tool has been called already when its result is the last thing said.
      tools: tools.length > 0 && spoken.at(-1)?.role !== 'tool',
      maxTokens: countAt(body.max_tokens ?? body.max_completion_tokens, 'max_tokens'),
      stop: typeof body.stop === 'string' ? [body.stop] : textsAt(body.stop, 'stop'),
    };
  },
  whole: (answer, endpoint) => ({
    ...chatHead(answer, endpoint, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: textOfAnswer(answer), ...toolCalls(answer) },
        finish_reason: FINISH[answer.stop],
      },
    ],
    usage: chatUsage(answer),
  }),
  events(answer, endpoint, body) {
    const head = chatHead(answer, endpoint, 'chat.completion.chunk');
    const chunk = (delta: object, finish_reason: string | null = null): object => ({
      ...head,
      choices: [{ index: 0, delta, finish_reason }],
    });
    const text = textOfAnswer(answer);
    const chunks = [
      chunk({ role: 'assistant', content: '' }),
      ...(text === null ? [chunk(toolCalls(answer))] : pieces(text).map((content) => chunk({ content }))),
      chunk({}, FINISH[answer.stop]),
    ];
    if (objectOf(body.stream_options ?? {}, 'stream_options').include_usage === true)
      chunks.push({ ...head, choices: [], usage: chatUsage(answer) });
    return [...chunks.map(sse), 'data: [DONE]\n\n'];
  },
};

const generation: ContainerFormat = {
  read(body) {
    const parameters = objectOf(body.parameters ?? {}, 'parameters');
    const inputs = textOf(body.inputs, 'inputs');
    const parts: Part[] = [textPart(inputs)];
    return {
      parts,
      lastUserText: inputs,
      tools: false,
      maxTokens: countAt(parameters.max_new_tokens, 'parameters.max_new_tokens'),
      stop: textsAt(parameters.stop, 'parameters.stop'),
    };
  },
  whole: (answer) => [{ generated_text: textOfAnswer(answer) }],
  events(answer) {
    const text = textOfAnswer(answer) ?? '';
    const all = pieces(text);
    return all.map((piece, index) =>
      sse({
        index: index + 1,
        token: { id: index + 1, text: piece, logprob: 0, special: false },
        generated_text: index === all.length - 1 ? text : null,
      }),
    );
  },
};

function contentTexts(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  return listAt(content, 'content')
    .map((item) => objectOf(item, 'content').text)
    .filter((text) => typeof text === 'string');
}

function chatHead({ blocks }: Answer, model: string, object: string): object {
  const id = createHash('sha256').update(JSON.stringify(blocks)).digest('hex').slice(0, 24);
  return { id: `chatcmpl-${id}`, object, created: 0, model };
}

function chatUsage({ usage }: Answer): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
  };
}

/** Null when tools are called instead, as OpenAI has it. */
function textOfAnswer({ blocks }: Answer): string | null {
  const texts = blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
  return texts.length === 0 ? null : texts.join('');
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

const sse = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
