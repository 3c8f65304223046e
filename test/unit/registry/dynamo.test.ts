import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { type Attribute, fromAttributes, toAttributes } from '../../../registry/attributes.ts';
import { createRegistry } from '../../../registry/dynamo.ts';
import type { Document, Key } from '../../../registry/items.ts';
import { grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import { createItems, registryDefinition, tableDefinition } from '../../../registry/table.ts';
import { grantDocument, modelDocument, tenantDocument } from './documents.ts';

const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server;

const TABLE = 'tollgate-registry';
const ACME = parseTenantId('acme');
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

let server: Server;
let client: DynamoDBClient;
/** What the SDK sent, in order. */
let sent: { name: string; input: unknown }[] = [];

async function put(key: Key, document: Document, TableName = TABLE): Promise<void> {
  const Item = { ...toAttributes(document), pk: { S: key.pk }, sk: { S: key.sk } };
  await client.send(new PutItemCommand({ TableName, Item }));
}

async function putAll(items: [Key, Document][]): Promise<void> {
  for (let from = 0; from < items.length; from += 25) {
    const requests = items.slice(from, from + 25).map(([{ pk, sk }, document]) => ({
      PutRequest: { Item: { ...toAttributes(document), pk: { S: pk }, sk: { S: sk } } },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TABLE]: requests } }));
  }
}

function registry(options: { client?: DynamoDBClient; timeoutMs?: number } = {}) {
  return createRegistry({ client, table: TABLE, clock: () => 1_000_000, onUnusable: () => {}, ...options });
}

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials });
  await client.send(new CreateTableCommand(tableDefinition(TABLE)));
  const active = async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table?.TableStatus).toBe('ACTIVE');
  };
  await vi.waitFor(active, { timeout: 15_000 });
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        sent.push({ name: commandName ?? '', input: args.input });
        return next(args);
      },
    { step: 'initialize' },
  );
});

afterAll(async () => {
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

describe('the reader over a real DynamoDB protocol', () => {
  test('D5 a tenant with more than a page of grants and more than a batch of models is read whole', async () => {
    const ids = Array.from({ length: 250 }, (_, index) => `m${String(index).padStart(3, '0')}`);
    await putAll([
      [tenantKey(ACME), tenantDocument('acme')],
      ...ids.map((id): [Key, Document] => [modelKey(id), modelDocument(id)]),
      // A page of Query is 1 MB; these items are long by what no schema accepts, so they count as unusable.
      ...ids.map((id): [Key, Document] => [
        grantKey({ tenant: ACME, model: id }),
        grantDocument('acme', id, Number(id.slice(1)) % 50 === 0 ? { note: 'x'.repeat(390_000) } : {}),
      ]),
    ]);
    sent = [];
    const found = await registry().tenant(ACME);
    expect(found?.models.map(({ id }) => id)).toEqual(ids.filter((id) => Number(id.slice(1)) % 50 !== 0));
    expect(found?.unusable).toBe(5);
    const names = sent.map(({ name }) => name);
    expect(names.filter((name) => name === 'QueryCommand').length).toBeGreaterThan(1);
    expect(names.filter((name) => name === 'BatchGetItemCommand')).toHaveLength(3);
  });

  test('a tenant of ordinary size takes two round trips, both strongly consistent: two Queries at once, then one BatchGetItem', async () => {
    const globex = parseTenantId('globex');
    await put(tenantKey(globex), tenantDocument('globex'));
    await put(grantKey({ tenant: globex, model: 'm000' }), grantDocument('globex', 'm000'));
    await put(modelKey('m000'), modelDocument('m000'));
    sent = [];
    const trips: number[] = [];
    const reads = registry().tenant(globex);
    // Both are under way before either has an answer.
    await Promise.resolve();
    trips.push(sent.length);
    expect((await reads)?.models).toHaveLength(1);
    expect(trips).toEqual([2]);
    expect(sent).toMatchObject([
      { name: 'QueryCommand', input: { ConsistentRead: true } },
      { name: 'QueryCommand', input: { ConsistentRead: true } },
      { name: 'BatchGetItemCommand', input: { RequestItems: { [TABLE]: { ConsistentRead: true } } } },
    ]);
  });

  test('D4 a tenant is not found by the beginning of its id', async () => {
    expect(await registry().tenant(parseTenantId('acm'))).toBeNull();
  });

  test('D1 a refused connection is unavailable, with the time to come back', async () => {
    const nobody = new DynamoDBClient({ endpoint: 'http://127.0.0.1:9', region: 'us-east-1', credentials });
    await expect(registry({ client: nobody }).tenant(ACME)).rejects.toMatchObject({
      code: 'unavailable',
      status: 503,
      retryAfterSeconds: 2,
    });
  });

  test('D1 a table that is not there is unavailable, not empty', async () => {
    const reader = createRegistry({ client, table: 'other', clock: () => 0, onUnusable: () => {} });
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(reader.prices(['m000'])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('the table as items', () => {
  async function withIndex(table: string): Promise<string> {
    await client.send(new CreateTableCommand(registryDefinition(table)));
    const active = async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
      expect(Table?.GlobalSecondaryIndexes?.[0]?.IndexStatus).toBe('ACTIVE');
    };
    await vi.waitFor(active, { timeout: 15_000 });
    return table;
  }

  test('an item comes back as it was written, by key, by partition and by scan', async () => {
    const items = createItems({ client, table: TABLE });
    const key = { pk: 'HISTORY#MODEL#x', sk: '2026#1' };
    const document = {
      v: 1,
      text: 'Größe',
      none: null,
      yes: true,
      no: false,
      list: [1, 'two', { three: [0.5] }],
      map: {},
    };
    await put(key, document);
    expect(await items.get(key)).toEqual({ key, document });
    expect(await items.partition(key.pk)).toEqual([{ key, document }]);
    expect(await items.scan({ equals: key.sk })).toEqual([{ key, document }]);
    expect(await items.scan({ beginsWith: '2026#' })).toEqual([{ key, document }]);
    expect(await items.scan()).toContainEqual({ key, document });
    expect(await items.get({ ...key, sk: 'none' })).toBeUndefined();
  });

  test('a list is read by the index, and by a scan where a table has none yet', async () => {
    const indexed = await withIndex('tollgate-indexed');
    const [grant, tenant] = [grantKey({ tenant: ACME, model: 'only' }), tenantKey(parseTenantId('initech'))];
    for (const [table, operation] of [
      [indexed, 'QueryCommand'],
      [TABLE, 'ScanCommand'],
    ] as const) {
      const items = createItems({ client, table });
      for (const key of [grant, tenant]) await put(key, { v: 1 }, table);
      sent = [];
      expect(await items.list(grant.sk)).toEqual([{ key: grant, document: { v: 1 } }]);
      expect(sent.at(-1)?.name).toBe(operation);
      expect(await items.list('GRANT#onl')).toEqual([]);
    }
  });

  test('a page of a list begins behind a key, whether or not that is there, by the index and without one', async () => {
    const indexed = await withIndex('tollgate-paged');
    const ids = ['ab', 'ac', 'b', 'c'];
    for (const table of [indexed, TABLE])
      for (const id of ids) await put({ pk: `PAGED#${id}`, sk: 'PAGED' }, { id }, table);
    for (const table of [indexed, TABLE]) {
      const items = createItems({ client, table });
      const page = async (under: string, after: string | undefined, limit: number) =>
        (await items.page('PAGED', { under: `PAGED#${under}`, after: after && `PAGED#${after}`, limit })).map(
          ({ document }) => document.id,
        );
      expect(await page('', undefined, 3)).toEqual(['ab', 'ac', 'b']);
      expect(await page('', 'ac', 3)).toEqual(['b', 'c']);
      expect(await page('', 'aca', 1)).toEqual(['b']);
      expect(await page('a', 'ab', 9)).toEqual(['ac']);
      expect(await page('z', undefined, 9)).toEqual([]);
    }
  });

  test('a string set, which the console offers for a list of words, is read as a list; bytes are read as nothing', () => {
    expect(fromAttributes({ set: { SS: ['a'] }, bytes: { B: new Uint8Array() } })).toEqual({ set: ['a'], bytes: null });
  });

  test('an attribute named __proto__ stays an attribute', () => {
    const attributes = JSON.parse('{"__proto__":{"M":{"admin":{"BOOL":true}}}}') as Record<string, Attribute>;
    const document = fromAttributes(attributes);
    expect(Object.keys(document)).toEqual(['__proto__']);
    expect((document as { admin?: unknown }).admin).toBeUndefined();
  });
});

/** A client whose answers are given, in order; what it was asked is kept. */
function scripted(...answers: (object | Error)[]) {
  const asked: Record<string, unknown>[] = [];
  const send = async (command: { input: Record<string, unknown> }) => {
    asked.push(command.input);
    const answer = answers.shift() ?? {};
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, client: { send } as unknown as DynamoDBClient };
}

describe('what dynalite cannot show', () => {
  const keys = [modelKey('a'), modelKey('b')];
  const wire = ({ pk, sk }: Key) => ({ pk: { S: pk }, sk: { S: sk } });
  const [a, b] = keys.map(wire);

  test('D1 keys that a batch left unprocessed are asked for again, and only those', async () => {
    const script = scripted(
      { Responses: { t: [a] }, UnprocessedKeys: { t: { Keys: [b] } } },
      { Responses: { t: [b] }, UnprocessedKeys: {} },
    );
    const items = createItems({ client: script.client, table: 't', random: () => 0 });
    expect((await items.batch(keys)).map(({ key }) => key)).toEqual(keys);
    expect(script.asked[1]).toEqual({ RequestItems: { t: { Keys: [b], ConsistentRead: true } } });
  });

  test('D1 a batch that never comes to its end is unavailable, not a part of the answer', async () => {
    const left = { Responses: { t: [a] }, UnprocessedKeys: { t: { Keys: [b] } } };
    const script = scripted(...Array(20).fill(left));
    const items = createItems({ client: script.client, table: 't', random: () => 0 });
    await expect(items.batch(keys)).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('L3 an edit is one transaction, each part under its condition', async () => {
    const script = scripted();
    const [key, other] = [modelKey('a'), modelKey('b')];
    await createItems({ client: script.client, table: 't' }).write([
      { kind: 'put', key, document: { version: 3 }, expected: { is: 'version', version: 2 } },
      { kind: 'put', key: other, document: {}, expected: { is: 'absent' } },
      { kind: 'delete', key, expected: { is: 'present' } },
    ]);
    expect(script.asked).toEqual([
      {
        TransactItems: [
          {
            Put: {
              TableName: 't',
              Item: { version: { N: '3' }, ...wire(key) },
              ConditionExpression: '#version = :version',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: { ':version': { N: '2' } },
            },
          },
          { Put: { TableName: 't', Item: wire(other), ConditionExpression: 'attribute_not_exists(pk)' } },
          { Delete: { TableName: 't', Key: wire(key), ConditionExpression: 'attribute_exists(pk)' } },
        ],
      },
    ]);
  });

  test.each([
    ['ConditionalCheckFailed', 'conflict'],
    ['TransactionConflict', 'conflict'],
    ['ThrottlingError', 'unavailable'],
    ['ItemCollectionSizeLimitExceeded', 'unavailable'],
  ])('L3 a transaction cancelled for %s is %s', async (Code, code) => {
    const cancelled = Object.assign(new Error('cancelled'), {
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code }],
    });
    const items = createItems({ client: scripted(cancelled).client, table: 't' });
    await expect(items.write([])).rejects.toMatchObject({ code });
  });

  test('D1 credentials that are refused are unavailable', async () => {
    const refused = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    const reader = registry({ client: scripted(refused).client });
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
  });
});
