import { createHash } from 'node:crypto';
import { CACHE_TTLS, type CallUsage } from '../service.ts';
import type { PromptTokens } from './cache.ts';
import type { Prompt } from './prompt.ts';
import { fitting } from './schema.ts';
import { countTokens, cutTokens } from './tokens.ts';

/** What every wire format's answer is made of. */
export interface Answer {
  blocks: Block[];
  stop: 'end' | 'max-tokens' | 'stop-sequence' | 'tool';
  /** The one that was met. */
  stopSequence: string | null;
  /** Said by a guardrail, in the place of a model that was not asked. */
  byGuardrail?: true;
  usage: CallUsage;
  /** Milliseconds, as reported: one for each token of the answer, so that it can be predicted too. */
  latencyMs: number;
}

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string; signature: string }
  | { kind: 'tool'; id: string; name: string; input: unknown };

/**
 * The deterministic answer to a prompt: `echo: ` and the last user text; JSON that fits the schema if there is one, with
 * that text as its texts; with markers in the user's text a tool call (`[[tool:NAME {json}]]`, if tools were given) or a
 * block of reasoning before the answer (`[[reasoning]]`). A tool that must be called and is not marked has an input that
 * fits its schema in the same way. Output tokens are those of the answer's text or tool calls, and of reasoning that the
 * request asked for; reasoning that only a marker asked for changes no count, except where a wire format writes it into
 * the text.
 */
export function answer(prompt: Prompt, tokens: PromptTokens): Answer {
  const { maxTokens = Number.POSITIVE_INFINITY, lastUserText } = prompt;
  const asked = prompt.reasoning === true;
  const thought = asked || lastUserText.includes('[[reasoning]]') ? reasoning(lastUserText) : undefined;
  const counted = thought !== undefined && (asked || prompt.reasoningTold === true);
  const reasoningTokens = counted ? Math.min(countTokens(thought.text), maxTokens) : 0;
  const calls = callsFor(prompt);
  const main = calls.length > 0 ? called(calls) : echoed(prompt, maxTokens - reasoningTokens);
  const usage = usageOf(tokens, main.outputTokens + reasoningTokens, prompt.reasoningTold ? reasoningTokens : 0);
  const { stop, stopSequence } = main;
  const shown = counted ? { ...thought, text: cutTokens(thought.text, reasoningTokens) } : thought;
  return {
    blocks: shown === undefined ? main.blocks : [shown, ...main.blocks],
    stop,
    stopSequence,
    usage,
    latencyMs: Math.max(1, usage.outputTokens),
  };
}

function usageOf(
  { input, cacheRead, cacheWrite, cacheWrite1h }: PromptTokens,
  outputTokens: number,
  reasoningTokens: number,
): CallUsage {
  const written = { '1h': cacheWrite1h, '5m': cacheWrite };
  const cacheDetails = CACHE_TTLS.filter((ttl) => written[ttl] > 0).map((ttl) => ({ ttl, inputTokens: written[ttl] }));
  return {
    inputTokens: input,
    outputTokens,
    totalTokens: input + cacheRead + cacheWrite + cacheWrite1h + outputTokens,
    cacheReadInputTokens: cacheRead,
    cacheWriteInputTokens: cacheWrite + cacheWrite1h,
    ...(cacheDetails.length > 0 ? { cacheDetails } : {}),
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
  };
}

type Main = Pick<Answer, 'blocks' | 'stop' | 'stopSequence'> & { outputTokens: number };

/** @param maxTokens what reasoning has left; 0: nothing, and then there is no text */
function echoed({ lastUserText, schema, stop }: Prompt, maxTokens: number): Main {
  const echo = `echo: ${lastUserText}`;
  const whole = schema === undefined ? echo : JSON.stringify(fitting(schema, echo));
  const met = firstOf(whole, stop);
  const upToStop = met === null ? whole : whole.slice(0, met.at);
  const length = countTokens(upToStop);
  if (length > maxTokens)
    return {
      blocks: maxTokens === 0 ? [] : [{ kind: 'text', text: cutTokens(upToStop, maxTokens) }],
      stop: 'max-tokens',
      stopSequence: null,
      outputTokens: maxTokens,
    };
  return {
    blocks: [{ kind: 'text', text: upToStop }],
    stop: met === null ? 'end' : 'stop-sequence',
    stopSequence: met?.sequence ?? null,
    outputTokens: length,
  };
}

function firstOf(text: string, sequences: readonly string[]): { at: number; sequence: string } | null {
  const found = sequences
    .filter((sequence) => sequence !== '')
    .map((sequence) => ({ at: text.indexOf(sequence), sequence }))
    .filter(({ at }) => at >= 0);
  return found.reduce<(typeof found)[number] | null>((best, one) => (best && best.at <= one.at ? best : one), null);
}

interface ToolCall {
  name: string;
  input: unknown;
  /** `NAME {json}` as it was written. */
  source: string;
}

/** The calls that the user's text marks, of the one tool if it must be that one; if something must be called, it is. */
function callsFor({ lastUserText, tools, toolChoice }: Prompt): ToolCall[] {
  if (tools.length === 0 || toolChoice === 'none') return [];
  const must = typeof toolChoice === 'string' ? undefined : toolChoice;
  const marked = toolCalls(lastUserText).filter(({ name }) => must === undefined || name === must.name);
  const tool = toolChoice === 'any' ? tools[0] : must;
  if (marked.length > 0 || tool === undefined) return marked;
  const input = fitting(tool.schema, `echo: ${lastUserText}`);
  return [{ name: tool.name, input, source: `${tool.name} ${JSON.stringify(input)}` }];
}

function called(calls: ToolCall[]): Main {
  return {
    blocks: calls.map(({ name, input, source }, index) => ({
      kind: 'tool',
      id: `tooluse_${digest(`${index} ${source}`).slice(0, 22)}`,
      name,
      input,
    })),
    stop: 'tool',
    stopSequence: null,
    outputTokens: calls.reduce((sum, { source }) => sum + countTokens(source), 0),
  };
}

const MARK = /\[\[tool:([A-Za-z0-9_-]{1,64})\s*/g;

/** Every marker whose JSON can be read; the JSON may itself hold `]]`, so each end that comes into question is tried. */
function toolCalls(text: string): ToolCall[] {
  const calls: ToolCall[] = [];
  for (const mark of text.matchAll(MARK)) {
    const from = mark.index + mark[0].length;
    for (let end = text.indexOf(']]', from); end >= 0; end = text.indexOf(']]', end + 1)) {
      const json = text.slice(from, end).trim();
      const input = json === '' ? {} : readJson(json);
      if (input === undefined) continue;
      calls.push({ name: mark[1] ?? '', input, source: `${mark[1]} ${json}`.trim() });
      break;
    }
  }
  return calls;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasoning(text: string): Block & { kind: 'reasoning' } {
  return {
    kind: 'reasoning',
    text: `The answer repeats ${countTokens(text)} tokens.`,
    signature: digest(`signature ${text}`),
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
