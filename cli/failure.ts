import type { TargetOptions } from './target.ts';

/** Where a command acted, as far as its options say. */
export type Where = TargetOptions & { profile?: string | undefined };

type Sentence = (said: string, where: Where) => string;

/** What AWS and its SDK say, as what happened and what to do about it; the first that fits. */
const FAILURES: readonly (readonly [name: RegExp, said: RegExp, sentence: Sentence])[] = [
  [
    /./,
    /\bsso\b.*(expired|invalid|session)|token is expired|aws sso login/i,
    (_, { profile = 'NAME' }) =>
      `the SSO session of the AWS profile is over; sign in: aws sso login --profile ${profile}`,
  ],
  [
    /^(Credentials|Token)ProviderError$/,
    /using profile|profile .*(could not be found|not found)|must include|source_profile/i,
    (said, { profile }) =>
      `the AWS profile${profile === undefined ? '' : ` ${profile}`} gives no credentials (${said}); aws configure list-profiles lists those that there are`,
  ],
  [
    /^(Credentials|Token)ProviderError$/,
    /./,
    () =>
      'no AWS credentials were found; set AWS_PROFILE to a profile that has them (aws sso login signs it in), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  ],
  [
    /^(RequestTimeTooSkewed|RequestExpired)$|Signature/,
    /skew|too (far|large)|signature (expired|not yet current)|request has expired/i,
    () => 'the clock of this machine is wrong, so AWS refuses what it signs; set it',
  ],
  [/^ExpiredToken(Exception)?$/, /./, () => 'the AWS credentials have expired; sign in again: aws sso login'],
  [
    /^(UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|InvalidToken|AuthFailure)(Exception)?$/,
    /./,
    () => 'AWS does not know these credentials; aws sts get-caller-identity says whose they are',
  ],
  [
    /^(AccessDenied|Unauthorized|NotAuthorized|Forbidden|AllAccessDisabled)(Exception|Operation)?$|^403$/,
    /./,
    (said) => `these AWS credentials may not do that (${said})`,
  ],
  [
    /^ResourceNotFoundException$|^NoSuchBucket$/,
    /./,
    (said, { stage, region }) =>
      `there is no stage ${stage}${region === undefined ? ' here' : ` in ${region}`} in the account of these credentials, or it is older than this command (${said}); npx cdk deploy -c tollgate:stage=${stage} makes it, and --stage, --region and AWS_PROFILE say which is meant`,
  ],
  [
    /./,
    /\b(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/,
    (said) => `AWS cannot be reached (${said}); is the network up, and is there such a region?`,
  ],
];

/**
 * What AWS or its SDK said of a failure, in a sentence of its own with what to do; nobody is told to try again where that is in
 * vain.
 *
 * @param error it, or one that it is the cause of
 * @returns undefined: it is none of these
 */
export function awsFailure(error: unknown, where: Where): string | undefined {
  // The laptop's own needs no credentials and has its table.
  if (where.stage === undefined) return undefined;
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { name, message } = cause;
    const { code = '' } = cause as NodeJS.ErrnoException;
    const said = message === '' ? code : message;
    // TollgateErrors are ours, and say what they have to say by themselves.
    if ('publicMessage' in cause) continue;
    const found = FAILURES.find(([names, texts]) => names.test(name) && texts.test(`${said} ${code}`));
    if (found !== undefined) return found[2](said, where);
  }
  return undefined;
}
