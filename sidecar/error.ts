import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { response } from '../contract/gateway-responses.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { ANTHROPIC_ID_HEADER, AWS_ID_HEADER, REQUEST_ID_HEADER } from '../contract/request-id.ts';

/** Why it is the sidecar that answers, and not the gateway. */
export type Fault = keyof typeof FAULTS;

/** The header that names the fault: the gateway's own answers have none. */
export const FAULT_HEADER = 'x-tollgate-sidecar';

const FORBIDDEN = [403, 'forbidden', 'permission_error', 'AccessDeniedException'] as const;
const MALFORMED = [400, 'invalid_request', 'invalid_request_error', 'ValidationException'] as const;
const UNAVAILABLE = [503, 'unavailable', 'api_error', 'ServiceUnavailableException'] as const;

/** fault -> status, and what each vendor's SDK calls it; then the sentence. */
const FAULTS = {
  'host-refused': [
    ...FORBIDDEN,
    'it answers calls to its own address alone, and the host of this one is another. The base URL must be of 127.0.0.1 or localhost, with its port',
  ],
  'origin-refused': [...FORBIDDEN, 'it answers no page of another origin'],
  'credentials-refused': [
    ...FORBIDDEN,
    'it hands out no credentials, for it could not write its authorization file; SIDECAR_AUTHORIZATION_FILE names another',
  ],
  'authorization-refused': [
    401,
    'unauthenticated',
    'authentication_error',
    'UnrecognizedClientException',
    'credentials are for who sends what is in its authorization file, which AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE names; a sidecar that starts again writes it anew',
  ],
  'target-refused': [...MALFORMED, 'the target of the request is no path of the gateway'],
  'method-refused': [
    405,
    'invalid_request',
    'invalid_request_error',
    'ValidationException',
    'it passes on no such method',
  ],
  'loop-refused': [508, 'internal', 'api_error', 'InternalServerException', 'TOLLGATE_URL leads back to the sidecar'],
  'path-unknown': [404, 'not_found', 'not_found_error', 'ResourceNotFoundException', 'it has no such path of its own'],
  'token-unavailable': [...UNAVAILABLE, 'it has no valid token; try again later'],
  'gateway-unreachable': [...UNAVAILABLE, 'the gateway cannot be reached; try again later'],
  'gateway-lost': [
    502,
    'upstream_failed',
    'api_error',
    'InternalServerException',
    'the connection to the gateway ended before an answer that can be passed on',
  ],
} as const;

/**
 * An answer of the sidecar's own, in the one form that the SDK of every path can read, and saying whose it is.
 *
 * @param more a sentence of its own in the fault's place, and the seconds after which it is worth trying again
 */
export function refuse(
  res: ServerResponse,
  fault: Fault,
  more: { message?: string | undefined; retryAfterSeconds?: number | undefined } = {},
): void {
  const [status, code, type, errorType, what] = FAULTS[fault];
  const { message = `The sidecar answers this by itself: ${what}.`, retryAfterSeconds = RETRY_AFTER_SECONDS } = more;
  const { headers, body } = response(status, code, type, errorType, message);
  const requestId = randomUUID();
  res.writeHead(status, {
    ...headers,
    ...(status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {}),
    [FAULT_HEADER]: fault,
    [REQUEST_ID_HEADER]: requestId,
    [ANTHROPIC_ID_HEADER]: requestId,
    [AWS_ID_HEADER]: requestId,
  });
  // And as the SDKs' providers of container credentials read it: Java's and Go's `code`, JavaScript's `Code`.
  res.end(JSON.stringify({ ...JSON.parse(body), code: errorType, Code: errorType, Message: message }));
}
