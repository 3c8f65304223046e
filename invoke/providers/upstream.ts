import { type Code, TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import {
  MODEL_ENABLED_AFTER_SECONDS,
  RETRY_AFTER_MAX_SECONDS,
  UPSTREAM_MESSAGE_MAX_CHARS,
} from '../../contract/limits/invoke.ts';
import { retold } from './sentence.ts';

/** An error as AWS's REST-JSON protocol says it, in an answer or in a stream's exception message. */
export interface UpstreamError {
  /** Without namespace, e.g. `ThrottlingException`; '' when none was given. */
  type: string;
  message: string;
}

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors and the
// common errors of that reference. A stream spells the same names with a small first letter.
const BY_TYPE: Readonly<Record<string, Code>> = {
  throttlingexception: 'upstream_throttled',
  toomanyrequestsexception: 'upstream_throttled',
  servicequotaexceededexception: 'upstream_throttled',
  modeltimeoutexception: 'deadline',
  modelnotreadyexception: 'upstream_unavailable',
  serviceunavailableexception: 'upstream_unavailable',
  internalserverexception: 'upstream_failed',
  modelerrorexception: 'model_failed',
  modelstreamerrorexception: 'model_failed',
  resourcenotfoundexception: 'upstream_failed',
  validationexception: 'upstream_rejected',
  serializationexception: 'upstream_rejected',
  accessdeniedexception: 'denied_by_iam',
  // Our own credentials or signature were not accepted: nothing that the caller did or can mend.
  expiredtokenexception: 'upstream_failed',
  expiredtoken: 'upstream_failed',
  unrecognizedclientexception: 'upstream_failed',
  invalidsignatureexception: 'upstream_failed',
  incompletesignatureexception: 'upstream_failed',
  invalidclienttokenid: 'upstream_failed',
  missingauthenticationtokenexception: 'upstream_failed',
};

function byStatus(status: number): Code {
  switch (status) {
    case 400:
    case 413:
    case 415:
      return 'upstream_rejected';
    case 403:
      return 'denied_by_iam';
    case 408:
    case 504:
      return 'deadline';
    case 424:
      return 'model_failed';
    case 429:
      return 'upstream_throttled';
    case 503:
      return 'upstream_unavailable';
    default:
      return 'upstream_failed';
  }
}

/**
 * How Bedrock says that the account may not use a model yet, though IAM lets its caller: a Marketplace subscription, a way
 * to pay, a vendor's form or the older switch in the console is missing
 * (https://repost.aws/knowledge-center/bedrock-resolve-marketplace-permission). It has no type of its own.
 */
const NOT_ENABLED =
  /^(?:Model access is denied due to|Model use case details have not been submitted|You (?:don't|do not) have access to the model|You have not filled out|Access to this model is not|\S+ is not available for this account)|\baws-marketplace:|\bINVALID_PAYMENT_INSTRUMENT\b/;

/** Types that it comes as. Not those about a malformed request: they may quote it, and a caller would ring an alarm. */
const NOT_ENABLED_TYPES: ReadonlySet<string> = new Set(['accessdeniedexception', 'resourcenotfoundexception']);

function codeOf(status: number, type: string, message: string): Code {
  if (NOT_ENABLED_TYPES.has(type) && NOT_ENABLED.test(message)) return 'model_not_enabled';
  return BY_TYPE[type] ?? byStatus(status);
}

const RETRYABLE: ReadonlySet<Code> = new Set(['upstream_throttled', 'upstream_unavailable']);
const SAID: ReadonlySet<Code> = new Set(['denied_by_iam', 'model_not_enabled']);

/**
 * @param status HTTP status, or 0 for an exception within a stream
 * @param retryAfter the upstream's `Retry-After` header
 * @returns what to throw. Of the upstream's own words only those about a malformed request reach the caller, told again;
 *   the log gets the words only where the account was refused, because others may quote the prompt
 */
export function upstreamError(status: number, { type, message }: UpstreamError, retryAfter?: string): TollgateError {
  const code = codeOf(status, type.toLowerCase(), message);
  return new TollgateError(code, {
    reason: 'upstream-error',
    detail: {
      status,
      type: type.slice(0, 64),
      ...(SAID.has(code) ? { said: message.slice(0, UPSTREAM_MESSAGE_MAX_CHARS) } : {}),
    },
    ...(code === 'upstream_rejected' ? { message: retold(message) } : {}),
    ...(code === 'model_not_enabled' ? { retryAfterSeconds: MODEL_ENABLED_AFTER_SECONDS } : {}),
    ...(RETRYABLE.has(code) ? { retryAfterSeconds: secondsOf(retryAfter) } : {}),
  });
}

/** @param body the answer's text, JSON or not */
export function readError(headers: Readonly<Record<string, string>>, body: string): UpstreamError {
  let parsed: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(body);
    if (value !== null && typeof value === 'object') parsed = value as Record<string, unknown>;
  } catch {
    // A proxy's HTML, or nothing: the status alone then says what happened.
  }
  const text = (name: string): string => (typeof parsed[name] === 'string' ? parsed[name] : '');
  return {
    type: bareType(headers['x-amzn-errortype'] || text('__type') || text('code')),
    message: text('message') || text('Message'),
  };
}

/** `com.amazonaws.bedrock#ThrottlingException:http://...` -> `ThrottlingException`. */
function bareType(text: string): string {
  const [name = ''] = text.split(':');
  return name.slice(name.indexOf('#') + 1).trim();
}

/** Whether the credentials themselves were too old; the one error that fresh ones mend. */
export function isExpiredToken({ type }: UpstreamError): boolean {
  return type === 'ExpiredTokenException' || type === 'ExpiredToken';
}

function secondsOf(retryAfter: string | undefined): number {
  const seconds = retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) : RETRY_AFTER_SECONDS;
  return Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_SECONDS);
}

const COUNT = /^\d{1,11}$/;
const WORD = /^[a-z_-]{1,32}$/i;

/** The headers of an upstream's answer that a caller may see, and what they may hold: the others name accounts and requests. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  'x-amzn-bedrock-input-token-count': COUNT,
  'x-amzn-bedrock-output-token-count': COUNT,
  'x-amzn-bedrock-cache-read-input-token-count': COUNT,
  'x-amzn-bedrock-cache-write-input-token-count': COUNT,
  'x-amzn-bedrock-invocation-latency': COUNT,
  'x-amzn-bedrock-service-tier': WORD,
  'x-amzn-bedrock-performanceconfig-latency': WORD,
};

/** What models answer in. Whatever else comes, HTML above all, is told as bytes, so that no browser runs it. */
const MEDIA_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/jsonlines',
  'application/vnd.amazon.eventstream',
  'application/octet-stream',
  'text/plain',
  'text/csv',
  'image/png',
  'image/jpeg',
  'image/webp',
  'audio/mpeg',
  'audio/wav',
  'video/mp4',
]);

/** @returns lower-case names; the content type is always there */
export function answerHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const shown = Object.entries(headers).filter(([name, value]) => SHOWN[name]?.test(value));
  const inner = headers['x-amzn-bedrock-content-type'];
  return {
    ...Object.fromEntries(shown),
    'content-type': mediaType(headers['content-type']),
    ...(inner === undefined ? {} : { 'x-amzn-bedrock-content-type': mediaType(inner) }),
  };
}

function mediaType(given = ''): string {
  const [type = '', ...parameters] = given.toLowerCase().split(';');
  if (!MEDIA_TYPES.has(type.trim())) return 'application/octet-stream';
  const utf8 = parameters.some((parameter) => /^\s*charset\s*=\s*"?utf-8"?\s*$/.test(parameter));
  return utf8 ? `${type.trim()}; charset=utf-8` : type.trim();
}
