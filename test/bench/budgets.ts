import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Budget } from '../../contract/budget.ts';
import { TABLE } from '../../local/aws/roles.ts';
import { createItems } from '../../registry/table.ts';
import { createWriter } from '../../registry/writer.ts';
import { MODEL } from './points.ts';

/** None is ever near its end: what is measured is keeping it, not refusing. */
const budget = (id: string, more: Partial<Budget>): Budget => ({
  id,
  per: 'tenant',
  period: 'day',
  unit: 'usd',
  limit: '1000000',
  enforcement: 'hard',
  ...more,
});
const DAY = budget('day', {});
const OTHERS = [
  budget('month', { period: 'month', unit: 'tokens', limit: '1000000000000' }),
  budget('minute', { per: 'model', period: 'minute', unit: 'requests', limit: '1000000000' }),
];

/** Puts globex under a budget, and onboards a third tenant under three; acme, which all other points call as, has none. */
export async function onboard(awsUrl: string): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
  });
  try {
    const writer = createWriter({ items: createItems({ client, table: TABLE }), clock: Date.now, actor: 'bench' });
    await writer.create({
      models: [],
      tenants: [{ id: 'stranger', costCenter: 'CC-300' }],
      grants: [{ tenant: 'stranger', model: MODEL }],
    });
    await writer.setBudget('globex', DAY);
    for (const one of [DAY, ...OTHERS]) await writer.setBudget('stranger', one);
  } finally {
    client.destroy();
  }
}
