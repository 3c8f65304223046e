import type { Answer } from '../../answer/answer.ts';
import { chatChunks, chatCompletion, readChat, textOfAnswer } from '../../answer/chat.ts';
import { textOf } from '../../read.ts';
import type { Format } from './format.ts';

/**
 * OpenAI's open-weight models (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html): what
 * they reasoned stands before the text, in a `<reasoning>` of its own.
 */
export const openai: Format = {
  read: (body) => ({ ...readChat(body), reasoning: reasonsAt(body.reasoning_effort), reasoningTold: true }),
  whole: (answer, model) => chatCompletion(answer, model, contentOf(answer)),
  chunks: (answer, model) => chatChunks(answer, model, contentOf(answer), true),
};

/** Whether an effort asks for reasoning; these models reason only when asked to here, so that answers can be predicted. */
export function reasonsAt(effort: unknown): boolean {
  return effort !== undefined && effort !== null && textOf(effort, 'reasoning_effort') !== 'none';
}

function contentOf(answer: Answer): string | null {
  const thoughts = answer.blocks.flatMap((block) => (block.kind === 'reasoning' ? [block.text] : []));
  const text = textOfAnswer(answer);
  return thoughts.length === 0 ? text : `<reasoning>${thoughts.join('')}</reasoning>${text ?? ''}`;
}
