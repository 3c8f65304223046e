import { members } from '../converse.ts';

export interface CompletionUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; cache_write_tokens: number };
}

/** By which a caller asks that the usage says more than OpenAI's format has. */
export const USAGE_HEADER = 'x-tollgate-usage';

/** What is said beside the counts to who asks for it; asked when the answer has ended. */
export type MoreUsage = () => Readonly<Record<string, string | null>>;

/**
 * @param usage Converse's `usage`, in which cached tokens stand apart; OpenAI counts those read and those written as part of
 *   the prompt, and names both. Converse does not tell how much of an answer was reasoning.
 */
export function completionUsage(usage: unknown): CompletionUsage {
  const counts = members(usage);
  const count = (name: string): number => (typeof counts[name] === 'number' ? counts[name] : 0);
  const cached = count('cacheReadInputTokens');
  const written = count('cacheWriteInputTokens');
  const prompt = count('inputTokens') + cached + written;
  const completion = count('outputTokens');
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
  };
}

/** As the answer says it was sold; OpenAI calls bought capacity `scale`. @param tier Converse's `serviceTier` */
export function serviceTier(tier: unknown): { service_tier?: string } {
  const { type } = members(tier);
  if (typeof type !== 'string') return {};
  return { service_tier: type === 'reserved' ? 'scale' : type };
}
