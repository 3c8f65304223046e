import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { lineWriter } from '../contract/log.ts';
import { meteringSettings } from '../contract/settings.ts';
import { createModels } from '../registry/dynamo.ts';
import { reportUnusable } from '../registry/unusable.ts';
import { createCounters } from './budgets/counters.ts';
import { releaseReservations } from './budgets/release.ts';
import { createStore } from './ledger/store.ts';
import { createInvocations, createMetricSums } from './run/cloudwatch.ts';
import { createAggregation, type RunRequest, type RunResult } from './run/run.ts';

const { stage, table, countersTable, bucket, eventBus: bus, eventsUrl: url } = meteringSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, stage);
const client = new DynamoDBClient({});
const counters = createCounters({ client, table: countersTable });

const store = createStore({ client: new S3Client({}), bucket });

const aggregate = createAggregation({
  store,
  prices: createModels({
    client,
    table,
    clock,
    onUnusable: reportUnusable({ clock, write }),
  }),
  metrics: createMetricSums(new CloudWatchClient({}), stage),
  // A region that the network does not reach has no counts to compare with, and the hour is written all the same.
  invocations: createInvocations(
    (region) => new CloudWatchClient({ region, requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS } }),
  ),
  counters,
  release: () => releaseReservations({ counters, clock, write }),
  async tellEnds() {
    const [{ createAnnounceAlert }, { createItems }, { tellEnds }] = await Promise.all([
      import('../aws/announce.ts'),
      import('../registry/table.ts'),
      import('./run/ends.ts'),
    ]);
    const transport = client.config.requestHandler as NodeHttpHandler;
    const announce = createAnnounceAlert({ signedAs: client.config, transport, bus, stage, url, clock });
    await tellEnds({ items: createItems({ client, table }), store, counters, announce, clock, write });
  },
  clock,
  write,
});

/**
 * The schedule's target. `{}` aggregates what is new; `{"hour": "2026-11-21T09"}` that hour; `{"from": "2026-11-01", "to":
 * "2026-11-20"}` these days, and the same once more goes on where the function's time ended. The answer is for a person who
 * invokes it. A failure is thrown, so that Lambda counts and retries it.
 */
export function handler(request: RunRequest = {}): Promise<RunResult> {
  return aggregate(request);
}
