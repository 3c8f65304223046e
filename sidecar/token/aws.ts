import { signed } from '../../aws/sigv4.ts';
import { WEB_IDENTITY_SECONDS } from '../../contract/limits/tokens.ts';
import type { Environment } from '../../contract/read-setting.ts';
import { bounded } from './ask.ts';
import { awsCredentials } from './aws-credentials.ts';
import { TokenFault } from './fault.ts';
import type { Fetch } from './fetch.ts';
import { heldToken, parsed } from './life.ts';
import type { Time } from './time.ts';
import type { TokenSource } from './token.ts';

export interface AwsOptions {
  /** The process's own: credentials and endpoints, in the variables of every AWS SDK. */
  env: Environment;
  region: string;
  fetch: Fetch;
  time: Time;
}

/**
 * The text of a secret in Secrets Manager: the whole of it, or the member `client_secret` of a JSON object.
 *
 * @param arn of the secret
 * @throws TokenFault `refused` with AWS's own code, and those of `bounded`
 */
export function awsSecret(arn: string, options: AwsOptions): (signal: AbortSignal) => Promise<string> {
  return async (signal) => {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' };
    const answer = await asked('secretsmanager', headers, JSON.stringify({ SecretId: arn }), options, signal);
    const { SecretString: text } = parsed(answer);
    if (typeof text !== 'string' || text.trim() === '')
      throw new TokenFault('bad-answer', { error: 'no-secret-string' });
    const { client_secret: member } = parsed(text);
    return typeof member === 'string' ? member : text.trim();
  };
}

/**
 * A token that AWS issues for the role whose credentials these are (`sts:GetWebIdentityToken`, IAM outbound identity federation),
 * for where there are roles and no tokens: a task of ECS is given no other.
 */
export function fromAws(audience: string, options: AwsOptions): TokenSource {
  return async (signal) => {
    const askedAt = options.time.now();
    const body = new URLSearchParams({
      Action: 'GetWebIdentityToken',
      Version: '2011-06-15',
      'Audience.member.1': audience,
      SigningAlgorithm: 'RS256',
      DurationSeconds: String(WEB_IDENTITY_SECONDS),
    }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await asked('sts', headers, body, options, signal);
    return heldToken({ token: /<WebIdentityToken>([^<]*)</.exec(answer)?.[1] ?? '', askedAt, isNew: true });
  };
}

/** The variables of every AWS SDK for where a service is, when it is not AWS's own. */
const ENDPOINT = { secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER', sts: 'AWS_ENDPOINT_URL_STS' } as const;

/** By the beginning of a region's name. */
const SUFFIX: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['', 'amazonaws.com'],
];

/** One signed POST; a client of the SDK would be ten times this process's code, for one operation. */
async function asked(
  service: keyof typeof ENDPOINT,
  headers: Record<string, string>,
  body: string,
  { env, region, fetch, time }: AwsOptions,
  signal: AbortSignal,
): Promise<string> {
  const ask = bounded(fetch, signal);
  const suffix = SUFFIX.find(([prefix]) => region.startsWith(prefix))?.[1];
  const url = new URL(env[ENDPOINT[service]] || env.AWS_ENDPOINT_URL || `https://${service}.${region}.${suffix}`);
  const credentials = await awsCredentials(env, ask);
  const unsigned = { method: 'POST', host: url.host, path: url.pathname, headers, body };
  const { host: _, ...sent } = signed(unsigned, { service, region }, credentials, time.now());
  const response = await ask(url.href, { method: 'POST', headers: sent, body });
  const answer = await response.text();
  if (response.ok) return answer;
  // AWS JSON has it as `__type`, with a name space or without; the Query protocol as <Code>.
  const code =
    String(parsed(answer).__type ?? '')
      .split('#')
      .at(-1) || /<Code>([\w.]+)</.exec(answer)?.[1];
  throw new TokenFault('refused', { status: response.status, error: code });
}
