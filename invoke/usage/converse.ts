import { isCount, member } from './json.ts';
import { type CacheSplit, usageOf } from './report.ts';
import type { Usage } from './usage.ts';

/**
 * Converse's `usage` (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html), the same in
 * the body of Converse and in the stream's `metadata`. It has no member for reasoning: that is part of the output.
 *
 * @returns undefined when it is no whole report
 */
export function ofConverse(usage: unknown): Usage | undefined {
  return usageOf({
    input: member(usage, 'inputTokens'),
    output: member(usage, 'outputTokens'),
    cacheRead: member(usage, 'cacheReadInputTokens'),
    cacheWrite: member(usage, 'cacheWriteInputTokens'),
    split: splitOf(member(usage, 'cacheDetails')),
  });
}

/** An empty list says nothing: models that keep what they cache for five minutes only give one, or none. */
function splitOf(details: unknown): CacheSplit | undefined {
  if (details === undefined || details === null || (Array.isArray(details) && details.length === 0)) return undefined;
  const split: CacheSplit = { fiveMinutes: 0, oneHour: 0 };
  if (!Array.isArray(details)) return { fiveMinutes: Number.NaN, oneHour: Number.NaN };
  for (const detail of details) {
    const tokens = member(detail, 'inputTokens');
    const count = isCount(tokens) ? tokens : Number.NaN;
    // A lifetime of a later release has a price of its own: the sum then differs, and the whole is an estimate.
    if (member(detail, 'ttl') === '1h') split.oneHour += count;
    else if (member(detail, 'ttl') === '5m') split.fiveMinutes += count;
  }
  return split;
}
