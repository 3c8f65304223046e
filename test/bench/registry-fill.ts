import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchWriteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isTenantId, type TenantId } from '../../contract/identity.ts';
import { TABLE } from '../../local/aws/roles.ts';
import { createOperator } from '../../local/operator.ts';
import { toAttributes } from '../../registry/attributes.ts';
import { toAttributeKey } from '../../registry/dynamo.ts';
import { isoMilliseconds, SCHEMA_VERSION } from '../../registry/fields.ts';
import type { Document, Item } from '../../registry/items.ts';
import { grantKey, historyKey, logKey, modelKey, tenantKey } from '../../registry/keys.ts';
import { GRANT, type Kind, MODEL, TENANT } from '../../registry/kinds.ts';
import { createItems } from '../../registry/table.ts';

export interface Size {
  tenants: number;
  /** Of each tenant. */
  grants: number;
  models: number;
}

/** Items of one BatchWriteItem, and how many of those run at once. */
const BATCH = 25;
const AT_ONCE = 8;

export interface StandIn {
  url: string;
  /** Where it keeps the table: what is filled once is not filled again. */
  folder: string;
  account: string;
  region: string;
}

/** A stand-in's registry of that size, with what a stage has beside it. */
export async function prepare({ url, folder, account, region }: StandIn, size: Size): Promise<void> {
  const operator = createOperator({ awsUrl: url, account, region, clock: Date.now });
  await operator.provision();
  operator.close();
  const marker = join(folder, 'filled');
  if (existsSync(marker)) return;
  const client = tableClient(url, region);
  const begin = performance.now();
  const items = await fill(client, TABLE, size, Date.UTC(2026, 0, 1));
  client.destroy();
  writeFileSync(marker, '');
  process.stderr.write(
    `${items} items and their history written in ${((performance.now() - begin) / 1_000).toFixed(0)} s\n`,
  );
}

export function tableClient(url: string, region: string): DynamoDBClient {
  const credentials = { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' };
  return new DynamoDBClient({ region, endpoint: url, credentials });
}

/**
 * Writes a registry of that size past the writer, which has a bench of its own: the items as the writer leaves them, and the
 * history of each.
 *
 * @returns how many items, without their history
 */
async function fill(client: DynamoDBClient, table: string, size: Size, at: number): Promise<number> {
  const edits = [...everyEdit(size, at)];
  const { length: before } = await createItems({ client, table }).scan({ beginsWith: 'S#' });
  const items = edits.flatMap((one, index) => recorded(one, before + index + 1));
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const batch = items.slice(next, next + BATCH);
      next += batch.length;
      const RequestItems = {
        [table]: batch.map(({ key, document }) => ({
          PutRequest: { Item: { ...toAttributes(document), ...toAttributeKey(key) } },
        })),
      };
      await client.send(new BatchWriteItemCommand({ RequestItems }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return edits.length;
}

function* everyEdit({ tenants, grants, models }: Size, start: number): Generator<Made> {
  let at = start;
  for (let m = 0; m < models; m++) {
    const id = modelId(m);
    yield edit(MODEL, { key: modelKey(id), document: modelDocument(m, stamps(at++)) });
  }
  for (let t = 0; t < tenants; t++) {
    const id = tenantOf(t);
    const document = {
      id,
      displayName: `Tenant ${t} of the bench`,
      costCenter: `CC-${t % 97}`,
      suspended: t % 200 === 7,
    };
    yield edit(TENANT, { key: tenantKey(id), document: { ...document, ...stamps(at++) } });
    for (let g = 0; g < grants; g++) {
      const model = modelId((t + g) % models);
      const { version, updatedAt: grantedAt, updatedBy: grantedBy } = stamps(at++);
      const given = {
        tenant: id,
        model,
        actions: ACTIONS[(t + g) % ACTIONS.length] ?? [],
        ...RESTRICTIONS[(t * 3 + g) % RESTRICTIONS.length],
      };
      yield edit(GRANT, {
        key: grantKey({ tenant: id, model }),
        document: { ...given, version, grantedAt, grantedBy },
      });
    }
  }
}

interface Made extends Item {
  kind: string;
}

/** An item as its own kind writes it. */
function edit<Entry>(kind: Kind<Entry>, { key, document }: Item): Made {
  return { kind: kind.name, key, document: kind.document(kind.parse({ v: SCHEMA_VERSION, ...document })) };
}

/** What its edit leaves: the item, its history, and a place in the log. */
function recorded({ kind, key, document }: Made, number: number): Item[] {
  const at = String(document.updatedAt ?? document.grantedAt);
  const record = { v: SCHEMA_VERSION, kind, change: 'create', at, by: 'bench', before: null, after: document };
  return [
    { key, document },
    { key: historyKey(key, number), document: record },
    { key: logKey(number), document: { v: SCHEMA_VERSION, at, by: 'bench', edits: [{ ...key, change: 'create' }] } },
  ];
}

const ACTIONS = [['invoke', 'stream', 'count'], ['invoke'], ['invoke', 'stream']];

/** As an operator sets them: many alike, some of a quarter's end, few by hand. */
const RESTRICTIONS: Document[] = [
  {},
  {},
  { maxTokens: 4096 },
  { expiresAt: '2030-03-31T00:00:00Z' },
  { expiresAt: '2030-06-30T00:00:00Z' },
  { tiers: ['default', 'flex'] },
  { roles: ['analyst', 'developer'] },
  {},
];

function stamps(at: number): { version: number; updatedAt: string; updatedBy: string } {
  return { version: 1, updatedAt: isoMilliseconds(at), updatedBy: 'bench' };
}

export function tenantOf(t: number): TenantId {
  const id = `tenant-${String(t).padStart(4, '0')}`;
  if (!isTenantId(id)) throw new Error(`${id} is no tenant's id`);
  return id;
}

export function modelId(m: number): string {
  return `model-${String(m).padStart(3, '0')}`;
}

function modelDocument(m: number, more: Document): Document {
  const name = `example.model-${m}-v1:0`;
  const target =
    m % 2 === 0
      ? {
          kind: 'bedrock-profile',
          modelId: `us.${name}`,
          region: 'us-east-1',
          arn: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${name}`,
          modelArns: ['us-east-1', 'us-east-2', 'us-west-2'].map(
            (region) => `arn:aws:bedrock:${region}::foundation-model/${name}`,
          ),
        }
      : {
          kind: 'bedrock-model',
          modelId: name,
          region: 'us-east-1',
          arn: `arn:aws:bedrock:us-east-1::foundation-model/${name}`,
        };
  return {
    id: modelId(m),
    displayName: `Model ${m} of the bench`,
    target,
    lifecycle:
      m % 20 === 19
        ? { status: 'deprecated', deprecatedAt: '2026-06-01T00:00:00Z', sunsetAt: '2031-01-01T00:00:00Z' }
        : { status: 'active' },
    prices: [{ version: '2026-01', from: '2026-01-01', usdPerMillion: { input: '0.06', output: '0.24' } }],
    ...more,
  };
}
