import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { lineWriter } from '../contract/log.ts';
import { syncSettings } from '../contract/settings.ts';
import { createItems } from '../registry/table.ts';
import { createWriter } from '../registry/writer.ts';
import { type Drift, tellDrift } from './drift.ts';
import { readCatalog } from './read.ts';

const { stage, table, region } = syncSettings(process.env);
const clock = () => Date.now();
const write = lineWriter(process.stdout, stage);
// Its role may read the table and nothing more.
const registry = createWriter({ items: createItems({ client: new DynamoDBClient({}), table }), clock, actor: 'sync' });

/** The schedule's target. The answer is for a person who invokes it; a failure is thrown, so that Lambda counts it. */
export function handler(): Promise<Drift> {
  const models = () => registry.listModels();
  const read = (regions: readonly string[], entries: Parameters<typeof readCatalog>[0]['entries']) =>
    readCatalog({ clientConfig: {}, regions, entries });
  return tellDrift({ models, read, region, clock, write });
}
