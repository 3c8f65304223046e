import { LINE_AGE_MAX_MS, LINE_AHEAD_MAX_MS, USAGE_LINE_MAX_CHARS } from '../contract/limits/metering.ts';
import { PURPOSES } from '../contract/model.ts';
import { OUTCOMES, REQUIRED_KINDS, STOPS, SURFACES, TIERS, TOKEN_KINDS, type UsageRecord } from '../contract/usage.ts';
import { isCharge } from './budgets/charge.ts';
import { isPolicyList } from './ledger/told.ts';
import { HOUR_MS, type Hour } from './window.ts';

/** Why a line cannot be used. It is kept with this reason, and counted; it is never dropped and never guessed at. */
export interface Rejection {
  reason:
    | 'too-long'
    | 'not-json'
    | 'no-usage'
    | 'unknown-version'
    | 'bad-phase'
    | 'not-text'
    | 'unknown-value'
    | 'not-a-number'
    | 'not-whole'
    | 'negative'
    | 'too-large'
    | 'too-old'
    | 'too-new';
  /** The member of the record at fault, e.g. `tokens.input`; '' when it is the line itself. */
  field: string;
}

export type Parsed = { record: UsageRecord; rejection?: never } | { record?: never; rejection: Rejection };

/** Milliseconds: the last moment of the year 9999, beyond which a date no longer has the form of our object keys. */
export const AT_MAX = 253_402_300_799_999;

/** Characters of any text in a record: our own ids and names are far below, so a longer one is not ours. */
const TEXT_MAX = 2_048;

const TEXTS = ['requestId', 'costCenter', 'model', 'nativeModel', 'region'] as const;
const MAYBE = ['priceRegion', 'priceModel', 'account', 'wantedHash'] as const;
const NAMES = ['invocationId', 'tenant', 'principal'] as const;
const KINDS: ReadonlySet<string> = new Set(TOKEN_KINDS);
const REQUIRED: ReadonlySet<string> = new Set(REQUIRED_KINDS);

/**
 * A raw line, strictly. What a line of an earlier release lacks may be absent, and stands for its default: the first
 * attempt, sold on demand, none of the further kinds. `JSON.parse` suffices: the line was written by our own
 * `JSON.stringify`, so no member stands twice.
 *
 * @param line as emitted, without its newline
 * @returns the record, or why there is none
 */
export function parseUsageLine(line: string): Parsed {
  if (line.length > USAGE_LINE_MAX_CHARS) return reject('too-long');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return reject('not-json');
  }
  return parseUsage(isObject(value) ? value.usage : undefined);
}

/** The record in a line's member `usage`, as JSON.parse gives it, strictly. A member that is undefined is absent. */
export function parseUsage(usage: unknown): Parsed {
  if (!isObject(usage)) return reject('no-usage');
  if (usage.v !== 1) return reject('unknown-version', 'v');
  if (usage.phase !== 'started' && usage.phase !== 'finished') return reject('bad-phase', 'phase');
  const rejection = commonFault(usage) ?? (usage.phase === 'finished' ? finishedFault(usage) : undefined);
  return rejection ? { rejection } : { record: usage as unknown as UsageRecord };
}

/**
 * A raw line's record, if it was delivered when it could be. What its own time says is believed only as far as that allows:
 * whoever could write a line into the bucket could otherwise put it into any month's bill.
 *
 * @param delivered the hour under which the line's object lies
 */
export function withinDelivery(parsed: Parsed, delivered: Hour): Parsed {
  if (parsed.rejection) return parsed;
  const { at } = parsed.record;
  if (at < delivered * HOUR_MS - LINE_AGE_MAX_MS) return reject('too-old', 'at');
  return at >= (delivered + 1) * HOUR_MS + LINE_AHEAD_MAX_MS ? reject('too-new', 'at') : parsed;
}

type Members = Record<string, unknown>;

function commonFault(usage: Members): Rejection | undefined {
  for (const field of NAMES) if (!isText(usage[field]) || usage[field] === '') return { reason: 'not-text', field };
  for (const field of TEXTS) if (!isText(usage[field])) return { reason: 'not-text', field };
  for (const field of MAYBE)
    if (usage[field] !== undefined && !isText(usage[field])) return { reason: 'not-text', field };
  if (!(SURFACES as readonly unknown[]).includes(usage.surface)) return { reason: 'unknown-value', field: 'surface' };
  if (!(PURPOSES as readonly unknown[]).includes(usage.action)) return { reason: 'unknown-value', field: 'action' };
  const fault = usage.attempt === undefined ? undefined : countFault(usage.attempt, 'attempt');
  if (fault) return fault;
  if (usage.attempt === 0) return { reason: 'unknown-value', field: 'attempt' };
  return countFault(usage.at, 'at') ?? (Number(usage.at) > AT_MAX ? { reason: 'too-large', field: 'at' } : undefined);
}

function finishedFault(usage: Members): Rejection | undefined {
  if (!(OUTCOMES as readonly unknown[]).includes(usage.outcome)) return { reason: 'unknown-value', field: 'outcome' };
  if (!isText(usage.code)) return { reason: 'not-text', field: 'code' };
  if (typeof usage.estimated !== 'boolean') return { reason: 'unknown-value', field: 'estimated' };
  const fault = tokensFault(usage.tokens);
  if (fault) return fault;
  if (usage.tier !== undefined && !(TIERS as readonly unknown[]).includes(usage.tier))
    return { reason: 'unknown-value', field: 'tier' };
  if (usage.stop !== undefined && !(STOPS as readonly unknown[]).includes(usage.stop))
    return { reason: 'unknown-value', field: 'stop' };
  if (usage.guardrail !== undefined && !isPolicyList(usage.guardrail))
    return { reason: 'unknown-value', field: 'guardrail' };
  if (usage.charged !== undefined && !isCharge(usage.charged)) return { reason: 'unknown-value', field: 'charged' };
  if (usage.awsRequestId !== undefined && !isText(usage.awsRequestId))
    return { reason: 'not-text', field: 'awsRequestId' };
  for (const field of ['durationMs', 'firstByteMs'] as const)
    if (!Number.isFinite(usage[field])) return { reason: 'not-a-number', field };
  return undefined;
}

function tokensFault(tokens: unknown): Rejection | undefined {
  if (!isObject(tokens)) return { reason: 'not-a-number', field: 'tokens' };
  for (const kind of TOKEN_KINDS) {
    if (tokens[kind] === undefined && !REQUIRED.has(kind)) continue;
    const fault = countFault(tokens[kind], `tokens.${kind}`);
    if (fault) return fault;
  }
  // A kind of a later release: what has no price here must not be left off a bill unseen.
  if (Object.keys(tokens).some((kind) => !KINDS.has(kind))) return { reason: 'unknown-value', field: 'tokens' };
  return undefined;
}

/** NaN and the infinities are no JSON: `JSON.stringify` writes null in their place. */
function countFault(value: unknown, field: string): Rejection | undefined {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return undefined;
  if (typeof value !== 'number') return { reason: 'not-a-number', field };
  if (value < 0) return { reason: 'negative', field };
  return { reason: value > Number.MAX_SAFE_INTEGER ? 'too-large' : 'not-whole', field };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= TEXT_MAX;
}

function isObject(value: unknown): value is Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function reject(reason: Rejection['reason'], field = ''): Parsed {
  return { rejection: { reason, field } };
}

/**
 * Whether a line that cannot be used is one by which CloudWatch Logs tried the delivery, which it does now and then
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html). Firehose takes the message out of its
 * envelope; with the envelope it is known, too.
 */
export function isControlMessage(line: string): boolean {
  return /^(?:CWL CONTROL MESSAGE: |\{.*"messageType":"CONTROL_MESSAGE")/.test(line.slice(0, CONTROL_MESSAGE_MAX));
}

/** Characters; such a message is a sentence. */
const CONTROL_MESSAGE_MAX = 1_000;
