import { createSecretKey, randomInt } from 'node:crypto';
import { createGatewayKeys, type GatewayKeysOptions } from '../../../authorizer/gateway-keys.ts';
import { keyText, newKeyId, newKeySecret, type ParsedKey } from '../../../registry/gateway-keys/format.ts';
import { type HashKey, hashed, secretKey } from '../../../registry/gateway-keys/secrets.ts';
import { keyKey } from '../../../registry/keys.ts';
import { memoryItems } from '../registry/memory-items.ts';
import { NOW } from './tokens.ts';

/** A stage's keys in memory, for tests of who asks them. */

export const UNDER: HashKey = { version: 'version-1', key: createSecretKey(Buffer.alloc(48, 7)) };

export const at = (seconds: number): string => new Date((NOW + seconds) * 1000).toISOString();

export const newKey = (id = newKeyId(randomInt)): ParsedKey => ({ id, secret: newKeySecret(randomInt) });

export interface Entry {
  expiresIn?: number;
  revoked?: true;
  [member: string]: unknown;
}

export const entryOf = (id: string, { expiresIn = 3_600, revoked, ...more }: Entry = {}): object => ({
  ...{ v: 1, id, tenant: 'acme', name: 'ci', expiresAt: at(expiresIn) },
  ...(revoked ? { revokedAt: at(-60) } : {}),
  ...{ version: 1, updatedAt: at(-60), updatedBy: 'alice' },
  ...more,
});

export const secretOf = (key: ParsedKey, { madeIn = -60, untilIn = 7_200, under = UNDER } = {}) => ({
  ...hashed(under, key),
  ...{ madeAt: at(madeIn), until: at(untilIn) },
});

export function gatewayKeys(more: Partial<GatewayKeysOptions> = {}) {
  const registry = memoryItems();
  const secrets = memoryItems();
  const keep = (id: string, ...kept: object[]) => secrets.edit(secretKey(id), { v: 1, secrets: kept, version: 1 });
  return {
    registry,
    secrets,
    keep,
    /** One of acme that is good for an hour. @returns what its bearer sends */
    give(entry: Entry = {}, key = newKey()): string {
      registry.edit(keyKey(key.id), entryOf(key.id, entry));
      keep(key.id, secretOf(key));
      return keyText(key);
    },
    identify: createGatewayKeys({
      registry,
      secrets,
      hashKey: (version) => (version === UNDER.version ? UNDER : undefined),
      maxDays: 365,
      clock: () => NOW * 1000,
      write: () => {},
      ...more,
    }),
  };
}
