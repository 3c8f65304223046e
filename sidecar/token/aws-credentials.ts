import type { SigningCredentials } from '../../aws/sigv4.ts';
import type { Environment } from '../../contract/read-setting.ts';
import type { Ask } from './ask.ts';
import { TokenFault } from './fault.ts';
import { textOf } from './text.ts';

/** Where ECS has a task's credentials (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html). */
const ECS = 'http://169.254.170.2';

/**
 * Credentials of AWS: those of the environment, else what a container of ECS or EKS is given. Asked for at each use, which is once
 * in a token's life.
 *
 * @throws TokenFault `no-aws-credentials` when there are none of either
 */
export async function awsCredentials(env: Environment, ask: Ask): Promise<SigningCredentials> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (accessKeyId && secretAccessKey)
    return { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined };
  const { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: relative, AWS_CONTAINER_CREDENTIALS_FULL_URI: full } = env;
  const url = relative ? `${ECS}${relative}` : full;
  if (!url) throw new TokenFault('no-aws-credentials');
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: given } = env;
  const authorization = file ? await textOf(file) : given;
  const response = await ask(url, { headers: authorization ? { authorization } : {} });
  if (!response.ok) throw new TokenFault('no-aws-credentials', { status: response.status });
  const { AccessKeyId, SecretAccessKey, Token } = Object(await response.json().catch(() => ({})));
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof Token !== 'string')
    throw new TokenFault('no-aws-credentials', { status: response.status });
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
}
