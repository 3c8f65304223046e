import { createAwsJson } from '../aws/json.ts';
import { createAskTable, type TableOptions } from '../aws/table.ts';
import { REGISTRY_TIMEOUT_MS } from '../contract/limits/registry.ts';
import type { WriteLine } from '../contract/log.ts';
import type { KeysSettings } from '../contract/settings.ts';
import { toAttributes } from '../registry/attributes.ts';
import { createReads, toAttributeKey } from '../registry/dynamo.ts';
import { createContextKeys } from '../seal/keys.ts';
import { createSecretReader } from '../seal/secret.ts';
import type { IdentifyKey } from './callers.ts';
import { createGatewayKeys } from './gateway-keys.ts';

export interface OpenKeysOptions extends Pick<TableOptions, 'client' | 'transport' | 'clock'> {
  /** DynamoDB table of the registry. */
  table: string;
  keys: KeysSettings;
  /** Whether uses are noted: by who sees every key first. */
  notes: boolean;
  write: WriteLine;
}

/** Keys of the gateway over their tables and their secret. Loaded only where a stage has keys. */
export function openKeys({ client, transport, clock, table, keys, notes, write }: OpenKeysOptions): IdentifyKey {
  const { secretId, url, maxDays } = keys;
  const call = createAwsJson({ signedAs: client.config, transport, service: 'secretsmanager', url, clock });
  const hashKeys = createContextKeys({
    read: createSecretReader({ call, secretId, name: 'keys-secret' }),
    name: 'keys-secret',
    clock,
    write,
  });
  hashKeys.prefetch();
  const ask = createAskTable({ client, transport, clock });
  return createGatewayKeys({
    registry: createReads({ client, table }),
    secrets: createReads({ client, table: keys.table }),
    hashKey: (version) => hashKeys.find(version),
    ...(notes
      ? {
          async note(key, document, before) {
            const input = {
              TableName: keys.table,
              Item: { ...toAttributes(document), ...toAttributeKey(key) },
              ConditionExpression: 'attribute_not_exists(pk) OR #at < :before',
              ExpressionAttributeNames: { '#at': 'at' },
              ExpressionAttributeValues: { ':before': { S: before } },
            };
            await ask('PutItem', input, { abortSignal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS) });
          },
        }
      : {}),
    maxDays,
    clock,
    write,
  });
}
