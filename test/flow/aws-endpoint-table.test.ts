import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isTollgateError } from '../../contract/errors.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';
import { createItems, indexDefinition } from '../../registry/table.ts';
import { nameOf } from './outcome.ts';

const TABLE = 'tollgate-registry';
const OPTIONS = { port: 0, account: '111122223333', region: 'us-east-1' };
const OPERATOR = { accessKeyId: 'tollgate-operator', secretAccessKey: 'any' };

let folder: string;
let aws: Aws;
let dynamo: DynamoDBClient;

const clientConfig = (credentials: object = OPERATOR) => ({
  endpoint: aws.url,
  region: 'us-east-1',
  credentials: credentials as typeof OPERATOR,
  maxAttempts: 1,
});

async function start(): Promise<void> {
  aws = await startAws({ ...OPTIONS, dataDir: folder });
  dynamo = new DynamoDBClient(clientConfig());
}

async function stop(): Promise<void> {
  dynamo.destroy();
  await aws.close();
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-aws-'));
  await start();
  await dynamo.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
});

afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

describe('the table', () => {
  const key = (pk: string) => ({ pk: { S: pk }, sk: { S: '1' } });
  const item = (pk: string, value: number) => ({ ...key(pk), v: { N: String(value) } });
  const put = (pk: string, value: number, more = {}) => ({ Put: { TableName: TABLE, Item: item(pk, value), ...more } });
  const transact = (...TransactItems: NonNullable<TransactWriteItemsCommandInput['TransactItems']>) =>
    dynamo.send(new TransactWriteItemsCommand({ TransactItems }));
  const read = async (pk: string) => (await dynamo.send(new GetItemCommand({ TableName: TABLE, Key: key(pk) }))).Item;
  const absent = { ConditionExpression: 'attribute_not_exists(pk)' };

  test('has the ARN that the roles name', async () => {
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table?.TableArn).toBe(`arn:aws:dynamodb:us-east-1:111122223333:table/${TABLE}`);
  });

  test('gets an index that was not made with it, of what it holds and of what comes', async () => {
    await dynamo.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: 'old' }, sk: { S: 'LISTED' } } }));
    const list = async () => {
      const { Items = [] } = await dynamo.send(
        new QueryCommand({
          TableName: TABLE,
          IndexName: 'by-sk',
          KeyConditionExpression: 'sk = :sk',
          ExpressionAttributeValues: { ':sk': { S: 'LISTED' } },
        }),
      );
      return Items.map(({ pk }) => pk?.S);
    };
    await expect(list()).rejects.toMatchObject({ name: 'ValidationException' });
    const { TableDescription } = await dynamo.send(new UpdateTableCommand(indexDefinition(TABLE)));
    const IndexArn = `arn:aws:dynamodb:us-east-1:111122223333:table/${TABLE}/index/by-sk`;
    expect(TableDescription?.GlobalSecondaryIndexes).toMatchObject([{ IndexStatus: 'ACTIVE', IndexArn }]);
    expect(await list()).toEqual(['old']);
    await dynamo.send(new PutItemCommand({ TableName: TABLE, Item: { pk: { S: 'new' }, sk: { S: 'LISTED' } } }));
    expect(await list()).toEqual(['new', 'old']);
  });

  test('is read whole, in whatever parts', async () => {
    const written = Array.from({ length: 700 }, (_, i) => ({ pk: { S: `page${i}` }, sk: { S: 'x'.repeat(1_000) } }));
    const items = written.map((Item) => ({ PutRequest: { Item: { ...Item, text: { S: 'y'.repeat(2_000) } } } }));
    while (items.length > 0)
      await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: items.splice(0, 25) } }));
    const found = await createItems({ client: dynamo, table: TABLE }).scan({ beginsWith: 'xxx' });
    expect(found.map(({ key }) => key.pk).sort()).toEqual(written.map(({ pk }) => pk.S).sort());
  });

  test('takes a transaction whole', async () => {
    await transact(put('t1', 1, absent), {
      ConditionCheck: { TableName: TABLE, Key: key('other'), ConditionExpression: 'attribute_not_exists(pk)' },
    });
    await transact(
      { Delete: { TableName: TABLE, Key: key('t1') } },
      {
        Update: {
          TableName: TABLE,
          Key: key('t2'),
          UpdateExpression: 'SET v = :v',
          ConditionExpression: 'attribute_not_exists(v)',
          ExpressionAttributeValues: { ':v': { N: '2' } },
        },
      },
    );
    expect(await read('t1')).toBeUndefined();
    expect(await read('t2')).toEqual(item('t2', 2));
    const { Responses } = await dynamo.send(
      new TransactGetItemsCommand({
        TransactItems: ['t1', 't2'].map((pk) => ({ Get: { TableName: TABLE, Key: key(pk) } })),
      }),
    );
    expect(Responses).toEqual([{}, { Item: item('t2', 2) }]);
  });

  test('takes nothing of a transaction of which one condition fails, and says which', async () => {
    await transact(put('c1', 1));
    const error = await transact(
      put('c0', 0),
      put('c1', 2, { ...absent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    ).catch((reason: { name: string; CancellationReasons: object[] }) => reason);
    expect(error).toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed', Item: item('c1', 1) }],
    });
    expect(await read('c0')).toBeUndefined();
  });

  test('undoes a transaction that fails on its way', async () => {
    await transact(put('u1', 1));
    const failing = {
      Update: {
        TableName: TABLE,
        Key: key('u1'),
        UpdateExpression: 'SET x = absentee + :one',
        ExpressionAttributeValues: { ':one': { N: '1' } },
      },
    };
    expect(await nameOf(transact(put('u0', 0), put('c1', 9), failing))).toBe('TransactionCanceledException');
    expect(await read('u0')).toBeUndefined();
    expect(await read('c1')).toEqual(item('c1', 1));
  });

  test('does a transaction once under its token, so that a try that was answered too late is no conflict', async () => {
    const input = (pk: string) => ({
      ClientRequestToken: 'one-token',
      TransactItems: [put(pk, 1, absent)],
    });
    const repeated = () => dynamo.send(new TransactWriteItemsCommand(input('o1')));
    await repeated();
    await repeated();
    expect(await nameOf(dynamo.send(new TransactWriteItemsCommand(input('o2'))))).toBe(
      'IdempotentParameterMismatchException',
    );
  });

  test('refuses one item twice in a transaction, and a malformed condition', async () => {
    expect(await nameOf(transact(put('d', 1), put('d', 2)))).toBe('ValidationException');
    expect(await nameOf(transact(put('d', 1, { ConditionExpression: 'nonsense(' })))).toBe('ValidationException');
    expect(await read('d')).toBeUndefined();
  });

  test('lets one of many equal transactions win', async () => {
    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => nameOf(transact(put('race', n, absent)))));
    expect(results.filter((name) => name === 'answered')).toHaveLength(1);
    expect(results.filter((name) => name === 'TransactionCanceledException')).toHaveLength(19);
  });

  test('gives back the old item on a failed condition', async () => {
    await transact(put('old', 1));
    const command = new PutItemCommand({
      TableName: TABLE,
      Item: item('old', 2),
      ...absent,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const error = await dynamo.send(command).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ConditionalCheckFailedException', Item: item('old', 1) });
  });

  test('keeps its items and its time-to-live setting over a restart', async () => {
    await transact(put('kept', 1));
    await dynamo.send(
      new UpdateTimeToLiveCommand({
        TableName: TABLE,
        TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
      }),
    );
    await stop();
    await start();
    expect(await read('kept')).toEqual(item('kept', 1));
    const { TimeToLiveDescription } = await dynamo.send(new DescribeTimeToLiveCommand({ TableName: TABLE }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expires' });
  });

  test('is read and not written by the authorizer, and signed with the right secret', async () => {
    const credentials = aws.credentialsFor('tollgate-local-authorizer');
    const authorizer = new DynamoDBClient(clientConfig(credentials));
    const query = new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'kept' } },
    });
    expect(await nameOf(authorizer.send(query))).toBe('answered');
    expect(await nameOf(authorizer.send(new PutItemCommand({ TableName: TABLE, Item: item('x', 1) })))).toBe(
      'AccessDeniedException',
    );
    expect(await nameOf(authorizer.send(new ScanCommand({ TableName: TABLE })))).toBe('AccessDeniedException');
    const forged = new DynamoDBClient(clientConfig({ ...credentials, secretAccessKey: 'wrong' }));
    expect(await nameOf(forged.send(query))).toBe('InvalidSignatureException');
    authorizer.destroy();
    forged.destroy();
  });

  test('is opened by one process at a time', async () => {
    const second = await startAws({ ...OPTIONS, dataDir: folder }).catch((error: unknown) => error);
    expect(isTollgateError(second, 'bad_setting') && second.field).toBe('TOLLGATE_DATA');
  });
});
