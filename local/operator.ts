import { CreateTableCommand, DescribeTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Clock } from '../contract/log.ts';
import { seedDemo } from '../registry/seed.ts';
import { createItems, indexDefinition, registryDefinition, tableDefinition } from '../registry/table.ts';
import { createWriter } from '../registry/writer.ts';
import { ANSWERS_TABLE, BUCKET, COUNTERS_TABLE, KEYS_TABLE, TABLE } from './aws/roles.ts';

/** What is done to the account from outside the functions: what the template and Firehose do in AWS. */
export interface Operator {
  /** Makes the tables and the bucket if they are not there, that of keys where there are any, and writes the demo registry once. */
  provision(options?: { keys: boolean }): Promise<void>;
  /** One object into the bucket of usage. */
  put(key: string, body: Uint8Array): Promise<void>;
  close(): void;
}

export interface OperatorOptions {
  awsUrl: string;
  account: string;
  region: string;
  clock: Clock;
}

/** Milliseconds for one request to a store on this machine. */
const REQUEST_TIMEOUT_MS = 3_000;

/** Milliseconds for the index of a table that was made without it, once: 10,000 items take a second. */
const INDEX_TIMEOUT_MS = 120_000;

export function createOperator({ awsUrl, account, region, clock }: OperatorOptions): Operator {
  const config = {
    endpoint: awsUrl,
    region,
    // No session of the local STS has this key, which makes it the account's operator there.
    credentials: { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' },
    maxAttempts: 2,
    requestHandler: new NodeHttpHandler({ requestTimeout: REQUEST_TIMEOUT_MS, throwOnRequestTimeout: true }),
  };
  const dynamo = new DynamoDBClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });

  const table = (name: string, definition = tableDefinition): Promise<void> =>
    unlessThere('ResourceInUseException', dynamo.send(new CreateTableCommand(definition(name))));
  const registry = async (): Promise<void> => {
    await table(TABLE, registryDefinition);
    // A folder of an earlier version has a table without the index.
    const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: TABLE }));
    if (Table?.GlobalSecondaryIndexes === undefined)
      await dynamo.send(new UpdateTableCommand(indexDefinition(TABLE)), { requestTimeout: INDEX_TIMEOUT_MS });
    const writer = createWriter({ items: createItems({ client: dynamo, table: TABLE }), clock, actor: 'seed' });
    await seedDemo(writer, { account, nowMs: clock() });
  };

  return {
    async provision({ keys } = { keys: false }) {
      const bucket = s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
      await Promise.all([
        registry(),
        table(COUNTERS_TABLE),
        table(ANSWERS_TABLE),
        ...(keys ? [table(KEYS_TABLE)] : []),
        unlessThere('BucketAlreadyOwnedByYou', bucket),
      ]);
    },
    async put(key, body) {
      await s3.send(
        new PutObjectCommand({
          Bucket: BUCKET,
          Key: key,
          Body: body,
          ContentType: 'application/x-ndjson',
          ContentEncoding: 'gzip',
        }),
      );
    },
    close() {
      dynamo.destroy();
      s3.destroy();
    },
  };
}

async function unlessThere(name: string, made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if ((error as Error).name !== name) throw error;
  }
}
