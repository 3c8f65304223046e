import { createHash } from 'node:crypto';
import type { Clock } from '../../../contract/log.ts';
import { AwsError, invalid } from '../error.ts';
import { type JsonObject, listAt, objectOf, textOf } from '../read.ts';
import type { Engine, Item, WriteKind } from './engine.ts';

/**
 * Transactions over single writes (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html).
 * The caller makes sure that nothing else runs meanwhile: every condition is decided before the first write.
 */

const ITEMS_MAX = 100;

/** Milliseconds for which a repeated ClientRequestToken is the same call. */
const TOKEN_MS = 600_000;

const KINDS = { Put: 'putItem', Update: 'updateItem', Delete: 'deleteItem', ConditionCheck: 'deleteItem' } as const;
type Kind = keyof typeof KINDS;

interface Step {
  kind: Kind;
  request: JsonObject;
  table: string;
  key: Item;
  before: Item | undefined;
}

interface Reason {
  Code: string;
  Message?: string;
  Item?: Item;
}

/**
 * A transaction that is done is not done again under its token: an SDK whose first try was answered too late repeats it, and would
 * otherwise find its own writes in its way.
 *
 * @throws AwsError IdempotentParameterMismatchException for another transaction under the token
 */
export function createOnce(clock: Clock): (body: JsonObject, write: () => Promise<void>) => Promise<void> {
  const done = new Map<string, { until: number; asked: string }>();
  return async ({ ClientRequestToken, ...asked }, write) => {
    for (const [token, { until }] of done) {
      if (until > clock()) break;
      done.delete(token);
    }
    const before = typeof ClientRequestToken === 'string' ? done.get(ClientRequestToken) : undefined;
    const digest = createHash('sha256').update(JSON.stringify(asked)).digest('base64');
    if (before === undefined) await write();
    else if (before.asked !== digest)
      throw new AwsError(400, 'IdempotentParameterMismatchException', 'The token was used for another transaction.');
    else return;
    if (typeof ClientRequestToken === 'string')
      done.set(ClientRequestToken, { until: clock() + TOKEN_MS, asked: digest });
  };
}

/** @throws AwsError TransactionCanceledException with a reason for each item, ValidationException, or the engine's own */
export async function transactWrite(engine: Engine, body: JsonObject): Promise<void> {
  const items = itemsOf(body);
  const steps: Step[] = [];
  const schemas = new Map<string, Schema>();
  for (const item of items) steps.push(await stepOf(engine, item, schemas));
  const keys = steps.map(({ table, key }) => JSON.stringify([table, Object.entries(key).sort()]));
  if (new Set(keys).size !== keys.length)
    throw invalid('Transaction request cannot include multiple operations on one item');

  const reasons = steps.map((step) => conditionReason(engine, step));
  if (reasons.some(({ Code }) => Code !== 'None')) throw cancelled(reasons);

  const done: Step[] = [];
  for (const step of steps) {
    if (step.kind === 'ConditionCheck') continue;
    const { status, body: answer } = await engine.call(capital(KINDS[step.kind]), JSON.stringify(withoutExtras(step)));
    if (status === 200) {
      done.push(step);
      continue;
    }
    // Only an update that does not fit the item's types comes here: the condition held and nothing else runs.
    for (const earlier of done.reverse()) await restore(engine, earlier);
    const message = String(objectOf(JSON.parse(answer), 'answer').message);
    throw cancelled(
      steps.map((other) => (other === step ? { Code: 'ValidationError', Message: message } : { Code: 'None' })),
    );
  }
}

/** @returns the items in the order asked for, `{}` for one that is not there */
export async function transactGet(engine: Engine, body: JsonObject): Promise<{ Item?: Item }[]> {
  const gets = listAt(body.TransactItems, 'TransactItems').map((item) =>
    objectOf(objectOf(item, 'TransactItems').Get, 'TransactItems.Get'),
  );
  const responses: { Item?: Item }[] = [];
  for (const get of gets) responses.push(await read(engine, { ...get, ConsistentRead: true }));
  return responses;
}

/** The tables of a transaction, and the permission that each of its items needs. */
export function transactAccesses(body: JsonObject): { action: string; table: string }[] {
  return itemsOf(body).map(({ kind, request }) => ({
    action: kind === 'ConditionCheck' ? 'ConditionCheckItem' : `${kind}Item`,
    table: textOf(request.TableName, 'TableName'),
  }));
}

function itemsOf(body: JsonObject): { kind: Kind; request: JsonObject }[] {
  const items = listAt(body.TransactItems, 'TransactItems');
  if (items.length === 0 || items.length > ITEMS_MAX) throw invalid(`TransactItems must have 1 to ${ITEMS_MAX} items`);
  return items.map((item) => {
    const [[kind, request] = ['', {}], ...more] = Object.entries(objectOf(item, 'TransactItems'));
    if (!Object.hasOwn(KINDS, kind) || more.length > 0)
      throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
    return { kind: kind as Kind, request: objectOf(request, kind) };
  });
}

async function stepOf(
  engine: Engine,
  { kind, request }: { kind: Kind; request: JsonObject },
  schemas: Map<string, Schema>,
): Promise<Step> {
  const table = textOf(request.TableName, 'TableName');
  // A transaction has a hundred items of one table, and nothing else runs meanwhile.
  const schema = schemas.get(table) ?? (await schemaOf(engine, table));
  schemas.set(table, schema);
  const key = kind === 'Put' ? keyIn(schema, objectOf(request.Item, 'Item')) : (objectOf(request.Key, 'Key') as Item);
  const { Item } = await read(engine, { TableName: table, Key: key, ConsistentRead: true });
  return { kind, request, table, key, before: Item };
}

/** The key of a whole item, by the table's schema. */
export async function keyOf(engine: Engine, table: string, item: JsonObject): Promise<Item> {
  return keyIn(await schemaOf(engine, table), item);
}

/** Names of the attributes of a key. */
type Schema = readonly string[];

async function schemaOf(engine: Engine, table: string): Promise<Schema> {
  const { Table } = await answered(engine, 'DescribeTable', { TableName: table });
  const parts = listAt(objectOf(Table, 'Table').KeySchema, 'KeySchema').map((part) => objectOf(part, 'KeySchema'));
  return parts.map(({ AttributeName }) => String(AttributeName));
}

function keyIn(schema: Schema, item: JsonObject): Item {
  return Object.fromEntries(schema.map((name) => [name, item[name]]));
}

function conditionReason(engine: Engine, step: Step): Reason {
  let holds: boolean;
  try {
    const kind: WriteKind = KINDS[step.kind];
    holds = engine.conditionHolds(kind, withoutExtras(step), step.before);
  } catch (error) {
    const answer =
      error instanceof Error ? (Reflect.get(error, 'body') as { message?: string } | undefined) : undefined;
    throw answer === undefined ? error : invalid(String(answer.message));
  }
  if (holds) return { Code: 'None' };
  const reason = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' };
  const wanted = step.request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  return wanted && step.before !== undefined ? { ...reason, Item: step.before } : reason;
}

function withoutExtras({ request }: Step): JsonObject {
  const { ReturnValuesOnConditionCheckFailure: _unknownToEngine, ...rest } = request;
  return rest;
}

async function restore(engine: Engine, { table, key, before }: Step): Promise<void> {
  if (before === undefined) await answered(engine, 'DeleteItem', { TableName: table, Key: key });
  else await answered(engine, 'PutItem', { TableName: table, Item: before });
}

async function read(engine: Engine, request: object): Promise<{ Item?: Item }> {
  const { Item } = await answered(engine, 'GetItem', request);
  return Item === undefined ? {} : { Item: Item as Item };
}

async function answered(engine: Engine, operation: string, request: object): Promise<JsonObject> {
  const { status, body } = await engine.call(operation, JSON.stringify(request));
  const answer = objectOf(JSON.parse(body), 'answer');
  if (status === 200) return answer;
  throw new AwsError(status, String(answer.__type).split('#').at(-1) ?? '', String(answer.message));
}

function cancelled(reasons: Reason[]): AwsError {
  const codes = reasons.map(({ Code }) => Code).join(', ');
  return new AwsError(
    400,
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  );
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
