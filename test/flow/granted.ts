import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AllowedModel } from '../../contract/model.ts';
import { createItems } from '../../registry/table.ts';
import { createWriter } from '../../registry/writer.ts';
import type { Stack } from './stack.ts';

/** A model beside the demo's, as its entry says. */
export type Wanted = Pick<AllowedModel, 'id' | 'target' | 'container'> & { tenant?: string };

/** A foundation model of the stand-in, for acme. */
export function ofBedrock([id, modelId]: readonly [id: string, modelId: string]): Wanted {
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
  return { id, target: { kind: 'bedrock-model', modelId, region: 'us-east-1', arn } };
}

/** Puts models into a stack's registry and grants each: in this process, because a command would be one for each. */
export async function grantModels(stack: Stack, models: Iterable<Wanted>): Promise<void> {
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  const client = new DynamoDBClient({ endpoint: stack.aws, region: 'us-east-1', credentials });
  const items = createItems({ client, table: 'tollgate-registry' });
  const writer = createWriter({ items, clock: Date.now, actor: 'test' });
  for (const { tenant = 'acme', ...model } of models) {
    await writer.putModel({ ...model, lifecycle: { status: 'active' }, prices: [] });
    await writer.grant(tenant, model.id);
  }
  client.destroy();
}
