import type { Command } from 'commander';
import type { RunResult } from '../metering/run.ts';
import { print, table, warn } from './print.ts';
import type { Target } from './target.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  program
    .command('meter')
    .description('usage: run')
    .command('run')
    .description('aggregate now what the schedule would aggregate at its next turn')
    .option('--hour <hour>', 'only this hour of UTC, from all its lines: 2026-11-21T09')
    .action(async ({ hour }: { hour?: string }) => {
      const where = await target();
      await flush(where);
      tell(await (await openAggregation(where))(hour === undefined ? {} : { hour }), hour);
    });
}

/** Brings what the local gateway has not delivered yet into the bucket. In AWS the delivery keeps its own time. */
async function flush({ kind, clientConfig }: Target): Promise<void> {
  if (kind !== 'local' || clientConfig.endpoint === undefined) return;
  const answer = await fetch(new URL('/_local/flush', clientConfig.endpoint), { method: 'POST' });
  await answer.body?.cancel();
}

async function openAggregation({ clientConfig, table, bucket }: Target) {
  const [{ S3Client }, { DynamoDBClient }, { CloudWatchClient }, registry, store, cloudwatch, run] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/client-dynamodb'),
    import('@aws-sdk/client-cloudwatch'),
    import('../registry/dynamo.ts'),
    import('../metering/store.ts'),
    import('../metering/cloudwatch.ts'),
    import('../metering/run.ts'),
  ]);
  return run.createAggregation({
    store: store.createStore({ client: new S3Client(clientConfig), bucket: await bucket() }),
    prices: registry.createRegistry({
      client: new DynamoDBClient(clientConfig),
      table,
      clock: Date.now,
      onUnusable: ({ pk, field, reason }) => warn(`tollgate: unusable item ${pk}: ${field}: ${reason}`),
    }),
    metrics: cloudwatch.createMetricSums(new CloudWatchClient(clientConfig)),
    clock: Date.now,
    // The lines are metrics for CloudWatch, which reads no operator's terminal; what failed is thrown as well.
    write: () => undefined,
  });
}

function tell({ hours, reports, rawObjects, quarantined }: RunResult, hour: string | undefined): void {
  if (hours.length === 0)
    print(hour === undefined ? 'nothing new to aggregate' : `no usage line of the hour ${hour} was ever delivered`);
  else
    print(
      table(
        ['hour', 'calls', 'rows', 'unsettled', 'unpriced', 'pending'],
        hours.map(({ hour, summary: { calls, rows, pending } }) => [
          hour,
          String(calls),
          String(rows.length),
          String(rows.reduce((sum, { unsettled }) => sum + unsettled, 0)),
          String(rows.reduce((sum, { unpriced }) => sum + unpriced, 0)),
          String(pending),
        ]),
      ),
    );
  for (const key of reports) print(`written: ${key}`);
  if (rawObjects > 0) print(`raw objects read: ${rawObjects}`);
  if (quarantined > 0) warn(`tollgate: ${quarantined} lines cannot be used; see quarantine/ in the bucket`);
}
