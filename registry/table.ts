import {
  type CreateTableCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  type GlobalSecondaryIndex,
  QueryCommand,
  ScanCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  type UpdateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { REGISTRY_INDEX } from '../contract/names.ts';
import { toAttributes } from './attributes.ts';
import { allPages, answered, createReads, type TableOptions, toAttributeKey, toItem } from './dynamo.ts';
import { type Expected, firstOf, type Item, type Items, type Sk, type Write } from './items.ts';

/** Parts of a whole read of the table. */
const SCAN_SEGMENTS = 4;

/**
 * The index is not there, is being built (ValidationException), or whoever asks may read the table alone: then the table tells,
 * only later.
 */
const WITHOUT_INDEX: ReadonlySet<string> = new Set(['ValidationException', 'AccessDeniedException']);

/** A table's CreateTable input: on-demand, and keyed as keys.ts says. The TTL attribute is set apart (TTL_ATTRIBUTE). */
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

/** What lists ask: all items of one `sk`, whichever `pk` they have. */
const BY_SK: GlobalSecondaryIndex = {
  IndexName: REGISTRY_INDEX,
  KeySchema: [
    { AttributeName: 'sk', KeyType: 'HASH' },
    { AttributeName: 'pk', KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'ALL' },
};

/** The registry's own: its index is what it has beyond the other tables. */
export function registryDefinition(name: string): CreateTableCommandInput {
  return { ...tableDefinition(name), GlobalSecondaryIndexes: [BY_SK] };
}

/** For a table that an earlier version made, without its index. */
export function indexDefinition(name: string): UpdateTableCommandInput {
  const { AttributeDefinitions } = tableDefinition(name);
  return { TableName: name, AttributeDefinitions, GlobalSecondaryIndexUpdates: [{ Create: BY_SK }] };
}

/** The table as items, for those who edit it. */
export function createItems(options: TableOptions): Items {
  const { client, table } = options;

  const indexed = (sk: string, under: string | undefined) => ({
    TableName: table,
    IndexName: REGISTRY_INDEX,
    KeyConditionExpression: under === undefined ? 'sk = :sk' : 'sk = :sk AND begins_with(pk, :under)',
    ExpressionAttributeValues: { ':sk': { S: sk }, ...(under === undefined ? {} : { ':under': { S: under } }) },
  });

  const byIndex = (sk: string, under: string | undefined): Promise<Item[]> =>
    allPages((start) => client.send(new QueryCommand({ ...indexed(sk, under), ExclusiveStartKey: start })));

  /** An answer ends at 1 MB, which a page may be larger than. */
  async function firstByIndex(sk: string, under: string, after: string | undefined, limit: number): Promise<Item[]> {
    const found: Item[] = [];
    let start = after === undefined ? undefined : toAttributeKey({ pk: after, sk });
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({ ...indexed(sk, under), Limit: limit - found.length, ExclusiveStartKey: start }),
      );
      found.push(...Items.map(toItem));
      start = LastEvaluatedKey as typeof start;
    } while (start !== undefined && found.length < limit);
    return found;
  }

  /** @param ask by the index. @param otherwise of what the table itself has, where there is none */
  const orScanned = (sk: string, ask: () => Promise<Item[]>, otherwise: (all: Item[]) => Item[]): Promise<Item[]> =>
    answered(() =>
      ask().catch(async (error: Error) => {
        if (!WITHOUT_INDEX.has(error.name)) throw error;
        return otherwise(await scan({ equals: sk }));
      }),
    );

  /** Segments are read at once: one after the other a scan is as slow as its round trips. */
  async function scan(sk?: Sk): Promise<Item[]> {
    const segments = Array.from({ length: SCAN_SEGMENTS }, (_, Segment) =>
      allPages((start) =>
        client.send(
          new ScanCommand({
            TableName: table,
            ...filterOf(sk),
            ConsistentRead: true,
            Segment,
            TotalSegments: SCAN_SEGMENTS,
            ExclusiveStartKey: start,
          }),
        ),
      ),
    );
    return (await Promise.all(segments)).flat();
  }

  return {
    ...createReads(options),

    time: timeOf(client),

    get: (key) =>
      answered(async () => {
        const { Item } = await client.send(
          new GetItemCommand({ TableName: table, Key: toAttributeKey(key), ConsistentRead: true }),
        );
        return Item && toItem(Item);
      }),

    range: (pk, { from = '', to = '\u{10FFFF}', backwards = false, limit }) =>
      answered(async () => {
        const { Items = [] } = await client.send(
          new QueryCommand({
            TableName: table,
            KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
            // No sort key is empty text, nor may a value that is compared with one be.
            ExpressionAttributeValues: { ':pk': { S: pk }, ':from': { S: from || ' ' }, ':to': { S: to } },
            ConsistentRead: true,
            ScanIndexForward: !backwards,
            Limit: limit,
          }),
        );
        return Items.map(toItem);
      }),

    list: (sk, under = '') =>
      orScanned(
        sk,
        () => byIndex(sk, under === '' ? undefined : under),
        (all) => all.filter(({ key }) => key.pk.startsWith(under)),
      ),
    page: (sk, { under, after, limit }) =>
      orScanned(
        sk,
        () => firstByIndex(sk, under, after, limit),
        (all) => firstOf(all, { under, after, limit }),
      ),
    scan: (sk) => answered(() => scan(sk)),

    write: (writes) =>
      answered(async () => {
        const TransactItems = writes.map((write) => toTransactItem(write, table));
        await client.send(new TransactWriteItemsCommand({ TransactItems }));
      }),
  };
}

/** What `Date` of its last answer said (RFC 9110 section 6.6.1), and the time since. */
function timeOf(client: DynamoDBClient): () => number | undefined {
  let said: { at: number; when: number } | undefined;
  // A stand-in of a test has none, and tells no time.
  client.middlewareStack?.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = (result.response ?? {}) as { headers?: Record<string, string> };
      const at = Date.parse(headers?.date ?? '');
      if (!Number.isNaN(at)) said = { at, when: performance.now() };
      return result;
    },
    { step: 'deserialize', name: 'tollgateTableTime', override: true },
  );
  return () => said && said.at + Math.floor(performance.now() - said.when);
}

function filterOf(sk: Sk | undefined) {
  if (sk === undefined) return {};
  const exact = 'equals' in sk;
  return {
    FilterExpression: exact ? 'sk = :sk' : 'begins_with(sk, :sk)',
    ExpressionAttributeValues: { ':sk': { S: exact ? sk.equals : sk.beginsWith } },
  };
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
    case 'any':
      return {};
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
