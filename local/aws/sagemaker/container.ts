import type { Answer } from '../answer/answer.ts';
import { chatChunks, chatCompletion, readChat, textOfAnswer } from '../answer/chat.ts';
import { type Part, type Prompt, textPart } from '../answer/prompt.ts';
import { pieces } from '../answer/tokens.ts';
import { countAt, type JsonObject, objectOf, textOf, textsAt } from '../read.ts';

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

const chat: ContainerFormat = {
  read: readChat,
  whole: (answer, endpoint) => chatCompletion(answer, endpoint, textOfAnswer(answer)),
  events(answer, endpoint, body) {
    const includeUsage = objectOf(body.stream_options ?? {}, 'stream_options').include_usage === true;
    return [...chatChunks(answer, endpoint, textOfAnswer(answer), includeUsage).map(sse), 'data: [DONE]\n\n'];
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
      tools: [],
      toolChoice: 'none',
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

const sse = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
