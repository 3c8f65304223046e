import { converseAnswer, converseEvents, readConverse } from './converse.ts';
import type { Format } from './format.ts';

/** Amazon Nova's own body: Converse's shapes, with token counts under other names. */
export const nova: Format = {
  read: readConverse,
  whole: (answer) => ({ ...converseAnswer(answer), usage: novaUsage(answer) }),
  chunks: (answer) =>
    converseEvents(answer).map(({ type, payload }) => ({
      [type]: type === 'metadata' ? { ...payload, usage: novaUsage(answer) } : payload,
    })),
};

function novaUsage({ usage }: Parameters<Format['whole']>[0]): object {
  const { inputTokens, outputTokens, totalTokens, cacheReadInputTokens, cacheWriteInputTokens } = usage;
  return {
    inputTokens,
    outputTokens,
    totalTokens,
    cacheReadInputTokenCount: cacheReadInputTokens,
    cacheWriteInputTokenCount: cacheWriteInputTokens,
  };
}
