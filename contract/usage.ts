import type { Purpose } from './model.ts';

/**
 * What a call used, by kind, as the provider counted it; each a whole number, 0 to TOKENS_MAX. Cache tokens are never part
 * of `input`. The kinds that most calls have none of are left out where they are 0, so that lines stay short.
 */
export interface Tokens {
  input: number;
  output: number;
  cacheRead: number;
  /** Written to the cache for five minutes. */
  cacheWrite: number;
  /** Written to the cache for an hour. */
  cacheWrite1h?: number;
  /** Already part of `output`, and priced as such: told apart for who wants to know. */
  reasoning?: number;
  /** Images made, or judged by a guardrail. */
  images?: number;
  /** Vectors made; their price is that of the input. */
  embeddings?: number;
  /** Searches, of models that order documents: one for each hundred documents, or parts of long ones. */
  searches?: number;
  /** What is sold by the call, or by the query: 1 for each. Of a guardrail its text units. */
  calls?: number;
}

/** Every kind, in the order in which the bill has them. */
export const TOKEN_KINDS = [
  'input',
  'output',
  'cacheRead',
  'cacheWrite',
  'cacheWrite1h',
  'reasoning',
  'images',
  'embeddings',
  'searches',
  'calls',
] as const satisfies readonly (keyof Tokens)[];
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** Kinds that every record names, also where they are 0. */
export const REQUIRED_KINDS = ['input', 'output', 'cacheRead', 'cacheWrite'] as const satisfies readonly TokenKind[];

/**
 * How AWS sells a call (https://aws.amazon.com/bedrock/pricing/). provisioned: capacity that is paid by the hour, so its
 * calls have no price by the token.
 */
export const TIERS = ['on-demand', 'batch', 'priority', 'flex', 'provisioned'] as const;
export type Tier = (typeof TIERS)[number];

export const NO_TOKENS: Tokens = Object.freeze({ input: 0, output: 0, cacheRead: 0, cacheWrite: 0 });

/**
 * How a call ended.
 * ok: answered in full. refused: by us, or by the model as malformed; nothing ran. denied: IAM refused it.
 * throttled: the model was too busy. failed: it said that it failed, or was never reached. interrupted: it had taken the
 * call, and its answer broke off.
 * deadline: ours ran out. abandoned: the caller left, or took too little for too long; the model was read on for its usage.
 * counted: tokens were counted, or a model's guardrail was applied by itself: no model ran, and nothing has a price. retried: another attempt
 * answers for the call; where the model had taken this one, it used what its record says.
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
  'retried',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * Why a model stopped, whatever its own word for it is. length: at a limit, of tokens or of what it can hold. refusal: it would
 * not. filter: its vendor's or the service's own held the answer back; guardrail: one intervened. other: a word that is none of these.
 */
export const STOPS = ['end', 'length', 'tool', 'refusal', 'filter', 'guardrail', 'other'] as const;
export type Stop = (typeof STOPS)[number];

/** A guardrail's policies. other: it intervened, and what was heard of it names none of these. */
export const GUARDRAIL_POLICIES = ['topic', 'content', 'word', 'sensitive', 'grounding', 'reasoning', 'other'] as const;
export type GuardrailPolicy = (typeof GUARDRAIL_POLICIES)[number];

/** Wire formats that a caller may speak; guidance: that of AWS's guidance for a multi-tenant gateway. */
export const SURFACES = ['bedrock', 'openai', 'anthropic', 'sagemaker', 'guidance'] as const;
export type Surface = (typeof SURFACES)[number];

/** What both lines of an attempt carry. `at` is the call's start on every line of it, so they fall into one hour. */
export interface UsageBase {
  v: 1;
  /** Unique to the attempt; the bill is deduplicated by it. */
  invocationId: string;
  /** 2 for the second attempt at one call, and so on; absent for the first. All of a call's attempts share `requestId`. */
  attempt?: number;
  /** Milliseconds since 1970, UTC: when the call began. */
  at: number;
  requestId: string;
  tenant: string;
  principal: string;
  costCenter: string;
  /** Registry id; for a refused call the id that was wanted if the tenant holds it, otherwise ''. */
  model: string;
  /** Of a refused call whose `model` is '': what was named, hashed (wanted.ts). */
  wantedHash?: string;
  /** What AWS calls the model; '' when refused before it was known. */
  nativeModel: string;
  region: string;
  /** Region whose prices it has; absent: the one that was called. */
  priceRegion?: string;
  /** Registry id of the model whose prices it has, where a prompt router chose that; absent: its own. */
  priceModel?: string;
  /** AWS account that it ran in, and is billed to; absent: the stage's own. */
  account?: string;
  /** The wire format the caller spoke. */
  surface: Surface;
  action: Purpose;
}

/** What counters of budgets in dollars took a call for. The ledger may come to another cost, when a price was corrected. */
export interface Charge {
  /** Exact decimal; as it was reserved where the call could not be priced. */
  usd: string;
  /** Each as `{scope}|{budget}|{window}`: `tenant|monthly|2026-11`. */
  to: string[];
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
  /** Absent: on-demand. */
  tier?: Tier;
  /** Absent: nothing was said, as of what is no text. */
  stop?: Stop;
  /** Policies of guardrails that intervened, each once and in their order, with commas in between; absent: none did. */
  guardrail?: string;
  /** What budgets in dollars counted of it when it ended; absent: none did. */
  charged?: Charge;
  /** What AWS called its answer (`x-amzn-requestid`), which CloudTrail and invocation logs name it by; absent: none came. */
  awsRequestId?: string;
  /** Milliseconds from the call's start to the attempt's end, and to the first byte given to the caller (-1: none was). */
  durationMs: number;
  firstByteMs: number;
}

export type UsageRecord = StartedUsage | FinishedUsage;

/** Outcomes in which the model ran, so that the call counts as an invocation on the bill. */
export const BILLABLE: ReadonlySet<Outcome> = new Set(['ok', 'interrupted', 'deadline', 'abandoned']);

/**
 * Whether AWS charges for an attempt: the model ran, be it that another attempt answered in its place, and the call is counted
 * with that one.
 */
export function isCharged(outcome: Outcome, tokens: Readonly<Partial<Tokens>>): boolean {
  return BILLABLE.has(outcome) || (outcome === 'retried' && TOKEN_KINDS.some((kind) => tokens[kind]));
}
