import { createSecretKey } from 'node:crypto';
import { AwsJsonError, type CallAws } from '../aws/json.ts';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { CONTEXT_KEY_ATTEMPTS, CONTEXT_KEY_CHARS, CONTEXT_KEY_TIMEOUT_MS } from '../contract/limits/seal.ts';
import { abortable } from '../sessions/abortable.ts';
import type { ContextKey, KeyPair } from './keys.ts';

export interface SecretOptions {
  /** Secrets Manager. */
  call: CallAws;
  /** Name or ARN. */
  secretId: string;
  /** What its keys are called in the log. Default `context-key`. */
  name?: string;
  /** Milliseconds for both keys, with their attempts. */
  timeoutMs?: number;
}

/**
 * The two keys that Secrets Manager labels
 * (https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html).
 *
 * @returns reads them; throws TollgateError `unavailable` with what Secrets Manager said, never with a key
 */
export function createSecretReader({
  call,
  secretId,
  name = 'context-key',
  timeoutMs = CONTEXT_KEY_TIMEOUT_MS,
}: SecretOptions): () => Promise<KeyPair> {
  const version = async (VersionStage: string): Promise<ContextKey> => {
    for (let attempt = 1; ; attempt++)
      try {
        return keyOf(await call('GetSecretValue', { SecretId: secretId, VersionStage }), name);
      } catch (error) {
        // A kept connection that a frozen function came back to is gone; what was refused stays refused.
        if (attempt === CONTEXT_KEY_ATTEMPTS || !isTransient(error)) throw error;
      }
  };
  const previous = async (): Promise<ContextKey | undefined> => {
    try {
      return await version('AWSPREVIOUS');
    } catch (error) {
      // Until the first rotation there is none.
      if (error instanceof AwsJsonError && error.type === 'ResourceNotFoundException') return undefined;
      throw error;
    }
  };
  return async () => {
    try {
      const both = Promise.all([version('AWSCURRENT'), previous()]);
      const [current, before] = await abortable(both, AbortSignal.timeout(timeoutMs));
      return { current, previous: before };
    } catch (cause) {
      const type = cause instanceof AwsJsonError ? cause.type : (cause as Error)?.name;
      const reason = isTollgateError(cause) ? cause.reason : name;
      throw new TollgateError('unavailable', { reason, detail: { type } });
    }
  };
}

function isTransient(error: unknown): boolean {
  return !isTollgateError(error) && (!(error instanceof AwsJsonError) || error.status >= 500);
}

function keyOf({ VersionId, SecretString }: Record<string, unknown>, name: string): ContextKey {
  // Whoever put a shorter one there made every seal easier to guess.
  if (typeof VersionId !== 'string' || typeof SecretString !== 'string' || SecretString.length < CONTEXT_KEY_CHARS)
    throw new TollgateError('unavailable', { reason: `${name}-unusable` });
  return { version: VersionId, key: createSecretKey(SecretString, 'utf8') };
}
