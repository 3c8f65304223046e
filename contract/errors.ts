import { BODY_MAX_BYTES } from './limits/contract.ts';

/**
 * One base error and a closed list of codes. Callers switch on `code`, never on message text. The error carries the
 * evidence for our own log (`field`, `reason`, `detail`); what a caller may read is `publicMessage` alone, which is why
 * evidence may hold ARNs and a public message may not.
 */

/** code -> HTTP status and the sentence a caller reads when the thrower has nothing safe to add. */
export const CODES = {
  // One sentence for every bad token, and API Gateway's own answer too: it helps who holds a good one and does not send it well.
  unauthenticated: {
    status: 401,
    text:
      'The token is missing, malformed, expired or not trusted here. It goes into the header Authorization, as Bearer ' +
      'TOKEN; x-api-key is not read. AWS SDKs send it, and do not sign, when AWS_BEARER_TOKEN_BEDROCK holds it.',
  },
  forbidden: { status: 403, text: 'This caller may not do that.' },
  model_not_allowed: { status: 403, text: 'This model does not exist or is not granted to the calling tenant.' },
  denied_by_iam: { status: 403, text: 'This model does not exist or is not granted to the calling tenant.' },
  not_found: { status: 404, text: 'There is no such path; GET /openapi.json lists those that there are.' },
  invalid_request: { status: 400, text: 'The request is malformed.' },
  upstream_rejected: { status: 400, text: 'The model rejected the request.' },
  model_retired: { status: 410, text: 'This model has reached its end of life.' },
  too_large: {
    status: 413,
    text:
      `The body is larger than ${BODY_MAX_BYTES} bytes. Send fewer or smaller attachments, or, where a grant allows it, ` +
      'call AWS itself with credentials of GET /credentials.',
  },
  unsupported_media_type: { status: 415, text: 'The body must be application/json, not compressed.' },
  rate_limited: { status: 429, text: 'A limit of this tenant is used up; try again later.' },
  upstream_throttled: { status: 429, text: 'The model is throttling calls; try again later.' },
  // By Bedrock's own status: the request is sound and trying again does not help, so no SDK is to do it by itself.
  model_failed: { status: 424, text: 'The model failed to process this request.' },
  internal: { status: 500, text: 'Something went wrong on our side.' },
  upstream_failed: { status: 502, text: 'The model failed to answer.' },
  upstream_unavailable: { status: 503, text: 'The model is unavailable; try again later.' },
  model_not_enabled: {
    status: 503,
    text: 'This model is not enabled yet in the AWS account behind this gateway; its operators were told.',
  },
  unavailable: { status: 503, text: 'This call cannot be decided right now; try again later.' },
  deadline: { status: 504, text: 'The model did not answer in time.' },
  // Not answers to a caller: found at start, when a registry item is written, or in the operator's command line.
  bad_setting: { status: 500, text: 'A setting is missing or wrong.' },
  bad_entry: { status: 400, text: 'The registry item is not valid.' },
  conflict: { status: 409, text: 'The item was changed by someone else; reload it and try again.' },
  bad_arn: { status: 400, text: 'The ARN is not one that a session policy may name.' },
  policy_too_large: { status: 400, text: 'The session policy does not fit into the limit that STS sets.' },
} as const satisfies Record<string, { status: number; text: string }>;

export type Code = keyof typeof CODES;

/** One of several things that are wrong with what was given. */
export interface Problem {
  /** The member at fault, e.g. `targets[0].arn`. */
  path: string;
  /** In kebab-case, as ErrorDetails.reason. */
  reason: string;
  /** A sentence, where the reason alone would not tell what to do. */
  message?: string;
}

export interface ErrorDetails {
  /** The member, header, claim, setting or registry field at fault, e.g. `targets[0].arn`. Shown to the caller. */
  field?: string;
  /** A machine-readable reason in kebab-case for logs and tests, e.g. `claim-missing`. Never shown to a caller. */
  reason?: string | undefined;
  /** Everything that is wrong, where it is more than `field` and `reason` say; those are of the first. For operators. */
  problems?: readonly Problem[];
  /** Anything else for the log. Never shown to a caller; never a token, key, prompt or credential. */
  detail?: Record<string, unknown>;
  /** A sentence safe for any caller: no ARN, account id, token, other tenant's name. Defaults to the code's own. */
  message?: string | undefined;
  /** Whole seconds, 1 or more, for a `Retry-After` header (RFC 9110 section 10.2.3). */
  retryAfterSeconds?: number | undefined;
  /** False: to try again before long is in vain, and SDKs that would by themselves are told not to. */
  retry?: false | undefined;
  /** Registry id of the model to use instead; only with `model_retired`. */
  successor?: string;
  /** The path that was meant; only with `not_found`. */
  meant?: string;
  cause?: unknown;
}

export class TollgateError extends Error {
  override readonly name = 'TollgateError';
  readonly code: Code;
  readonly status: number;
  readonly field: string | undefined;
  readonly reason: string | undefined;
  readonly problems: readonly Problem[] | undefined;
  readonly detail: Record<string, unknown> | undefined;
  readonly publicMessage: string;
  readonly retryAfterSeconds: number | undefined;
  readonly retry: false | undefined;
  readonly successor: string | undefined;
  readonly meant: string | undefined;

  constructor(code: Code, details: ErrorDetails = {}) {
    const publicMessage = details.message ?? CODES[code].text;
    const suffix = [details.field, details.reason].filter(Boolean).join(': ');
    super(
      suffix ? `${publicMessage} (${suffix})` : publicMessage,
      details.cause === undefined ? {} : { cause: details.cause },
    );
    this.code = code;
    this.status = CODES[code].status;
    this.field = details.field;
    this.reason = details.reason;
    this.problems = details.problems;
    this.detail = details.detail;
    this.publicMessage = publicMessage;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.retry = details.retry;
    this.successor = details.successor;
    this.meant = details.meant;
  }
}

/** Whether `error` is one of ours, and, if `code` is given, of that code. */
export function isTollgateError(error: unknown, code?: Code): error is TollgateError {
  return error instanceof TollgateError && (code === undefined || error.code === code);
}

/** Of a good token, so whoever reads it learns of no tenant but its own: not which of the two it is either. */
export const NOT_ADMITTED =
  'The tenant of this token is not onboarded here, or is suspended; the operator of this gateway can say which.';

/** Any thrown value as one of ours: ours unchanged, everything else `internal` with the original as its cause. */
export function asTollgateError(error: unknown): TollgateError {
  return isTollgateError(error) ? error : new TollgateError('internal', { cause: error, reason: 'unexpected' });
}
