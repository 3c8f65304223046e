import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { lineWriter } from '../contract/log.ts';
import { meteringSettings } from '../contract/settings.ts';
import { createRegistry } from '../registry/dynamo.ts';
import { reportUnusable } from '../registry/unusable.ts';
import { createMetricSums } from './cloudwatch.ts';
import { createAggregation, type RunRequest } from './run.ts';
import { createStore } from './store.ts';

const { table, bucket } = meteringSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout);

const aggregate = createAggregation({
  store: createStore({ client: new S3Client({}), bucket }),
  prices: createRegistry({
    client: new DynamoDBClient({}),
    table,
    clock,
    onUnusable: reportUnusable({ clock, write }),
  }),
  metrics: createMetricSums(new CloudWatchClient({})),
  clock,
  write,
});

/**
 * The schedule's target. `{}` aggregates what is new; `{"hour": "2026-11-21T09"}` that hour. The answer is for a person
 * who invokes it: what was written, without the rows. A failure is thrown, so that Lambda counts and retries it.
 */
export async function handler({ hour }: RunRequest = {}) {
  const { hours, ...result } = await aggregate(hour === undefined ? {} : { hour });
  return {
    ...result,
    hours: hours.map(({ hour, summary }) => ({ hour, rows: summary.rows.length, calls: summary.calls })),
  };
}
