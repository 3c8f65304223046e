import { members } from '../converse.ts';

/**
 * Text Embeddings Inference on `/invocations`, which embeds or ranks, as the model that it was started with does
 * (https://huggingface.co/docs/text-embeddings-inference/quick_tour). It has no counts of tokens.
 */

/** What is too long is refused and not cut: whoever asks is not told of a cut. */
export function embedBody(texts: readonly string[]): object {
  return { inputs: texts, truncate: false };
}

/** @param answer parsed; any value @returns where the list of vectors should be */
export function vectorsIn(answer: unknown): unknown {
  return answer;
}

export function rankBody(query: string, texts: readonly string[]): object {
  return { query, texts, return_text: false };
}

/** @param answer parsed; any value @returns in the order of the answer; undefined where it is none */
export function ranksIn(answer: unknown): { index: number; score: number }[] | undefined {
  if (!Array.isArray(answer)) return undefined;
  const ranks = answer.map(members);
  return ranks.every(isRank) ? ranks : undefined;
}

function isRank(rank: Record<string, unknown>): rank is { index: number; score: number } {
  return Number.isInteger(rank.index) && typeof rank.score === 'number';
}
