import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { createAnnounceAlert } from '../aws/announce.ts';
import { lineWriter } from '../contract/log.ts';
import { syncSettings } from '../contract/settings.ts';
import { createItems } from '../registry/table.ts';
import { createWriter } from '../registry/writer.ts';
import { alertsOf } from './alerts.ts';
import { type Drift, tellDrift } from './drift.ts';
import { readCatalog } from './read.ts';

const { stage, table, region, eventBus: bus, eventsUrl: url, evaluates } = syncSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, stage);
// Its role may read the table; and write models and their history where it evaluates them.
const client = new DynamoDBClient({});
const registry = createWriter({ items: createItems({ client, table }), clock, actor: 'sync' });
const transport = client.config.requestHandler as NodeHttpHandler;
const announce = createAnnounceAlert({ signedAs: client.config, transport, bus, stage, url, clock });

/** The schedule's target. The answer is for a person who invokes it; a failure is thrown, so that Lambda counts it. */
export async function handler(): Promise<Drift> {
  const read = (regions: readonly string[], entries: Parameters<typeof readCatalog>[0]['entries']) =>
    readCatalog({ clientConfig: {}, regions, entries });
  const drift = await tellDrift({ models: () => registry.listModels(), read, region, clock, write });
  await announce(alertsOf(drift));
  if (evaluates) await evaluate();
  return drift;
}

/** Loaded where a stage asks for it. */
async function evaluate(): Promise<void> {
  const [due, { createEvaluations }] = await Promise.all([
    import('./evaluation/due.ts'),
    import('./evaluation/bedrock.ts'),
  ]);
  const evaluations = createEvaluations({});
  const done = await due.evaluateDue({ writer: registry, evaluations, stage, clock, write });
  await announce(due.alertsOf(done));
}
