import { setTimeout as after } from 'node:timers/promises';
import { type AttributeValue, BatchGetItemCommand, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { REGISTRY_BATCH_ATTEMPTS, REGISTRY_BATCH_MAX } from '../contract/limits/registry.ts';
import { fromAttributes } from './attributes.ts';
import type { Item, Items, Key } from './items.ts';
import { createLookup, type LookupOptions } from './lookup.ts';
import { createModelReader, type ModelReaderOptions } from './model-reader.ts';
import type { DescriptionReader, PriceReader } from './reader.ts';

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
export function createRegistry(options: TableOptions & Omit<LookupOptions, 'items'>): ReturnType<typeof createLookup> {
  return createLookup({ ...options, items: createReads(options) });
}

/** The same of models alone, for who asks for nothing else. */
export function createModels(
  options: TableOptions & Omit<ModelReaderOptions, 'items'>,
): PriceReader & DescriptionReader {
  return createModelReader({ ...options, items: createReads(options) });
}

/** What a call or a run asks of the table. The rest, which edits, is in table.ts: no function of the gateway has it. */
export function createReads({ client, table, random = Math.random }: TableOptions): Pick<Items, 'partition' | 'batch'> {
  // For its log the SDK copies each question and each answer, member by member and without what is sensitive, and where there is no
  // log throws the copies away: of 50 items that is as much work as to read them. A stand-in of a test has no stack.
  client.middlewareStack?.remove('loggerMiddleware');

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
  };
}

type Attributes = Record<string, AttributeValue>;

interface Page {
  Items?: Attributes[] | undefined;
  LastEvaluatedKey?: Attributes | undefined;
}

export async function allPages(ask: (start: Attributes | undefined) => Promise<Page>): Promise<Item[]> {
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

export function toAttributeKey({ pk, sk }: Key) {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function toItem(attributes: Attributes): Item {
  const { pk, sk, ...document } = fromAttributes(attributes);
  return { key: { pk: String(pk), sk: String(sk) }, document };
}

/** Whatever goes wrong, nothing is known: the caller's one way on is to try again later. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
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
