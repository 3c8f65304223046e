import { createSecretKey } from 'node:crypto';
import { type CallerContext, encodeContext, type SealedContext } from '../contract/context.ts';
import { CONTEXT_KEY_CHARS } from '../contract/limits/seal.ts';
import type { ContextKey } from '../seal/keys.ts';
import { createSeal } from '../seal/seal.ts';

/** Contexts as the authorizer makes them, for tests that write the events of API Gateway by hand. */

export const AUTHORIZATION = 'Bearer a-token';

/** What Secrets Manager would hold. */
export const SECRET = { VersionId: 'version-1', SecretString: 'k'.repeat(CONTEXT_KEY_CHARS) };

export const CONTEXT_KEY: ContextKey = {
  version: SECRET.VersionId,
  key: createSecretKey(SECRET.SecretString, 'utf8'),
};

/** The keys of a stage that has never rotated its own. */
export const KEYS = {
  current: async () => CONTEXT_KEY,
  find: (version: string) => (version === CONTEXT_KEY.version ? CONTEXT_KEY : undefined),
};

/** A context bound to the header that its caller sends. */
export function bound(caller: CallerContext, authorization = AUTHORIZATION): Promise<SealedContext> {
  return createSeal({ keys: KEYS })(encodeContext(caller), authorization);
}

/** Secrets Manager's answer to a request for the key; undefined for a request of another service. */
export function secretAnswer(target: string | string[] | undefined, body: string): [number, object] | undefined {
  if (target !== 'secretsmanager.GetSecretValue') return undefined;
  const isCurrent = (JSON.parse(body) as { VersionStage: string }).VersionStage === 'AWSCURRENT';
  return isCurrent ? [200, SECRET] : [400, { __type: 'ResourceNotFoundException' }];
}
