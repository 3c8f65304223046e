import type { ServiceName } from './service.ts';

/** What an AWS service answers instead of a result. `code` is the wire's own name, e.g. `AccessDeniedException`. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly status: number;
  readonly code: string;
  /** Further members of the answer, e.g. `CancellationReasons`. */
  readonly members: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.members = members;
  }
}

/** One refusal, named and numbered as each service does. */
type Kind = 'unsigned' | 'unknown-key' | 'bad-token' | 'bad-signature' | 'skewed' | 'expired' | 'denied';

type Form = readonly [status: number, code: string];

const STS: Record<Kind, Form> = {
  unsigned: [403, 'MissingAuthenticationToken'],
  'unknown-key': [403, 'InvalidClientTokenId'],
  'bad-token': [403, 'InvalidClientTokenId'],
  'bad-signature': [403, 'SignatureDoesNotMatch'],
  skewed: [403, 'SignatureDoesNotMatch'],
  expired: [403, 'ExpiredToken'],
  denied: [403, 'AccessDenied'],
};
const S3: Record<Kind, Form> = {
  unsigned: [403, 'AccessDenied'],
  'unknown-key': [403, 'InvalidAccessKeyId'],
  'bad-token': [400, 'InvalidToken'],
  'bad-signature': [403, 'SignatureDoesNotMatch'],
  skewed: [403, 'RequestTimeTooSkewed'],
  expired: [400, 'ExpiredToken'],
  denied: [403, 'AccessDenied'],
};
const json = (status: number): Record<Kind, Form> => ({
  unsigned: [status, 'MissingAuthenticationTokenException'],
  'unknown-key': [status, 'UnrecognizedClientException'],
  'bad-token': [status, 'UnrecognizedClientException'],
  'bad-signature': [status, 'InvalidSignatureException'],
  skewed: [status, 'InvalidSignatureException'],
  expired: [status, 'ExpiredTokenException'],
  denied: [status, 'AccessDeniedException'],
});
const FORMS: Record<ServiceName, Record<Kind, Form>> = {
  sts: STS,
  iam: STS,
  s3: S3,
  dynamodb: json(400),
  cloudwatch: json(400),
  bedrock: json(403),
  sagemaker: json(403),
  lambda: json(403),
  apigateway: json(403),
  events: json(400),
  secretsmanager: json(400),
  sns: STS,
};

/** A refusal before the service's own work, in the form that this service's SDK client knows. */
export function refusal(service: ServiceName, kind: Kind, message: string): AwsError {
  const [status, code] = FORMS[service][kind];
  return new AwsError(status, code, message);
}

/** `ValidationException`, or what STS calls it. */
export function invalid(message: string, code = 'ValidationException'): AwsError {
  return new AwsError(400, code, message);
}
