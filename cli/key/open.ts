import { randomInt } from 'node:crypto';
import type { CallAws } from '../../aws/json.ts';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { KEY_DAYS_CEILING, KEY_DAYS_MAX } from '../../contract/limits/keys.ts';
import { KEY_DAYS_TAG } from '../../contract/names.ts';
import type { KeyWriter } from '../../registry/gateway-keys/writer.ts';
import type { Items } from '../../registry/items.ts';
import { actorOf, once } from '../registry.ts';
import type { Target } from '../target.ts';

/**
 * The target's keys.
 *
 * @param making whether a secret will be made, for which the stage's own secret is read, and how long a key may be good
 * @param dryRun nothing is written
 * @throws TollgateError `bad_setting` where the target has no keys
 */
export async function openKeys(
  target: Target,
  { making = false, dryRun = false }: { making?: boolean; dryRun?: boolean | undefined } = {},
): Promise<KeyWriter> {
  const { clientConfig, table, keysTable, keysSecret: secretId } = target;
  const [{ DynamoDBClient }, { createItems }, { createKeyWriter }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../../registry/table.ts'),
    import('../../registry/gateway-keys/writer.ts'),
  ]);
  const client = new DynamoDBClient(clientConfig);
  const of = making ? await secretsOf(client.config, clientConfig.endpoint) : undefined;
  const maxDays = of && (await maxDaysOf(of.call, secretId));
  return createKeyWriter({
    items: createItems({ client, table }),
    secrets: thereIs(createItems({ client, table: keysTable })),
    async hashKey() {
      if (of === undefined) throw new TollgateError('internal', { reason: 'not-making' });
      return (await of.createSecretReader({ call: of.call, secretId, name: 'keys-secret' })()).current;
    },
    clock: Date.now,
    randomInt: (below) => randomInt(below),
    actor: once(() => actorOf(target)),
    dryRun,
    ...(maxDays === undefined ? {} : { maxDays }),
  });
}

async function secretsOf(
  signedAs: Parameters<typeof import('../../aws/json.ts').createAwsJson>[0]['signedAs'],
  url?: string,
) {
  const [{ NodeHttpHandler }, { createAwsJson }, { createSecretReader }] = await Promise.all([
    import('@smithy/node-http-handler'),
    import('../../aws/json.ts'),
    import('../../seal/secret.ts'),
  ]);
  const transport = new NodeHttpHandler({ requestTimeout: REQUEST_MS, throwOnRequestTimeout: true });
  return {
    createSecretReader,
    call: createAwsJson({ signedAs, transport, service: 'secretsmanager', url, clock: Date.now }),
  };
}

/** Milliseconds for one request to Secrets Manager. */
const REQUEST_MS = 5_000;

async function maxDaysOf(call: CallAws, SecretId: string): Promise<number> {
  let about: Record<string, unknown>;
  try {
    about = await call('DescribeSecret', { SecretId });
  } catch (cause) {
    if ((cause as { type?: string }).type === 'ResourceNotFoundException') throw keysOff();
    throw new TollgateError('unavailable', { reason: 'keys-secret', cause });
  }
  const tags = Array.isArray(about.Tags) ? (about.Tags as { Key?: string; Value?: string }[]) : [];
  const days = Number(tags.find(({ Key }) => Key === KEY_DAYS_TAG)?.Value);
  return Number.isSafeInteger(days) && days >= 1 && days <= KEY_DAYS_CEILING ? days : KEY_DAYS_MAX;
}

/** A table that is not there is not one that does not answer. */
function thereIs(items: Items): Items {
  return Object.fromEntries(
    Object.entries(items).map(([name, method]) => [
      name,
      async (...args: unknown[]) => {
        try {
          return await (method as (...given: unknown[]) => Promise<unknown>)(...args);
        } catch (error) {
          const { name: type } = (isTollgateError(error, 'unavailable') ? (error.cause as Error) : undefined) ?? {};
          throw type === 'ResourceNotFoundException' ? keysOff() : error;
        }
      },
    ]),
  ) as unknown as Items;
}

/** Without a cause: of a table that is not there it would be said that the stage is none. */
function keysOff(): TollgateError {
  return new TollgateError('bad_setting', {
    field: 'tollgate:keys',
    reason: 'keys-off',
    message: 'keys are off here: deploy with tollgate:keys, or start the local gateway without TOLLGATE_KEYS=0',
  });
}
