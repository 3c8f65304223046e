import { randomInt } from 'node:crypto';
import type { CallAws } from '../aws/json.ts';
import type { Clock } from '../contract/log.ts';
import type { KeysSettings } from '../contract/settings.ts';
import { createKeyWriter, type KeyWriter } from '../registry/gateway-keys/writer.ts';
import type { Items } from '../registry/items.ts';
import { createSecretReader } from '../seal/secret.ts';

/** Keys of the gateway, for whoever edits them through the API. Loaded only where a stage has keys. */
export function openKeys(
  items: Items,
  secrets: Items,
  call: CallAws,
  { secretId, maxDays }: KeysSettings,
  clock: Clock,
): (actor: string) => KeyWriter {
  const read = createSecretReader({ call, secretId, name: 'keys-secret' });
  return (actor) =>
    createKeyWriter({
      ...{ items, secrets, clock, actor, maxDays },
      hashKey: async () => (await read()).current,
      randomInt: (below) => randomInt(below),
    });
}
