import type { Answer } from '../answer/answer.ts';
import { chatChunks, chatCompletion, readChat, textOfAnswer } from '../answer/chat.ts';
import { embedding } from '../answer/embedding.ts';
import { type Part, type Prompt, textPart } from '../answer/prompt.ts';
import { countTokens, pieces } from '../answer/tokens.ts';
import { invalid } from '../error.ts';
import { countAt, type JsonObject, objectOf, textOf, textsAt } from '../read.ts';

/** What runs behind an endpoint: the body it takes and the one it gives. */
export interface ContainerFormat {
  /** @throws AwsError ValidationException */
  read(body: JsonObject): Prompt;
  whole(answer: Answer, endpoint: string, body: JsonObject): object;
  /** The server-sent events of a stream, each a payload part. */
  events(answer: Answer, endpoint: string, body: JsonObject): string[];
}

/** By the end of an endpoint's name; the demo's is one of LMI. */
export const CONTAINERS = ['lmi', 'tgi', 'jumpstart', 'tei', 'rerank', 'echo'] as const;
export type Container = (typeof CONTAINERS)[number];

/**
 * LMI and TGI containers take OpenAI's `messages`, and the older `{inputs, parameters}`; JumpStart's the older alone.
 *
 * @throws AwsError ValidationException
 */
export function containerFormat(container: Container, body: JsonObject): ContainerFormat {
  if (container === 'tei') return embeds;
  if (container === 'rerank') return ranks;
  if (container !== 'jumpstart') return body.messages === undefined ? generation : chat;
  if (objectOf(body.parameters ?? {}, 'parameters').details !== undefined)
    throw invalid('The following model_kwargs are not used by the model: details');
  return generation;
}

const chat: ContainerFormat = {
  read: readChat,
  whole: (answer, endpoint) => chatCompletion(answer, endpoint, textOfAnswer(answer)),
  events(answer, endpoint, body) {
    const includeUsage = objectOf(body.stream_options ?? {}, 'stream_options').include_usage === true;
    return [...chatChunks(answer, endpoint, textOfAnswer(answer), includeUsage).map(sse), 'data: [DONE]\n\n'];
  },
};

const FINISH = {
  end: 'eos_token',
  'stop-sequence': 'stop_sequence',
  'max-tokens': 'length',
  tool: 'eos_token',
} as const;

function details({ stop, usage }: Answer): object {
  return { finish_reason: FINISH[stop], generated_tokens: usage.outputTokens };
}

const asksDetails = ({ parameters }: JsonObject): boolean => objectOf(parameters ?? {}, 'parameters').details === true;

const generation: ContainerFormat = {
  read(body) {
    const parameters = objectOf(body.parameters ?? {}, 'parameters');
    const inputs = textOf(body.inputs, 'inputs');
    return {
      ...noTools([textPart(inputs)], inputs),
      maxTokens: countAt(parameters.max_new_tokens, 'parameters.max_new_tokens'),
      stop: textsAt(parameters.stop, 'parameters.stop'),
    };
  },
  whole: (answer, _, body) => [
    { generated_text: textOfAnswer(answer), ...(asksDetails(body) && { details: details(answer) }) },
  ],
  events(answer) {
    const text = textOfAnswer(answer) ?? '';
    const all = pieces(text);
    return all.map((piece, index) => {
      const isLast = index === all.length - 1;
      return sse({
        index: index + 1,
        token: { id: index + 1, text: piece, logprob: 0, special: false },
        generated_text: isLast ? text : null,
        details: isLast ? details(answer) : null,
      });
    });
  },
};

/** Components of a vector that TEI's small models have. */
const DIMENSIONS = 384;

/** TEI with a model that embeds. */
const embeds: ContainerFormat = {
  read: ({ inputs }) => noTools(listOf(inputs).map(textPart), ''),
  whole: (_, __, { inputs }) => listOf(inputs).map((text) => embedding(text, DIMENSIONS)),
  events: noStream,
};

/** TEI with a model that ranks: by how many words of the question a text has, the first first where they are equal. */
const ranks: ContainerFormat = {
  read: ({ query, texts }) => noTools([textOf(query, 'query'), ...textsAt(texts, 'texts')].map(textPart), ''),
  whole(_, __, { query, texts }) {
    const words = new Set(textOf(query, 'query').toLowerCase().split(/\s+/));
    return textsAt(texts, 'texts')
      .map((text, index) => {
        const hits = text
          .toLowerCase()
          .split(/\s+/)
          .filter((word) => words.has(word)).length;
        return { index, score: hits / Math.max(1, countTokens(text)) };
      })
      .sort((a, b) => b.score - a.score);
  },
  events: noStream,
};

function listOf(inputs: unknown): string[] {
  return typeof inputs === 'string' ? [inputs] : textsAt(inputs, 'inputs');
}

function noStream(): never {
  throw invalid('This container does not stream.');
}

function noTools(parts: Part[], lastUserText: string): Prompt {
  return { parts, lastUserText, tools: [], toolChoice: 'none', maxTokens: undefined, stop: [] };
}

const sse = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
