import {
  type CreateTableCommandInput,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  ScanCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { toAttributes } from './attributes.ts';
import { allPages, answered, createReads, type TableOptions, toAttributeKey, toItem } from './dynamo.ts';
import type { Expected, Items, Write } from './items.ts';

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

/** The table as items, for those who edit it. */
export function createItems(options: TableOptions): Items {
  const { client, table } = options;
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
