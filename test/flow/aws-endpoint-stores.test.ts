import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
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
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isTollgateError } from '../../contract/errors.ts';
import { type Aws, startAws } from '../../local/aws/start.ts';

const TABLE = 'tollgate-registry';
const BUCKET = 'tollgate-usage';
const OPTIONS = { port: 0, account: '111122223333', region: 'us-east-1' };
const OPERATOR = { accessKeyId: 'tollgate-operator', secretAccessKey: 'any' };

let folder: string;
let aws: Aws;
let dynamo: DynamoDBClient;
let s3: S3Client;

const clientConfig = (credentials: object = OPERATOR) => ({
  endpoint: aws.url,
  region: 'us-east-1',
  credentials: credentials as typeof OPERATOR,
  maxAttempts: 1,
});

async function start(): Promise<void> {
  aws = await startAws({ ...OPTIONS, dataDir: folder });
  dynamo = new DynamoDBClient(clientConfig());
  s3 = new S3Client(clientConfig());
}

async function stop(): Promise<void> {
  dynamo.destroy();
  s3.destroy();
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
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
});

afterAll(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

const nameOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: Error) => error.name,
  );

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

describe('the bucket', () => {
  const put = (key: string, body: string | Readable, more: Partial<PutObjectCommandInput> = {}) => {
    const input: PutObjectCommandInput = { Bucket: BUCKET, Key: key, Body: body, ...more };
    return s3.send(new PutObjectCommand(input));
  };
  const text = async (Key: string) =>
    (await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body?.transformToString();

  test('gives back the bytes, type and checksum of what was put, streamed or not', async () => {
    await put('plain', 'hello', { ContentType: 'text/csv', Metadata: { run: '7' } });
    const got = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'plain', ChecksumMode: 'ENABLED' }));
    expect(await got.Body?.transformToString()).toBe('hello');
    expect(got).toMatchObject({ ContentType: 'text/csv', Metadata: { run: '7' }, ChecksumCRC32: 'NhCmhg==' });
    expect(got.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const big = Buffer.alloc(700_000, 'streamed ');
    await put('big', Readable.from([big.subarray(0, 300_000), big.subarray(300_000)]), { ContentLength: big.length });
    expect(await text('big')).toBe(big.toString());
    const head = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'big' }));
    expect(head.ContentLength).toBe(big.length);
    const part = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'plain', Range: 'bytes=1-3' }));
    expect(await part.Body?.transformToString()).toBe('ell');
  });

  test('refuses a body that does not match its checksum', async () => {
    expect(await nameOf(put('bad', 'hello', { ChecksumCRC32: 'AAAAAA==' }))).toBe('BadDigest');
    expect(await nameOf(s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'bad' })))).toBe('NotFound');
  });

  test('writes on conditions', async () => {
    const { ETag = '' } = await put('once', '1', { IfNoneMatch: '*' });
    expect(await nameOf(put('once', '2', { IfNoneMatch: '*' }))).toBe('PreconditionFailed');
    await put('once', '3', { IfMatch: ETag });
    expect(await nameOf(put('once', '4', { IfMatch: ETag }))).toBe('PreconditionFailed');
    expect(await nameOf(put('never', '1', { IfMatch: ETag }))).toBe('NoSuchKey');
    expect(await text('once')).toBe('3');
    const racing = Array.from({ length: 10 }, (_, n) => nameOf(put('race', String(n), { IfNoneMatch: '*' })));
    expect((await Promise.all(racing)).filter((name) => name === 'answered')).toHaveLength(1);
  });

  test('lists by prefix, in byte order, page by page, and grouped by a delimiter', async () => {
    const keys = [
      'list/a',
      'list/a-b',
      'list/a/b',
      'list/a b+(c)',
      'list/é',
      'list/dt=2026-11-21/hour=09/x.gz',
      'list/b//c',
    ];
    for (const key of keys) await put(key, key);
    const found: string[] = [];
    let token: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({
          Bucket: BUCKET,
          Prefix: 'list/',
          MaxKeys: 2,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      found.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      token = page.NextContinuationToken;
    } while (token !== undefined);
    expect(found).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    const list = (input: object) => s3.send(new ListObjectsV2Command({ Bucket: BUCKET, ...input }));
    const grouped = await list({ Prefix: 'list/', Delimiter: '/' });
    expect(grouped.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['list/a/', 'list/b/', 'list/dt=2026-11-21/']);
    expect(grouped.Contents?.map(({ Key }) => Key)).toEqual(['list/a', 'list/a b+(c)', 'list/a-b', 'list/é']);
    expect((await list({ Prefix: 'list/a/' })).Contents?.map(({ Key }) => Key)).toEqual(['list/a/b']);
    expect((await list({ Prefix: 'list/dt', StartAfter: 'list/dt=2026-11-21/hour=09/x.gz' })).KeyCount).toBe(0);
    expect(await text('list/a b+(c)')).toBe('list/a b+(c)');
    await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'list/a' }));
    expect(await nameOf(text('list/a'))).toBe('NoSuchKey');
    expect(await text('list/a/b')).toBe('list/a/b');
  });

  test('cannot be left by a key of dots, and names what is wrong', async () => {
    await put('../../outside', 'x');
    expect(await text('../../outside')).toBe('x');
    expect(await nameOf(put('k'.repeat(1025), 'x'))).toBe('KeyTooLongError');
    expect(await nameOf(s3.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'x' })))).toBe('NoSuchBucket');
    expect(await nameOf(s3.send(new CreateBucketCommand({ Bucket: BUCKET })))).toBe('BucketAlreadyOwnedByYou');
  });

  test("is open to metering where metering's role says, and tells others nothing of what exists", async () => {
    const metering = new S3Client(clientConfig(aws.credentialsFor('tollgate-local-metering')));
    const send = (key: string) => nameOf(metering.send(new GetObjectCommand({ Bucket: BUCKET, Key: key })));
    await put('raw/x', 'x');
    expect(await send('raw/x')).toBe('answered');
    expect(await send('usage/none')).toBe('NoSuchKey');
    expect(await send('other/none')).toBe('AccessDenied');
    const write = new PutObjectCommand({ Bucket: BUCKET, Key: 'raw/y', Body: 'y' });
    expect(await nameOf(metering.send(write))).toBe('AccessDenied');
    expect(await nameOf(metering.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: 'raw/' })))).toBe('answered');
    metering.destroy();
    const authorizer = new S3Client(clientConfig(aws.credentialsFor('tollgate-local-authorizer')));
    expect(await nameOf(authorizer.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'raw/x' })))).toBe('AccessDenied');
    authorizer.destroy();
  });
});

test('CloudWatch adds up what the log lines say, by metric and by dimension', async () => {
  const at = Date.now();
  const line = (calls: number, model: string): string =>
    JSON.stringify({
      _aws: {
        Timestamp: at,
        CloudWatchMetrics: [{ Namespace: 'Tollgate', Dimensions: [[], ['Model']], Metrics: [{ Name: 'Calls' }] }],
      },
      Calls: calls,
      Model: model,
    });
  for (const text of [line(1, 'a'), line(2, 'a'), line(4, 'b'), 'no metric']) aws.ingestEmf(text);
  const cloudwatch = new CloudWatchClient(clientConfig(aws.credentialsFor('tollgate-local-metering')));
  const query = (Id: string, Stat: string, Dimensions: { Name: string; Value: string }[]) => ({
    Id,
    MetricStat: { Metric: { Namespace: 'Tollgate', MetricName: 'Calls', Dimensions }, Period: 60, Stat },
  });
  const { MetricDataResults } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(at - 3_600_000),
      EndTime: new Date(at + 60_000),
      MetricDataQueries: [
        query('all', 'Sum', []),
        query('a', 'Sum', [{ Name: 'Model', Value: 'a' }]),
        query('count', 'SampleCount', []),
        query('none', 'Sum', [{ Name: 'Model', Value: 'c' }]),
      ],
    }),
  );
  cloudwatch.destroy();
  expect(MetricDataResults?.map(({ Id, Values }) => [Id, Values])).toEqual([
    ['all', [7]],
    ['a', [3]],
    ['count', [3]],
    ['none', []],
  ]);
});
