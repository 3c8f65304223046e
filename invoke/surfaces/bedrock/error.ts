import type { Code, TollgateError } from '../../../contract/errors.ts';
import type { AskedHeaders } from '../../exchange.ts';
import { type ErrorForm, sentence } from '../error-form.ts';

/**
 * code -> the exception that Bedrock itself raises for it
 * (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors). The SDK
 * picks its class by this name and not by the status, so the status stays our own.
 */
const EXCEPTIONS: Record<Code, string> = {
  unauthenticated: 'UnrecognizedClientException',
  forbidden: 'AccessDeniedException',
  model_not_allowed: 'AccessDeniedException',
  denied_by_iam: 'AccessDeniedException',
  not_found: 'ResourceNotFoundException',
  invalid_request: 'ValidationException',
  upstream_rejected: 'ValidationException',
  // What Bedrock says of a model version past its end of life.
  model_retired: 'ResourceNotFoundException',
  too_large: 'ValidationException',
  unsupported_media_type: 'ValidationException',
  rate_limited: 'ThrottlingException',
  upstream_throttled: 'ThrottlingException',
  model_failed: 'ModelErrorException',
  internal: 'InternalServerException',
  upstream_failed: 'InternalServerException',
  upstream_unavailable: 'ServiceUnavailableException',
  model_not_enabled: 'ServiceUnavailableException',
  unavailable: 'ServiceUnavailableException',
  deadline: 'ModelTimeoutException',
  bad_setting: 'InternalServerException',
  bad_entry: 'ValidationException',
  conflict: 'ConflictException',
  bad_arn: 'InternalServerException',
  policy_too_large: 'InternalServerException',
};

/**
 * What Bedrock says where trying again is in vain, and the status that it says it with. SDKs tell by the name that this is no
 * throttling, but some (JavaScript's, Java's) repeat whatever has the status 429: so this is the status for whoever counts
 * attempts, as every AWS SDK does in each request, and 429 for everybody else.
 */
const QUOTA_EXCEEDED = { type: 'ServiceQuotaExceededException', status: 400 } as const;

const ATTEMPTS = 'amz-sdk-request';

/** Bedrock's and SageMaker's form: `{"message"}`, and the exception's name in `x-amzn-errortype`. */
export function awsError(error: TollgateError, asked?: AskedHeaders): ErrorForm & { body: { message: string } } {
  const type = awsErrorType(error);
  return {
    headers: { 'x-amzn-errortype': type },
    body: { message: awsMessage(error) },
    ...(type === QUOTA_EXCEEDED.type && asked?.get(ATTEMPTS) != null ? { status: QUOTA_EXCEEDED.status } : {}),
  };
}

/** The exception's name. */
export function awsErrorType({ code, retry }: TollgateError): string {
  return code === 'rate_limited' && retry === false ? QUOTA_EXCEEDED.type : EXCEPTIONS[code];
}

/** There is no member for the field at fault, so the sentence names it. */
export function awsMessage(error: TollgateError): string {
  const text = sentence(error);
  const { field } = error;
  return field === undefined || error.status !== 400 || text.includes(field) ? text : `${text} (${field})`;
}
