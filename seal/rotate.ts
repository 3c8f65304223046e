import { randomInt } from 'node:crypto';
import { AwsJsonError, type CallAws } from '../aws/json.ts';
import { TollgateError } from '../contract/errors.ts';
import { CONTEXT_KEY_CHARS } from '../contract/limits/seal.ts';

export interface RotateOptions {
  /** Secrets Manager. */
  call: CallAws;
  newKey: () => string;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export function randomKey(): string {
  return Array.from({ length: CONTEXT_KEY_CHARS }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

/**
 * The four steps by which Secrets Manager has a secret rotated
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html). A key is nobody's
 * password, so there is nothing to set or to test elsewhere: a new version is made and becomes the current one, and the
 * current one becomes the previous one, which is good until the next time. Each step may come twice.
 *
 * @returns throws Error when a step could not be done; Secrets Manager then leaves the current key as it is and tries again
 */
export function createRotate({ call, newKey }: RotateOptions): (event: unknown) => Promise<void> {
  return async (event) => {
    const { Step, SecretId, ClientRequestToken } = Object(event) as Record<string, unknown>;
    if (typeof SecretId !== 'string' || typeof ClientRequestToken !== 'string')
      throw new TollgateError('invalid_request', { field: 'event', reason: 'rotation-event' });
    switch (Step) {
      case 'createSecret':
        return create(SecretId, ClientRequestToken);
      case 'setSecret':
      case 'testSecret':
        return;
      case 'finishSecret':
        return finish(SecretId, ClientRequestToken);
      default:
        throw new TollgateError('invalid_request', { field: 'event.Step', reason: 'rotation-event' });
    }
  };

  async function create(SecretId: string, ClientRequestToken: string): Promise<void> {
    try {
      const SecretString = newKey();
      await call('PutSecretValue', { SecretId, ClientRequestToken, SecretString, VersionStages: ['AWSPENDING'] });
    } catch (error) {
      // An earlier try made it. What it is cannot be read here, and need not be.
      if (!(error instanceof AwsJsonError && error.type === 'ResourceExistsException')) throw error;
    }
  }

  async function finish(SecretId: string, ClientRequestToken: string): Promise<void> {
    const { VersionIdsToStages } = await call('DescribeSecret', { SecretId });
    const [current] =
      Object.entries(Object(VersionIdsToStages) as Record<string, string[]>).find(([, stages]) =>
        stages.includes('AWSCURRENT'),
      ) ?? [];
    if (current === ClientRequestToken) return;
    await call('UpdateSecretVersionStage', {
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: ClientRequestToken,
      ...(current === undefined ? {} : { RemoveFromVersionId: current }),
    });
  }
}
