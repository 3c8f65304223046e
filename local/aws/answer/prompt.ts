import type { CacheTtl } from '../service.ts';

/** What every wire format's request comes down to. */
export interface Prompt {
  /** In the order a model reads them: tools, system, messages. */
  parts: Part[];
  lastUserText: string;
  /** Whether the caller gave tools, so that a tool call may be answered. */
  tools: boolean;
  /** 1 or more; undefined: no limit. */
  maxTokens: number | undefined;
  stop: string[];
  /** Whether reasoning is written into the answer's text, and so counts as output. */
  reasoningCounts?: true;
}

export type Part =
  | { kind: 'text'; text: string }
  /** Something without tokens of its own that still distinguishes one prefix from another, e.g. a tool's schema. */
  | { kind: 'other'; text: string }
  | { kind: 'cache-point'; ttl: CacheTtl };

export const textPart = (text: string): Part => ({ kind: 'text', text });
export const cachePoint = (ttl: CacheTtl = '5m'): Part => ({ kind: 'cache-point', ttl });
