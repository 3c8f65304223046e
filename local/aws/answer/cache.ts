import { createHash } from 'node:crypto';
import type { CacheTtl } from '../service.ts';
import type { Part } from './prompt.ts';
import { countTokens } from './tokens.ts';

/** Prefixes that are remembered; the oldest go first. */
const PREFIXES_MAX = 10_000;

export interface PromptTokens {
  input: number;
  cacheRead: number;
  /** For five minutes. */
  cacheWrite: number;
  /** For an hour. */
  cacheWrite1h: number;
}

/**
 * Counts a prompt's tokens; what stands before a cache point is written the first time, for as long as the first point
 * behind it says, and read from then on. Nothing is forgotten when its time is over, so that counts can be predicted.
 */
export type PromptCache = (model: string, parts: readonly Part[]) => PromptTokens;

export function createPromptCache(): PromptCache {
  const seen = new Set<string>();
  return (model, parts) => {
    if (!parts.some(({ kind }) => kind === 'cache-point'))
      return { input: totalOf(parts), cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 };
    const hash = createHash('sha256').update(model);
    const points: { key: string; ttl: CacheTtl; total: number }[] = [];
    let total = 0;
    let read = 0;
    for (const part of parts) {
      if (part.kind !== 'cache-point') {
        if (part.kind === 'text') total += countTokens(part.text);
        hash.update(`\0${part.kind}\0${part.text}`);
        continue;
      }
      const key = hash.copy().digest('base64');
      if (seen.has(key)) read = total;
      points.push({ key, ttl: part.ttl, total });
    }
    const written: Record<CacheTtl, number> = { '5m': 0, '1h': 0 };
    let upTo = read;
    for (const { key, ttl, total: before } of points) {
      written[ttl] += Math.max(0, before - upTo);
      upTo = Math.max(upTo, before);
      seen.add(key);
    }
    for (const key of seen) {
      if (seen.size <= PREFIXES_MAX) break;
      seen.delete(key);
    }
    return { input: total - upTo, cacheRead: read, cacheWrite: written['5m'], cacheWrite1h: written['1h'] };
  };
}

/** Every token of a prompt, cached or not. */
export function totalOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'text' ? countTokens(part.text) : 0), 0);
}
