import { setTimeout as after } from 'node:timers/promises';
import {
  type AttributeValue,
  BatchGetItemCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { REGISTRY_BATCH_ATTEMPTS, REGISTRY_BATCH_MAX } from '../contract/limits/registry.ts';
import { fromAttributes, toAttributes } from './attributes.ts';
import type { Expected, Item, Items, Key, Write } from './items.ts';
import { createLookup, type LookupOptions } from './lookup.ts';
import type { ClientReader, PriceReader, RegistryReader } from './reader.ts';

export interface TableOptions {
  client: DynamoDBClient;
  table: string;
  /** 0 to 1; spreads retries. */
  random?: () => number;
}

/**
 * The reader over DynamoDB.
 *
 * @returns a reader whose every failure is TollgateError `unavailable` with `retryAfterSeconds`
 */
export function createRegistry(
  options: TableOptions & Omit<LookupOptions, 'items'>,
): RegistryReader & PriceReader & ClientReader {
  return createLookup({ ...options, items: createItems(options) });
}

/** The table's CreateTable input: on-demand, and keyed as keys.ts says. The TTL attribute is set apart (TTL_ATTRIBUTE). */
export function tableDefinition(name: string): CreateTableCommandInput {
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  };
}

/** The table as items. */
export function createItems({ client, table, random = Math.random }: TableOptions): Items {
  async function batchOf(keys: readonly Key[], signal?: AbortSignal): Promise<Item[]> {
    const found: Item[] = [];
    let wanted: Attributes[] = keys.map(toAttributeKey);
    for (let attempt = 1; wanted.length > 0; attempt++) {
      if (attempt > REGISTRY_BATCH_ATTEMPTS) throw new Error('BatchGetItem left keys unprocessed');
      if (attempt > 1) await after(random() * Math.min(400, 25 * 2 ** (attempt - 2)), undefined, request(signal).pause);
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
        request(signal).send,
      );
      for (const item of Responses?.[table] ?? []) found.push(toItem(item));
      wanted = UnprocessedKeys?.[table]?.Keys ?? [];
    }
    return found;
  }

  return {
    get: (key) =>
      answered(async () => {
        const { Item } = await client.send(
          new GetItemCommand({ TableName: table, Key: toAttributeKey(key), ConsistentRead: true }),
        );
        return Item && toItem(Item);
      }),

    partition: (pk, signal) =>
      answered(() =>
        allPages((start) =>
          client.send(
            new QueryCommand({
              TableName: table,
              KeyConditionExpression: 'pk = :pk',
              ExpressionAttributeValues: { ':pk': { S: pk } },
              ConsistentRead: true,
              ExclusiveStartKey: start,
            }),
            request(signal).send,
          ),
        ),
      ),

    batch: (keys, signal) =>
      answered(async () => {
        const batches: Promise<Item[]>[] = [];
        for (let from = 0; from < keys.length; from += REGISTRY_BATCH_MAX)
          batches.push(batchOf(keys.slice(from, from + REGISTRY_BATCH_MAX), signal));
        return (await Promise.all(batches)).flat();
      }),

    scan: (sk) =>
      answered(() =>
        allPages((start) =>
          client.send(
            new ScanCommand({
              TableName: table,
              FilterExpression: 'equals' in sk ? 'sk = :sk' : 'begins_with(sk, :sk)',
              ExpressionAttributeValues: { ':sk': { S: 'equals' in sk ? sk.equals : sk.beginsWith } },
              ConsistentRead: true,
              ExclusiveStartKey: start,
            }),
          ),
        ),
      ),

    write: (writes) =>
      answered(async () => {
        const TransactItems = writes.map((write) => toTransactItem(write, table));
        await client.send(new TransactWriteItemsCommand({ TransactItems }));
      }),
  };
}

type Attributes = Record<string, AttributeValue>;

interface Page {
  Items?: Attributes[] | undefined;
  LastEvaluatedKey?: Attributes | undefined;
}

async function allPages(ask: (start: Attributes | undefined) => Promise<Page>): Promise<Item[]> {
  const found: Item[] = [];
  let start: Attributes | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await ask(start);
    for (const item of Items) found.push(toItem(item));
    start = LastEvaluatedKey;
  } while (start !== undefined);
  return found;
}

function request(signal: AbortSignal | undefined) {
  return signal === undefined ? { send: {}, pause: {} } : { send: { abortSignal: signal }, pause: { signal } };
}

function toAttributeKey({ pk, sk }: Key) {
  return { pk: { S: pk }, sk: { S: sk } };
}

function toItem(attributes: Attributes): Item {
  const { pk, sk, ...document } = fromAttributes(attributes);
  return { key: { pk: String(pk), sk: String(sk) }, document };
}

function toTransactItem(write: Write, table: string): TransactWriteItem {
  const condition = { TableName: table, ...conditionOf(write.expected) };
  const key = toAttributeKey(write.key);
  return write.kind === 'delete'
    ? { Delete: { ...condition, Key: key } }
    : { Put: { ...condition, Item: { ...toAttributes(write.document), ...key } } };
}

function conditionOf(expected: Expected) {
  switch (expected.is) {
    case 'absent':
      return { ConditionExpression: 'attribute_not_exists(pk)' };
    case 'present':
      return { ConditionExpression: 'attribute_exists(pk)' };
    case 'version':
      return {
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':version': { N: String(expected.version) } },
      };
  }
}

/** Whatever goes wrong, nothing is known: the caller's one way on is to try again later. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    // Another writer was first: either the version had changed, or its transaction was still under way.
    const reasons = cancellationReasons(cause);
    if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed' || Code === 'TransactionConflict'))
      throw new TollgateError('conflict', { reason: 'changed-meanwhile', cause });
    throw new TollgateError('unavailable', {
      reason: 'registry-failed',
      retryAfterSeconds: RETRY_AFTER_SECONDS,
      cause,
    });
  }
}

function cancellationReasons(error: unknown): { Code?: string }[] {
  const { name, CancellationReasons } = error as { name?: unknown; CancellationReasons?: { Code?: string }[] };
  return name === 'TransactionCanceledException' && Array.isArray(CancellationReasons) ? CancellationReasons : [];
}
