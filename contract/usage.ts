import type { Action } from './model.ts';

/** Tokens by kind; each a whole number, 0 to TOKENS_MAX. Cache tokens are never part of `input`. */
export interface Tokens {
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
}

export const NO_TOKENS: Tokens = Object.freeze({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 });

/**
 * How a call ended.
 * ok: answered in full. refused: by us, or by the model as malformed; nothing ran. denied: IAM refused it.
 * throttled: the model was too busy. failed: the model failed before its first byte. interrupted: a stream broke.
 * deadline: ours ran out. abandoned: the caller left; the model was read on for its usage. counted: tokens were counted,
 * which runs no model and costs nothing.
 */
export const OUTCOMES = [
  'ok',
  'refused',
  'denied',
  'throttled',
  'failed',
  'interrupted',
  'deadline',
  'abandoned',
  'counted',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What both lines of a call carry. `at` is the call's start on both, so they fall into one hour. */
export interface UsageBase {
  v: 1;
  /** Unique to the call; the bill is deduplicated by it. */
  invocationId: string;
  /** Milliseconds since 1970, UTC: when the call began. */
  at: number;
  requestId: string;
  tenant: string;
  principal: string;
  costCenter: string;
  /** Registry id; for a refused call the id that was wanted if the tenant holds it, otherwise ''. */
  model: string;
  /** What AWS calls the model; '' when refused before it was known. */
  nativeModel: string;
  region: string;
  /** The wire format the caller spoke. */
  surface: 'bedrock' | 'openai' | 'anthropic' | 'sagemaker';
  action: Action;
}

export interface StartedUsage extends UsageBase {
  phase: 'started';
}

export interface FinishedUsage extends UsageBase {
  phase: 'finished';
  outcome: Outcome;
  /** The error's code when the outcome is not ok, otherwise ''. */
  code: string;
  tokens: Tokens;
  /** True when the provider reported no counts and `tokens` is our estimate. */
  estimated: boolean;
  /** Milliseconds from start to end, and to the first byte given to the caller (-1: none was). */
  durationMs: number;
  firstByteMs: number;
}

export type UsageRecord = StartedUsage | FinishedUsage;

/** Outcomes in which the model ran, so that the call counts as an invocation on the bill. */
export const BILLABLE: ReadonlySet<Outcome> = new Set(['ok', 'interrupted', 'deadline', 'abandoned']);
