import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { createPublish } from '../aws/sns.ts';
import { lineWriter } from '../contract/log.ts';
import { alertsSettings } from '../contract/settings.ts';
import { ALERTS } from '../registry/all-kinds.ts';
import { ALERTS_KEY } from '../registry/keys.ts';
import { read } from '../registry/kinds.ts';
import { createItems } from '../registry/table.ts';
import { createDeliver, type Delivered } from './deliver.ts';
import { createWebhook } from './webhook.ts';

const { stage, table, snsUrl, loopback } = alertsSettings(process.env);
const client = new DynamoDBClient({});
const items = createItems({ client, table });
const clock = () => Date.now();

const deliver = createDeliver({
  async receivers() {
    const item = await items.get(ALERTS_KEY);
    const found = item && read(item, ALERTS);
    if (found && 'unusable' in found)
      throw new Error(`the registry's alerts cannot be used: ${found.unusable.field}: ${found.unusable.reason}`);
    return found?.entry.alerts ?? [];
  },
  webhook: createWebhook({ loopback }),
  publish: createPublish({
    signedAs: client.config,
    transport: client.config.requestHandler as NodeHttpHandler,
    url: snsUrl,
    clock,
  }),
  clock,
  write: lineWriter(process.stdout, stage),
});

/** The rule's target. A failure is thrown, so that Lambda tries again and in the end keeps the event. */
export function handler(event: unknown): Promise<Delivered> {
  return deliver(event);
}
