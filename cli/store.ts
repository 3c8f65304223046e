import type { Counters } from '../metering/budgets/counters.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import type { Target } from './target.ts';

/** The bucket of usage of the target. */
export async function openStore({ clientConfig, bucket }: Target): Promise<UsageStore> {
  const [{ S3Client }, { createStore }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('../metering/ledger/store.ts'),
  ]);
  return createStore({ client: new S3Client(clientConfig), bucket: await bucket() });
}

/** The target's table of counters and of days' summaries. */
export async function openCounters({ clientConfig, countersTable }: Target): Promise<Counters> {
  const [{ DynamoDBClient }, { createCounters }] = await Promise.all([
    import('@aws-sdk/client-dynamodb'),
    import('../metering/budgets/counters.ts'),
  ]);
  return createCounters({ client: new DynamoDBClient(clientConfig), table: countersTable });
}

/** Brings what the local gateway has not delivered yet into the bucket. In AWS the delivery keeps its own time. */
export async function flush({ kind, clientConfig }: Target): Promise<void> {
  if (kind !== 'local' || clientConfig.endpoint === undefined) return;
  const answer = await fetch(new URL('/_local/flush', clientConfig.endpoint), { method: 'POST' });
  await answer.body?.cancel();
}
