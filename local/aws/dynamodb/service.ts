import { mkdir } from 'node:fs/promises';
import { TollgateError } from '../../../contract/errors.ts';
import type { Clock } from '../../../contract/log.ts';
import type { Access } from '../../../policies/simulate/types.ts';
import { invalid } from '../error.ts';
import { jsonError, jsonReply, targetOperation } from '../json-rpc.ts';
import { type JsonObject, objectOf, parseBody, textOf } from '../read.ts';
import type { Service, WholeReply } from '../service.ts';
import { createEngine, type Engine, type EngineAnswer } from './engine.ts';
import { createGate, type Gate } from './gate.ts';
import { createOnce, keyOf, transactAccesses, transactGet, transactWrite } from './transact.ts';
import { createTtl, type Ttl } from './ttl.ts';

export interface DynamoOptions {
  folder: string;
  account: string;
  region: string;
  now?: Clock;
}

/**
 * DynamoDB on disk: dynalite, with transactions, the time-to-live setting and `ALL_OLD` on a failed condition in front,
 * which it does not have.
 *
 * @throws TollgateError `bad_setting` naming TOLLGATE_DATA when the folder cannot be written
 */
export async function createDynamo(options: DynamoOptions): Promise<{ service: Service; close(): Promise<void> }> {
  const engine = await opened(options.folder);
  const gate = createGate();
  const ttl = await createTtl(`${options.folder}-ttl.json`);
  const arnOf = (table: string): string => `arn:aws:dynamodb:${options.region}:${options.account}:table/${table}`;
  const service: Service = {
    name: 'dynamodb',
    strict: () => false,
    fail: (error) => jsonError('com.amazonaws.dynamodb.v20120810', error),
    plan(request) {
      const operation = targetOperation(request.headers);
      if (operation === '') throw invalid('Unknown operation.', 'UnknownOperationException');
      const body = parseBody(request.body);
      return {
        operation,
        needs: accesses(operation, body, arnOf),
        serve: () => run(operation, request.body.toString('utf8'), body),
      };
    },
  };
  const run = createRunner({ engine, gate, ttl, ...options });
  return { service, close: () => gate.alone(() => engine.close()) };
}

async function opened(folder: string): Promise<Engine> {
  try {
    await mkdir(folder, { recursive: true });
    return await createEngine(folder);
  } catch (cause) {
    const locked = (cause as NodeJS.ErrnoException).code === 'LEVEL_LOCKED';
    throw new TollgateError('bad_setting', {
      field: 'TOLLGATE_DATA',
      reason: locked ? 'folder-in-use' : 'folder-unusable',
      message: `TOLLGATE_DATA: the folder ${folder} ${locked ? 'is in use by another process' : 'cannot be written'}.`,
      cause,
    });
  }
}

function accesses(operation: string, body: JsonObject, arnOf: (table: string) => string): Access[] {
  const need = (action: string, resource: string): Access => ({ action: `dynamodb:${action}`, resource, context: {} });
  if (operation === 'TransactWriteItems')
    return transactAccesses(body).map(({ action, table }) => need(action, arnOf(table)));
  if (operation === 'TransactGetItems')
    return tablesOf(body.TransactItems, (item) => objectOf(objectOf(item, 'item').Get, 'Get').TableName).map((table) =>
      need('GetItem', arnOf(table)),
    );
  if (operation.startsWith('Batch'))
    return Object.keys(objectOf(body.RequestItems, 'RequestItems')).map((table) => need(operation, arnOf(table)));
  if (typeof body.TableName !== 'string') return [need(operation, '*')];
  const leading = leadingKey(objectOf(body.Item ?? body.Key ?? queriedKey(body), 'Item'));
  const index = typeof body.IndexName === 'string' ? `/index/${body.IndexName}` : '';
  return [{ ...need(operation, `${arnOf(body.TableName)}${index}`), context: leading }];
}

/** The partition that a query names: `pk = :name`, alone or with a condition of the sort key. */
function queriedKey({ KeyConditionExpression: condition, ExpressionAttributeValues: values, IndexName }: JsonObject) {
  const [, name] = (typeof condition === 'string' && /^pk = (:\w+)/.exec(condition)) || [];
  if (name === undefined || IndexName !== undefined) return {};
  return { pk: objectOf(values ?? {}, 'ExpressionAttributeValues')[name] };
}

/** Of what reads or writes one item, by the name that the partition key has in all tables here. */
function leadingKey({ pk }: JsonObject): Access['context'] {
  const { S: text } = objectOf(pk ?? {}, 'pk');
  return typeof text === 'string' ? { 'dynamodb:LeadingKeys': [text] } : {};
}

function tablesOf(items: unknown, name: (item: unknown) => unknown): string[] {
  return (Array.isArray(items) ? items : []).map((item) => String(name(item)));
}

interface Runner extends DynamoOptions {
  engine: Engine;
  gate: Gate;
  ttl: Ttl;
}

function createRunner({ engine, gate, ttl, account, region, now = Date.now }: Runner) {
  const once = createOnce(now);
  return (operation: string, text: string, body: JsonObject): Promise<WholeReply> => {
    switch (operation) {
      case 'TransactWriteItems':
        return gate.alone(async () => {
          await once(body, () => transactWrite(engine, body));
          return jsonReply({});
        });
      case 'TransactGetItems':
        return gate.alone(async () => jsonReply({ Responses: await transactGet(engine, body) }));
      case 'UpdateTable':
        return gate.alone(async () => {
          const table = await engine.addIndexes(body);
          if (table === undefined) return passed(operation, await engine.call(operation, text));
          return passed(operation, { status: 200, body: JSON.stringify({ TableDescription: table }) });
        });
      case 'UpdateTimeToLive':
        return gate.alone(async () => jsonReply(await ttl.update(engine, body)));
      case 'DescribeTimeToLive':
        return gate.shared(async () => jsonReply(await ttl.describe(engine, body)));
      default:
        return gate.shared(async () =>
          passed(operation, await withOldItem(engine, body, await engine.call(operation, text))),
        );
    }
  };

  function passed(operation: string, { status, body }: EngineAnswer): WholeReply {
    if (!operation.endsWith('Table')) return { ...jsonReply({}), status, body };
    // dynalite takes account and region from the environment; a table's ARN must be the one that policies name.
    const text = body.replace(/"arn:aws:dynamodb:[^:"]+:\d+:table/g, `"arn:aws:dynamodb:${region}:${account}:table`);
    return { ...jsonReply({}), status, body: text };
  }
}

/**
 * A failed condition's answer, with the item that it failed on where it was asked for. Another write may come between the
 * two: to wait for everything else each time would make every counter's write stand in one queue.
 */
async function withOldItem(engine: Engine, body: JsonObject, answer: EngineAnswer): Promise<EngineAnswer> {
  const asked = body.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  if (!asked || answer.status === 200 || !answer.body.includes('ConditionalCheckFailedException')) return answer;
  const { TableName } = body;
  const key = body.Key ?? (await keyOf(engine, textOf(TableName, 'TableName'), objectOf(body.Item, 'Item')));
  const found = await engine.call('GetItem', JSON.stringify({ TableName, Key: key, ConsistentRead: true }));
  const { Item } = objectOf(JSON.parse(found.body), 'answer');
  return { ...answer, body: JSON.stringify({ ...objectOf(JSON.parse(answer.body), 'answer'), Item }) };
}
