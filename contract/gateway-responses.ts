import { CODES, NOT_ADMITTED } from './errors.ts';
import { QUOTA_RETRY_AFTER_SECONDS, RETRY_AFTER_SECONDS } from './limits/contract.ts';

/**
 * What API Gateway answers by itself, before or instead of the function
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-responses-types.html). It has one
 * template for every path, so one body must suit every SDK: OpenAI and Anthropic read `error`, Anthropic also `type`,
 * Bedrock and SageMaker read `message` and take the exception's name from the `x-amzn-errortype` header. The template of
 * the stack and the local front both answer from here.
 */
export interface GatewayResponse {
  /** null keeps the status that the gateway chose. */
  status: number | null;
  /** Lower-case names, plain values. REQUEST_ID_HEADER and ANTHROPIC_ID_HEADER are added to each. */
  headers: Readonly<Record<string, string>>;
  /** JSON, the same bytes for every caller: nothing of the request is repeated in it. */
  body: string;
}

/** An error that the SDK of every surface can read. */
export function response(
  status: number | null,
  code: string,
  type: string,
  errorType: string,
  message: string,
  headers: Record<string, string> = {},
): GatewayResponse {
  return Object.freeze({
    status,
    headers: Object.freeze({ 'content-type': 'application/json', 'x-amzn-errortype': errorType, ...headers }),
    body: JSON.stringify({
      message,
      type: 'error',
      error: { message, type, code, param: null, details: { error_code: code } },
    }),
  });
}

const RETRY = { 'retry-after': String(RETRY_AFTER_SECONDS) };
const OURS = CODES.internal.text;

const UNDECIDED = response(
  503,
  'unavailable',
  'api_error',
  'ServiceUnavailableException',
  CODES.unavailable.text,
  RETRY,
);

export const GATEWAY_RESPONSES = Object.freeze({
  // RFC 9110 section 11.6.1: a 401 names the scheme that would do.
  UNAUTHORIZED: response(
    401,
    'unauthenticated',
    'authentication_error',
    'UnrecognizedClientException',
    CODES.unauthenticated.text,
    {
      'www-authenticate': 'Bearer',
    },
  ),
  // The authorizer's Deny: the token holds, and its tenant is not admitted.
  ACCESS_DENIED: response(403, 'forbidden', 'permission_error', 'AccessDeniedException', NOT_ADMITTED),
  // The authorizer named an API key that is not there, is disabled, or is in no usage plan of the stage. The caller cannot
  // help it; it is in the access log under this name.
  INVALID_API_KEY: response(403, 'forbidden', 'permission_error', 'AccessDeniedException', CODES.forbidden.text),
  // A path that is not in the API: the gateway calls it a missing token, and says 403 unless told otherwise.
  MISSING_AUTHENTICATION_TOKEN: response(
    404,
    'not_found',
    'not_found_error',
    'ResourceNotFoundException',
    CODES.not_found.text,
  ),
  // The authorizer threw: it could not decide (registry or keys unreachable). That passes, so it is not a plain 500.
  // Which of the two types a throwing function gives is not written down, so both say the same.
  AUTHORIZER_FAILURE: UNDECIDED,
  AUTHORIZER_CONFIGURATION_ERROR: UNDECIDED,
  REQUEST_TOO_LARGE: response(413, 'too_large', 'request_too_large', 'ValidationException', CODES.too_large.text),
  // Lambda refused to start the function, which in practice is its limit on what runs at once; a function that starts and
  // fails is DEFAULT_5XX.
  INTEGRATION_FAILURE: response(
    429,
    'rate_limited',
    'rate_limit_error',
    'ThrottlingException',
    'Too many calls at once; try again later.',
    RETRY,
  ),
  INTEGRATION_TIMEOUT: response(504, 'deadline', 'api_error', 'ModelTimeoutException', CODES.deadline.text),
  THROTTLED: response(
    429,
    'rate_limited',
    'rate_limit_error',
    'ThrottlingException',
    'Too many calls; try again later.',
    RETRY,
  ),
  // The quota of a usage plan. When its period ends differs by plan, and the header of a gateway response is a fixed text.
  QUOTA_EXCEEDED: response(
    429,
    'rate_limited',
    'rate_limit_error',
    'ThrottlingException',
    'The quota of this tenant is used up; try again later.',
    { 'retry-after': String(QUOTA_RETRY_AFTER_SECONDS) },
  ),
  DEFAULT_4XX: response(
    null,
    'invalid_request',
    'invalid_request_error',
    'ValidationException',
    CODES.invalid_request.text,
  ),
  DEFAULT_5XX: response(null, 'internal', 'api_error', 'InternalServerException', OURS),
});

/**
 * What WAF refused, where the stage has a web ACL: it has no answer of its own, so this one is what callers see. They cannot
 * help it by asking again or otherwise: the id is in WAF's log.
 */
export const WAF_RESPONSES = Object.freeze({
  WAF_FILTERED: response(
    403,
    'forbidden',
    'permission_error',
    'AccessDeniedException',
    'Refused before the gateway was reached; whoever runs it finds the reason by this request.',
  ),
});

export type GatewayResponseType = keyof typeof GATEWAY_RESPONSES;

export type GatewayResponses = Readonly<Record<GatewayResponseType, GatewayResponse>>;

/**
 * @param cors whether pages may call from a browser: then any page may read these, for they say the same to everybody, and which
 *   page asked cannot be looked up in a template
 * @param filtered whether WAF may refuse a call
 */
export function gatewayResponses(cors: boolean, filtered = false): GatewayResponses {
  const all = filtered ? { ...GATEWAY_RESPONSES, ...WAF_RESPONSES } : GATEWAY_RESPONSES;
  if (!cors) return all;
  const headers = { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' };
  const open = Object.entries(all).map(([type, response]) => [
    type,
    { ...response, headers: { ...response.headers, ...headers } },
  ]);
  return Object.freeze(Object.fromEntries(open)) as GatewayResponses;
}
