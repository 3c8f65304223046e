import type { Answer } from '../../answer/answer.ts';
import { type Prompt, textPart } from '../../answer/prompt.ts';
import { pieces } from '../../answer/tokens.ts';
import { countAt, type JsonObject, objectOf, textOf, textsAt } from '../../read.ts';
import { anthropic } from './anthropic.ts';
import type { Format } from './format.ts';

/** The bodies of models that complete one text; the conversation, if any, is written into it. */

/** Meta Llama (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html). */
export const llama: Format = {
  read: (body) => completion(body.prompt, 'prompt', lastLlamaTurn, countAt(body.max_gen_len, 'max_gen_len')),
  whole: (answer) => ({
    generation: textOfAnswer(answer),
    prompt_token_count: promptTokens(answer),
    generation_token_count: answer.usage.outputTokens,
    stop_reason: llamaStop(answer),
  }),
  chunks: (answer) => [
    ...pieces(textOfAnswer(answer)).map((generation, index) => ({
      generation,
      prompt_token_count: index === 0 ? promptTokens(answer) : null,
      generation_token_count: index + 1,
      stop_reason: null,
    })),
    {
      generation: '',
      prompt_token_count: null,
      generation_token_count: answer.usage.outputTokens,
      stop_reason: llamaStop(answer),
    },
  ],
};

/** Claude before messages (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-text-completion.html). */
const claudeText: Format = {
  read: (body) => ({
    ...completion(
      body.prompt,
      'prompt',
      lastHumanTurn,
      countAt(body.max_tokens_to_sample ?? 200, 'max_tokens_to_sample'),
    ),
    stop: textsAt(body.stop_sequences, 'stop_sequences'),
  }),
  whole: (answer) => ({
    type: 'completion',
    completion: textOfAnswer(answer),
    stop_reason: claudeStop(answer),
    stop: answer.stopSequence,
  }),
  chunks: (answer) => [
    ...pieces(textOfAnswer(answer)).map((text) => ({
      type: 'completion',
      completion: text,
      stop_reason: null,
      stop: null,
    })),
    { type: 'completion', completion: '', stop_reason: claudeStop(answer), stop: answer.stopSequence },
  ],
};

/** Claude 2 takes both the old text body and messages; the one it was asked in is the one it answers in. */
export function claudeLegacy(body: JsonObject): Format {
  return body.prompt === undefined ? anthropic : claudeText;
}

/** Titan Text (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html). */
export const titanText: Format = {
  read(body) {
    const config = objectOf(body.textGenerationConfig ?? {}, 'textGenerationConfig');
    return {
      ...completion(body.inputText, 'inputText', lastTitanTurn, countAt(config.maxTokenCount, 'maxTokenCount')),
      stop: textsAt(config.stopSequences, 'stopSequences'),
    };
  },
  whole: (answer) => ({
    inputTextTokenCount: promptTokens(answer),
    results: [
      {
        tokenCount: answer.usage.outputTokens,
        outputText: textOfAnswer(answer),
        completionReason: titanStop(answer),
      },
    ],
  }),
  chunks: (answer) => {
    const texts = pieces(textOfAnswer(answer));
    return texts.map((outputText, index) => ({
      outputText,
      index: 0,
      totalOutputTextTokenCount: index + 1,
      completionReason: index === texts.length - 1 ? titanStop(answer) : null,
      inputTextTokenCount: index === 0 ? promptTokens(answer) : null,
    }));
  },
};

function completion(
  value: unknown,
  name: string,
  lastTurn: (text: string) => string,
  maxTokens: number | undefined,
): Prompt {
  const text = textOf(value, name);
  return { parts: [textPart(text)], lastUserText: lastTurn(text), tools: [], toolChoice: 'none', maxTokens, stop: [] };
}

/** The last user turn of a text that follows the model's own template; a text without one is that turn itself. */
const lastLlamaTurn = (text: string): string =>
  last(text, /<\|start_header_id\|>user<\|end_header_id\|>\s*([\s\S]*?)(?=<\|eot_id\|>|<\|start_header_id\|>|$)/g);
const lastHumanTurn = (text: string): string => last(text, /\n\nHuman:\s*([\s\S]*?)(?=\n\nAssistant:|\n\nHuman:|$)/g);
const lastTitanTurn = (text: string): string => last(text, /(?:^|\n)User:\s*([\s\S]*?)(?=\nBot:|\nUser:|$)/g);

function last(text: string, turn: RegExp): string {
  return [...text.matchAll(turn)].at(-1)?.[1]?.trim() ?? text;
}

function textOfAnswer({ blocks }: Answer): string {
  return blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('');
}

const promptTokens = ({ usage }: Answer): number => usage.inputTokens;
const llamaStop = ({ stop }: Answer): string => (stop === 'max-tokens' ? 'length' : 'stop');
const claudeStop = ({ stop }: Answer): string => (stop === 'max-tokens' ? 'max_tokens' : 'stop_sequence');
const titanStop = ({ stop }: Answer): string => (stop === 'max-tokens' ? 'LENGTH' : 'FINISH');
