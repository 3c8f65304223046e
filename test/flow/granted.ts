import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AllowedModel } from '../../contract/model.ts';
import { createItems } from '../../registry/table.ts';
import { createWriter, type Writer } from '../../registry/writer.ts';
import type { Stack } from './stack.ts';

/** A model beside the demo's, as its entry says. */
export type Wanted = Pick<AllowedModel, 'id' | 'target' | 'container'> & { tenant?: string };

/** A foundation model of the stand-in, for acme. */
export function ofBedrock([id, modelId]: readonly [id: string, modelId: string]): Wanted {
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
  return { id, target: { kind: 'bedrock-model', modelId, region: 'us-east-1', arn } };
}

export interface Operator extends Writer {
  close(): void;
}

/** Who edits a stack's registry: in this process, because a command would be one for each edit. */
export function operatorOf(stack: Stack): Operator {
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  const client = new DynamoDBClient({ endpoint: stack.aws, region: 'us-east-1', credentials });
  const items = createItems({ client, table: 'tollgate-registry' });
  return { ...createWriter({ items, clock: Date.now, actor: 'test' }), close: () => client.destroy() };
}

/** Puts models into a stack's registry and grants each. */
export async function grantModels(stack: Stack, models: Iterable<Wanted>): Promise<void> {
  const operator = operatorOf(stack);
  for (const { tenant = 'acme', ...model } of models) {
    await operator.putModel({ ...model, lifecycle: { status: 'active' }, prices: [] });
    await operator.grant(tenant, model.id);
  }
  operator.close();
}
