import { isCount, member } from './json.ts';
import type { CacheSplit } from './report.ts';

/** What the `usage` in a vendor's own body says beyond Bedrock's own counts; undefined is what it does not say. */
export interface BodyUsage {
  input: number | undefined;
  cacheRead: number | undefined;
  cacheWrite: number | undefined;
  split: CacheSplit | undefined;
  reasoning: number | undefined;
}

/**
 * Anthropic's (https://docs.anthropic.com/en/api/messages, `usage.cache_creation`), Amazon Nova's and OpenAI's
 * (https://platform.openai.com/docs/api-reference/chat/object, `completion_tokens_details`) names.
 *
 * @param usage any value
 */
export function bodyUsage(usage: unknown): BodyUsage {
  const first = (...names: string[]): number | undefined => {
    for (const name of names) {
      const value = member(usage, name);
      if (isCount(value)) return value;
    }
    return undefined;
  };
  const reasoning = member(member(usage, 'completion_tokens_details'), 'reasoning_tokens');
  return {
    input: first('input_tokens'),
    cacheRead: first('cache_read_input_tokens', 'cacheReadInputTokenCount'),
    cacheWrite: first('cache_creation_input_tokens', 'cacheWriteInputTokenCount'),
    split: splitOf(member(usage, 'cache_creation')),
    reasoning: isCount(reasoning) ? reasoning : undefined,
  };
}

function splitOf(creation: unknown): CacheSplit | undefined {
  if (creation === undefined || creation === null) return undefined;
  const count = (name: string): number => {
    const tokens = member(creation, name);
    return isCount(tokens) ? tokens : Number.NaN;
  };
  return { fiveMinutes: count('ephemeral_5m_input_tokens'), oneHour: count('ephemeral_1h_input_tokens') };
}
