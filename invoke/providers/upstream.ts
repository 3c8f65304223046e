import { type Code, TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import {
  MODEL_ENABLED_AFTER_SECONDS,
  RETRY_AFTER_MAX_SECONDS,
  UPSTREAM_MESSAGE_MAX_CHARS,
} from '../../contract/limits/invoke.ts';

/** An error as AWS's REST-JSON protocol says it, in an answer or in a stream's exception message. */
export interface UpstreamError {
  /** Without namespace, e.g. `ThrottlingException`; '' when none was given. */
  type: string;
  message: string;
  /** The status that a container of SageMaker answered with itself, where it did. */
  original?: number;
}

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors and the
// common errors of that reference. A stream spells the same names with a small first letter. SageMaker's are
// https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html#API_runtime_InvokeEndpointWithResponseStream_Errors
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
  validationerror: 'upstream_rejected',
  modelstreamerror: 'model_failed',
  internalstreamfailure: 'upstream_failed',
  internalfailure: 'upstream_failed',
  internaldependencyexception: 'upstream_failed',
  serviceunavailable: 'upstream_unavailable',
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

/** How SageMaker says that an entry names what is not there: nothing that the caller could mend. */
const NOT_THERE = /^(?:Endpoint|Variant|Inference Component) \S+ (?:of account \S+ )?not found/i;

function codeOf(status: number, type: string, { message, original }: UpstreamError): Code {
  if (NOT_ENABLED_TYPES.has(type) && NOT_ENABLED.test(message)) return 'model_not_enabled';
  if (type === 'validationerror' && NOT_THERE.test(message)) return 'upstream_failed';
  if (type === 'modelerror') return byContainer(original);
  return BY_TYPE[type] ?? byStatus(status);
}

/** A container's own refusal of a request is the caller's to mend; what else it answers is a failure of it. */
function byContainer(status = 500): Code {
  if (status === 429) return 'upstream_throttled';
  if (status === 503) return 'upstream_unavailable';
  return status >= 400 && status < 500 && status !== 424 ? 'upstream_rejected' : 'model_failed';
}

const RETRYABLE: ReadonlySet<Code> = new Set(['upstream_throttled', 'upstream_unavailable']);
const SAID: ReadonlySet<Code> = new Set(['denied_by_iam', 'model_not_enabled']);

/** The words that may be told are many, and no call that goes well needs them. */
async function retold(message: string): Promise<string | undefined> {
  return (await import('./sentence.ts')).retold(message);
}

/** What a stream says in place of an event. */
export class UpstreamException extends Error {
  override readonly name = 'UpstreamException';
  readonly said: UpstreamError;

  constructor(said: UpstreamError) {
    super(said.type);
    this.said = said;
  }
}

/**
 * @param status HTTP status, or 0 for an exception within a stream
 * @param retryAfter the upstream's `Retry-After` header
 * @returns what to throw. Of the upstream's own words only those about a malformed request reach the caller, told again;
 *   the log gets the words only where the account was refused, because others may quote the prompt
 */
export async function upstreamError(status: number, said: UpstreamError, retryAfter?: string): Promise<TollgateError> {
  const { type, message, original } = said;
  const code = codeOf(status, type.toLowerCase(), said);
  return new TollgateError(code, {
    reason: 'upstream-error',
    detail: {
      status,
      type: type.slice(0, 64),
      ...(original === undefined ? {} : { original }),
      ...(retryAfter === undefined ? {} : { retryAfter: secondsOf(retryAfter) }),
      ...(SAID.has(code) ? { said: message.slice(0, UPSTREAM_MESSAGE_MAX_CHARS) } : {}),
    },
    ...(code === 'upstream_rejected' ? { message: await retold(message) } : {}),
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
  const { OriginalStatusCode: original } = parsed;
  return {
    type: bareType(headers['x-amzn-errortype'] || text('__type') || text('code')),
    message: containersOwn(text('OriginalMessage')) || text('message') || text('Message'),
    ...(Number.isInteger(original) ? { original: original as number } : {}),
  };
}

/** What a container said, out of the JSON that vLLM (`message`, `error.message`), TGI and LMI (`error`) put it into. */
function containersOwn(said: string): string {
  let value: unknown = said;
  try {
    value = JSON.parse(said);
  } catch {
    return said;
  }
  for (let at = 0; at < 2; at++)
    if (value !== null && typeof value === 'object')
      value = Reflect.get(value, 'message') ?? Reflect.get(value, 'error') ?? Reflect.get(value, 'detail');
  return typeof value === 'string' ? value : '';
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
