import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  type GetItemCommandInput,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { isTollgateError, TollgateError } from '../../contract/errors.ts';
import { COUNTERS_TIMEOUT_MS } from '../../contract/limits/budgets.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { fromAttributes, toAttributes } from '../../registry/attributes.ts';
import type { Document, Item, Key } from '../../registry/items.ts';
import { within } from '../../registry/within.ts';
import { type Change, updateOf } from './change.ts';

/** The table of counters and of days' summaries (counter-names.ts), and nothing of what they mean. */
export interface Counters {
  /**
   * One write, applied once or not at all however often it is repeated, because a call's name goes in or out with it.
   *
   * @throws TollgateError `unavailable`; it may have been applied then
   */
  update(change: Change): Promise<Changed>;
  /** An item's counters. @returns none where there is no such item @throws TollgateError `unavailable` */
  counts(key: Key): Promise<Counts>;
  /** Every item of counters whose partition begins so, page by page, perhaps a little old. @throws TollgateError `unavailable` */
  scan(partitionBegins: string): AsyncIterable<{ key: Key; counts: Counts }>;
  /** All counters of a partition, in the order of `sk`. @throws TollgateError `unavailable` */
  partition(pk: string): Promise<{ key: Key; counts: Counts }[]>;

  /** A document of this table (a day's summary). @throws TollgateError `unavailable` */
  get(key: Key): Promise<Document | undefined>;
  /** Those from one `sk` to another, both included, in order. @throws TollgateError `unavailable` */
  query(pk: string, from: string, to: string): Promise<Item[]>;
  /**
   * Written whole.
   *
   * @param unlessGreater a number in it: nothing is written where the item that is there has a greater one
   * @throws TollgateError `unavailable`
   */
  put(key: Key, document: Document, unlessGreater?: string): Promise<void>;
}

/** The numbers and the sets of an item, by attribute. */
export interface Counts {
  numbers: ReadonlyMap<string, bigint>;
  sets: ReadonlyMap<string, ReadonlySet<string>>;
}

/** `applied` is also true of a repetition. `counts`: after the change, or as they were when a condition did not hold. */
export interface Changed {
  applied: boolean;
  counts: Counts;
}

export const NO_COUNTS: Counts = Object.freeze({ numbers: new Map(), sets: new Map() });

export interface CountersOptions {
  client: DynamoDBClient;
  /** Asks what calls ask, where that is done otherwise than by the client. Default the client. */
  ask?: Ask;
  table: string;
  /** Milliseconds for one question with its retries. */
  timeoutMs?: number;
}

/** One item read or changed. @throws Error by the name that the client gives it, with `Item` where a condition did not hold */
export type Ask = (
  ...asked: [
    ...(['GetItem', GetItemCommandInput] | ['UpdateItem', UpdateItemCommandInput]),
    { abortSignal: AbortSignal },
  ]
) => Promise<{ Item?: Attributes | undefined; Attributes?: Attributes | undefined }>;

/** @param options.client with credentials that may use the table */
export function createCounters(options: CountersOptions): Counters {
  const { client, ask = throughClient(client), table, timeoutMs = COUNTERS_TIMEOUT_MS } = options;
  const answered = async <T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    try {
      return await within(timeoutMs, 'counters-timeout', ask);
    } catch (cause) {
      if (isTollgateError(cause)) throw cause;
      throw new TollgateError('unavailable', {
        reason: 'counters-failed',
        // A write that was denied, a throttled table and a slow one need different hands.
        detail: { cause: (cause as Error).name },
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        cause,
      });
    }
  };

  async function read(key: Key): Promise<Attributes | undefined> {
    const input = { TableName: table, Key: keyOf(key), ConsistentRead: true };
    const { Item } = await answered((abortSignal) => ask('GetItem', input, { abortSignal }));
    return Item;
  }

  async function pagesOf(KeyConditionExpression: string, ExpressionAttributeValues: Attributes): Promise<Attributes[]> {
    const found: Attributes[] = [];
    let start: Attributes | undefined;
    do {
      const ExclusiveStartKey = start;
      const input = { TableName: table, KeyConditionExpression, ExpressionAttributeValues, ExclusiveStartKey };
      const page = await answered((abortSignal) =>
        client.send(new QueryCommand({ ...input, ConsistentRead: true }), { abortSignal }),
      );
      found.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start !== undefined);
    return found;
  }

  return {
    update: (change) =>
      answered(async (abortSignal) => {
        const input = {
          TableName: table,
          Key: keyOf(change.key),
          ...updateOf(change),
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        } as const;
        try {
          const { Attributes } = await ask('UpdateItem', input, { abortSignal });
          return { applied: true, counts: countsOf(Attributes) };
        } catch (error) {
          if (!isFailedCondition(error)) throw error;
          return notApplied(change, countsOf(error.Item));
        }
      }),

    counts: async (key) => countsOf(await read(key)),

    async *scan(partitionBegins) {
      let start: Attributes | undefined;
      do {
        const ExclusiveStartKey = start;
        const page = await answered((abortSignal) =>
          client.send(
            new ScanCommand({
              TableName: table,
              FilterExpression: 'begins_with(pk, :pk)',
              ExpressionAttributeValues: { ':pk': { S: partitionBegins } },
              ExclusiveStartKey,
            }),
            { abortSignal },
          ),
        );
        for (const item of page.Items ?? []) yield { key: itemKey(item), counts: countsOf(item) };
        start = page.LastEvaluatedKey;
      } while (start !== undefined);
    },

    async partition(pk) {
      const items = await pagesOf('pk = :pk', { ':pk': { S: pk } });
      return items.map((item) => ({ key: itemKey(item), counts: countsOf(item) }));
    },

    async get(key) {
      const item = await read(key);
      return item && documentOf(item);
    },

    async query(pk, from, to) {
      if (from > to) return [];
      const values = { ':pk': { S: pk }, ':from': { S: from }, ':to': { S: to } };
      const items = await pagesOf('pk = :pk AND sk BETWEEN :from AND :to', values);
      return items.map((item) => ({ key: itemKey(item), document: documentOf(item) }));
    },

    async put(key, document, unlessGreater) {
      const Item = { ...toAttributes(document), ...keyOf(key) };
      const condition = unlessGreater === undefined ? {} : notGreater(unlessGreater, Item[unlessGreater]);
      await answered(async (abortSignal) => {
        try {
          await client.send(new PutItemCommand({ TableName: table, Item, ...condition }), { abortSignal });
        } catch (error) {
          if (!isFailedCondition(error)) throw error;
        }
      });
    },
  };
}

type Attributes = Record<string, AttributeValue>;

function throughClient(client: DynamoDBClient): Ask {
  return (...[operation, input, options]) =>
    operation === 'GetItem'
      ? client.send(new GetItemCommand(input), options)
      : client.send(new UpdateItemCommand(input), options);
}

function notGreater(attribute: string, value: AttributeValue | undefined) {
  if (value === undefined) throw new RangeError(`the document has no ${attribute}`);
  return {
    ConditionExpression: 'attribute_not_exists(#n) OR #n <= :n',
    ExpressionAttributeNames: { '#n': attribute },
    ExpressionAttributeValues: { ':n': value },
  };
}

function isFailedCondition(error: unknown): error is ConditionalCheckFailedException {
  return (error as Error).name === ConditionalCheckFailedException.name;
}

/** The condition fails for a repetition, too: the call's name has gone where it was to go. */
function notApplied({ call }: Change, counts: Counts): Changed {
  const there = call !== undefined && counts.sets.get(call.set)?.has(call.name) === true;
  return { applied: call?.goes === 'in' && there, counts };
}

function countsOf(attributes: Attributes | undefined): Counts {
  if (attributes === undefined) return NO_COUNTS;
  const numbers = new Map<string, bigint>();
  const sets = new Map<string, ReadonlySet<string>>();
  for (const [name, { N, SS }] of Object.entries(attributes)) {
    const number = N === undefined ? undefined : wholeNumber(N);
    if (number !== undefined) numbers.set(name, number);
    if (SS !== undefined) sets.set(name, new Set(SS));
  }
  return { numbers, sets };
}

/** DynamoDB answers with up to 38 digits, which no JavaScript number holds. @returns undefined for a fraction: none is ours */
function wholeNumber(text: string): bigint | undefined {
  const [, sign = '', digits = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]\+?(\d{1,3}))?$/.exec(text) ?? [];
  if (digits === '' || fraction.length > Number(exponent)) return undefined;
  return BigInt(`${sign}${digits}${fraction.padEnd(Number(exponent), '0')}`);
}

function keyOf({ pk, sk }: Key): Attributes {
  return { pk: { S: pk }, sk: { S: sk } };
}

function itemKey({ pk, sk }: Attributes): Key {
  return { pk: pk?.S ?? '', sk: sk?.S ?? '' };
}

function documentOf(item: Attributes): Document {
  const { pk: _pk, sk: _sk, ...attributes } = item;
  return fromAttributes(attributes);
}
