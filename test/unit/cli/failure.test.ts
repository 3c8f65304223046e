import { expect, test } from 'vitest';
import { explain } from '../../../cli/print.ts';
import { TollgateError } from '../../../contract/errors.ts';

const WHERE = { stage: 'prod', region: 'eu-west-1' };

/** What AWS, its SDK or Node says, and what the operator is told. */
test.each([
  [
    'CredentialsProviderError',
    'Could not load credentials from any providers',
    {},
    /^no AWS credentials were found; set AWS_PROFILE/,
  ],
  [
    'CredentialsProviderError',
    'The SSO session associated with this profile has expired. To refresh this SSO session run aws sso login with the corresponding profile.',
    { profile: 'work' },
    /^the SSO session of the AWS profile is over; sign in: aws sso login --profile work$/,
  ],
  [
    'TokenProviderError',
    "Token is expired. To refresh this SSO session run 'aws sso login' with the corresponding profile.",
    {},
    /--profile NAME$/,
  ],
  [
    'CredentialsProviderError',
    'Could not resolve credentials using profile: [nope] in configuration/credentials file(s).',
    { profile: 'nope' },
    /^the AWS profile nope gives no credentials/,
  ],
  ['ExpiredTokenException', 'The security token included in the request is expired', {}, /have expired; sign in again/],
  ['ExpiredToken', 'The provided token has expired.', {}, /have expired; sign in again/],
  [
    'UnrecognizedClientException',
    'The security token included in the request is invalid.',
    {},
    /^AWS does not know these credentials/,
  ],
  [
    'InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.',
    {},
    /^AWS does not know these/,
  ],
  [
    'InvalidSignatureException',
    'Signature expired: 20261129T1 is now earlier than 20261129T2',
    {},
    /^the clock of this machine is wrong/,
  ],
  [
    'AccessDeniedException',
    'User: x is not authorized to perform: dynamodb:Scan',
    {},
    /^these AWS credentials may not do that \(User: x is not authorized to perform: dynamodb:Scan\)$/,
  ],
  [
    'ResourceNotFoundException',
    'Requested resource not found',
    {},
    /^there is no stage prod in eu-west-1 .*npx cdk deploy -c tollgate:stage=prod/,
  ],
  ['NoSuchBucket', 'The specified bucket does not exist', {}, /^there is no stage prod in eu-west-1/],
  ['Error', 'getaddrinfo ENOTFOUND dynamodb.eu-west-9.amazonaws.com', {}, /^AWS cannot be reached .*ENOTFOUND/],
  [
    'InternalServerError',
    'Internal server error',
    {},
    /^AWS, for stage prod, does not answer \(InternalServerError: Internal server error\)$/,
  ],
])('%s: %s', (name, message, where, sentence) => {
  const cause = Object.assign(new Error(message), { name });
  const line = explain(new TollgateError('unavailable', { reason: 'registry-failed', cause }), { ...WHERE, ...where });
  expect(line).toMatch(sentence);
  expect(line).not.toMatch(/try again later|\n/);
});

test('all that is wrong with an entry is told, a line each', () => {
  const problems = [
    { path: 'id', reason: 'not-a-model-id' },
    { path: 'target.arn', reason: 'unknown-partition', message: 'no such partition: aws-x' },
  ];
  const message = 'The model is not valid: id: not a model id.';
  expect(explain(new TollgateError('bad_entry', { field: 'id', reason: 'not-a-model-id', message, problems }))).toBe(
    `${message}\n  id: not a model id\n  target.arn: no such partition: aws-x`,
  );
});
