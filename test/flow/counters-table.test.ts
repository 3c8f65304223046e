import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUDGET_EVENT } from '../../contract/budget.ts';
import { COUNTERS_TABLE, roleName, TABLE } from '../../local/aws/roles.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { createOperator, type Operator } from '../../local/operator.ts';
import type { FunctionName } from '../../policies/roles.ts';
import { nameOf } from './outcome.ts';

const ACCOUNT = { account: '111122223333', region: 'us-east-1' };
const FUNCTIONS = ['authorizer', 'broker', 'invoke', 'metering'] as const;

let folder: string;
let aws: Aws;
let operator: Operator;
const clients: DynamoDBClient[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-counters-'));
  aws = await startAws({ port: 0, dataDir: folder, broker: true, ...ACCOUNT });
  operator = createOperator({ awsUrl: aws.url, clock: () => Date.now(), ...ACCOUNT });
  await operator.provision();
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  operator.close();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
});

/** The table as a function's own role reaches it. */
function as(name: FunctionName): DynamoDBClient {
  const credentials = aws.credentialsFor(roleName(name));
  const client = new DynamoDBClient({ endpoint: aws.url, region: ACCOUNT.region, credentials, maxAttempts: 1 });
  clients.push(client);
  return client;
}

const Key = { pk: { S: 'COUNTERS#acme' }, sk: { S: 'TENANT' } };
const one = { ':one': { N: '1' } };
const OPERATIONS: Record<string, (name: FunctionName, TableName: string) => Promise<unknown>> = {
  GetItem: (name, TableName) => as(name).send(new GetItemCommand({ TableName, Key })),
  Query: (name, TableName) =>
    as(name).send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': Key.pk },
      }),
    ),
  Scan: (name, TableName) => as(name).send(new ScanCommand({ TableName })),
  UpdateItem: (name, TableName) =>
    as(name).send(
      new UpdateItemCommand({ TableName, Key, UpdateExpression: 'ADD n :one', ExpressionAttributeValues: one }),
    ),
  PutItem: (name, TableName) => as(name).send(new PutItemCommand({ TableName, Item: Key })),
  DeleteItem: (name, TableName) => as(name).send(new DeleteItemCommand({ TableName, Key })),
};

/** function -> operations that IAM lets its role do */
async function allowed(table: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const name of FUNCTIONS) {
    found[name] = [];
    for (const [operation, run] of Object.entries(OPERATIONS)) {
      const outcome = await nameOf(run(name, table));
      if (outcome !== 'AccessDeniedException') found[name].push(operation);
    }
  }
  return found;
}

describe('the two tables on this machine', () => {
  test('counting needs the counters table alone, and nothing but the operator deletes from it', async () => {
    expect(await allowed(COUNTERS_TABLE)).toEqual({
      authorizer: [],
      broker: [],
      invoke: ['GetItem', 'Query', 'UpdateItem'],
      metering: ['GetItem', 'Query', 'Scan', 'UpdateItem', 'PutItem'],
    });
  });

  test('the registry is written by no function', async () => {
    const reading = ['GetItem', 'Query'];
    expect(await allowed(TABLE)).toEqual({
      authorizer: reading,
      broker: reading,
      invoke: reading,
      metering: reading,
    });
  });

  test('a second start finds them and leaves what they hold', async () => {
    await OPERATIONS.UpdateItem?.('invoke', COUNTERS_TABLE);
    await operator.provision();
    const { Item } = await as('invoke').send(new GetItemCommand({ TableName: COUNTERS_TABLE, Key }));
    expect(Number(Item?.n?.N)).toBeGreaterThan(0);
  });
});

describe('the event bus on this machine', () => {
  const budget = { Source: BUDGET_EVENT.source, DetailType: BUDGET_EVENT.detailType, Detail: '{}' };

  /** The status of one PutEvents, as a function's own role sends it. */
  async function put(name: FunctionName, ...entries: object[]): Promise<number> {
    const { host, hostname, port } = new URL(aws.url);
    const body = JSON.stringify({ Entries: entries });
    const credentials = aws.credentialsFor(roleName(name));
    const signer = new SignatureV4({ service: 'events', region: ACCOUNT.region, credentials, sha256: Sha256 });
    const headers = { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutEvents' };
    const request = { method: 'POST', protocol: 'http:', hostname, port: Number(port), path: '/', headers, body };
    const signed = await signer.sign(new HttpRequest(request));
    const { host: _, ...sent } = signed.headers;
    return (await fetch(aws.url, { method: 'POST', headers: sent, body })).status;
  }

  test.each(FUNCTIONS)('is told of a budget by invoke alone: %s', async (name) => {
    expect(await put(name, budget)).toBe(name === 'invoke' ? 200 : 400);
  });

  test.each([
    ['of another source', { ...budget, Source: 'payroll' }],
    ['of another kind', { ...budget, DetailType: 'Salary Paid' }],
    ['for another bus', { ...budget, EventBusName: 'payroll' }],
  ])('takes no event %s from it, alone or beside a good one', async (_, event) => {
    expect(await put('invoke', event)).toBe(400);
    expect(await put('invoke', budget, event)).toBe(400);
  });
});
