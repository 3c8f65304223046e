import { invalid } from '../error.ts';
import type { CacheTtl } from '../service.ts';

/** What every wire format's request comes down to. */
export interface Prompt {
  /** In the order a model reads them: tools, system, messages. */
  parts: Part[];
  lastUserText: string;
  /** What the caller lets be called, and whether something must be. */
  tools: readonly Tool[];
  toolChoice: ToolChoice;
  /** 1 or more; undefined: no limit. */
  maxTokens: number | undefined;
  stop: string[];
  /** A JSON Schema that the answer's text must fit; undefined: it is no JSON. */
  schema?: unknown;
  /** Whether reasoning was asked for by a member of the request: then it is output, and counted. */
  reasoning?: boolean;
  /** Whether the wire format writes reasoning into the answer's text and counts it apart, whoever asked for it. */
  reasoningTold?: true;
}

export interface Tool {
  name: string;
  /** The JSON Schema of its input. */
  schema: unknown;
}

/** `any`: one of them must be called; a tool: that one. */
export type ToolChoice = 'auto' | 'any' | 'none' | Tool;

/** @throws AwsError ValidationException when the choice needs a tool that was not given */
export function choiceOf(wanted: 'auto' | 'any' | 'none' | { name: string }, tools: readonly Tool[]): ToolChoice {
  if (typeof wanted !== 'string') {
    const tool = tools.find(({ name }) => name === wanted.name);
    if (tool === undefined) throw invalid('The tool choice names a tool that is not among the tools.');
    return tool;
  }
  if (wanted === 'any' && tools.length === 0) throw invalid('A tool choice needs tools.');
  return wanted;
}

export type Part =
  | { kind: 'text'; text: string }
  /** Something without tokens of its own that still distinguishes one prefix from another, e.g. a tool's schema. */
  | { kind: 'other'; text: string }
  | { kind: 'cache-point'; ttl: CacheTtl };

export const textPart = (text: string): Part => ({ kind: 'text', text });
export const cachePoint = (ttl: CacheTtl = '5m'): Part => ({ kind: 'cache-point', ttl });
