import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
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
import { type Aws, startAws } from '../../local/aws/start.ts';
import { nameOf } from './outcome.ts';

const BUCKET = 'tollgate-usage';

let folder: string;
let aws: Aws;
let s3: S3Client;

const clientConfig = (credentials: { accessKeyId: string; secretAccessKey: string }) => ({
  endpoint: aws.url,
  region: 'us-east-1',
  credentials,
  maxAttempts: 1,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-aws-'));
  aws = await startAws({ port: 0, account: '111122223333', region: 'us-east-1', dataDir: folder });
  s3 = new S3Client(clientConfig({ accessKeyId: 'tollgate-operator', secretAccessKey: 'any' }));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
});

afterAll(async () => {
  s3.destroy();
  await aws.close();
  await rm(folder, { recursive: true, force: true });
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
