import { refusal } from './error.ts';
import type { AwsRequest, Service } from './service.ts';
import type { Caller, Sessions } from './sessions.ts';
import { type Authorization, verify } from './sigv4.ts';

/**
 * Who signed this request.
 *
 * A known access key is always verified. An unknown one is refused by a strict service; anywhere else it is the account's
 * operator (the command line's fixed key, a test's), because whoever reaches the loopback interface owns the laptop's
 * stores anyway.
 *
 * @param now milliseconds since 1970
 * @throws AwsError in the service's own form: no such key or token, a wrong signature, a date more than 5 minutes off, an
 *   expired session
 */
export function authenticate(
  service: Service,
  request: AwsRequest,
  auth: Authorization,
  { sessions, account, now }: { sessions: Sessions; account: string; now: number },
): Caller {
  const session = sessions.find(auth.accessKeyId);
  if (session === undefined) {
    if (service.strict(request))
      throw refusal(service.name, 'unknown-key', 'The security token included in the request is invalid.');
    return operator(account);
  }
  if (request.headers['x-amz-security-token'] !== session.sessionToken)
    throw refusal(service.name, 'bad-token', 'The security token included in the request is invalid.');
  const fault = verify(auth, request, session.secretAccessKey, now);
  if (fault === 'skewed')
    throw refusal(
      service.name,
      fault,
      'Signature expired: the request date is more than 5 minutes from the server time.',
    );
  if (fault !== null)
    throw refusal(
      service.name,
      fault,
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  if (session.expiresAt <= now)
    throw refusal(service.name, 'expired', 'The security token included in the request is expired');
  return session.caller;
}

function operator(account: string): Caller {
  return {
    arn: `arn:aws:iam::${account}:user/operator`,
    role: null,
    sessionName: null,
    sourceIdentity: null,
    tags: {},
    sessionPolicy: null,
  };
}
