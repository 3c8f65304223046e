import { createHash } from 'node:crypto';
import type { Part } from './prompt.ts';
import { countTokens } from './tokens.ts';

/** Prefixes that are remembered; the oldest go first. */
const PREFIXES_MAX = 10_000;

export interface PromptTokens {
  input: number;
  cacheRead: number;
  cacheWrite: number;
}

/** Counts a prompt's tokens; what stands before a cache point is written the first time and read from then on. */
export type PromptCache = (model: string, parts: readonly Part[]) => PromptTokens;

export function createPromptCache(): PromptCache {
  const seen = new Set<string>();
  return (model, parts) => {
    if (!parts.some(({ kind }) => kind === 'cache-point'))
      return { input: totalOf(parts), cacheRead: 0, cacheWrite: 0 };
    const hash = createHash('sha256').update(model);
    const fresh: string[] = [];
    let total = 0;
    let read = 0;
    let upToPoint = 0;
    for (const part of parts) {
      if (part.kind !== 'cache-point') {
        if (part.kind === 'text') total += countTokens(part.text);
        hash.update(`\0${part.kind}\0${part.text}`);
        continue;
      }
      upToPoint = total;
      const key = hash.copy().digest('base64');
      if (seen.has(key)) read = total;
      else fresh.push(key);
    }
    for (const key of fresh) seen.add(key);
    for (const key of seen) {
      if (seen.size <= PREFIXES_MAX) break;
      seen.delete(key);
    }
    return { input: total - upToPoint, cacheRead: read, cacheWrite: upToPoint - read };
  };
}

/** Every token of a prompt, cached or not. */
export function totalOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'text' ? countTokens(part.text) : 0), 0);
}
