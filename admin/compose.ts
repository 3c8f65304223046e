import { createAwsJson } from '../aws/json.ts';
import type { AdminSettings } from '../contract/settings.ts';
import type { Served } from '../invoke/edge/lambda.ts';
import { createItems } from '../registry/table.ts';
import { createAdminServed, type ServeOptions } from './serve.ts';
import type { Stage } from './stage.ts';

export interface ComposeOptions extends Pick<ServeOptions, 'open' | 'clock' | 'write'> {
  client: Parameters<typeof createItems>[0]['client'];
  transport: Parameters<typeof createAwsJson>[0]['transport'];
}

export type AdminComposed = Pick<AdminSettings, 'stage' | 'table' | 'keys' | 'bucket' | 'countersTable' | 'catalog'>;

/** The API over the stage's tables, for the function and for the container alike. */
export async function composeAdmin(
  { stage, table, keys, bucket, countersTable, catalog }: AdminComposed,
  { client, transport, ...others }: ComposeOptions,
): Promise<Served> {
  const items = createItems({ client, table });
  const usage = bucket === undefined ? {} : { usage: async () => (await import('./open-usage.ts')).openUsage(bucket) };
  const counters =
    countersTable === undefined
      ? {}
      : {
          counters: async () =>
            (await import('../metering/budgets/counters.ts')).createCounters({ client, table: countersTable }),
        };
  const options = { ...others, ...usage, ...counters, stage: stageAround({ stage, catalog }, client) };
  if (keys === undefined) return createAdminServed({ ...options, items });
  const { clock } = options;
  const { openKeys } = await import('./open-keys.ts');
  const call = createAwsJson({ signedAs: client.config, transport, service: 'secretsmanager', url: keys.url, clock });
  return createAdminServed({
    ...{ ...options, items },
    keys: openKeys(items, createItems({ client, table: keys.table }), call, keys, clock),
  });
}

/** What a start does not load: most that is asked is of entries. */
function stageAround(
  { stage, catalog }: Pick<AdminComposed, 'stage' | 'catalog'>,
  client: ComposeOptions['client'],
): Stage {
  return {
    name: stage,
    region: async () => client.config.region(),
    ...(catalog === undefined
      ? {}
      : {
          catalog: async (regions, entries) =>
            (await import('../sync/read.ts')).readCatalog({ clientConfig: catalog, regions, entries }),
        }),
  };
}
