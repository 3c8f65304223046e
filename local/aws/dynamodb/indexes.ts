import { isObject, type JsonObject, listAt, objectOf, textOf } from '../read.ts';

/** What is needed of dynalite's store; each part of it is a map of its own. */
export interface TableStore {
  tableDb: Part<JsonObject>;
  getTable(name: string, done: (error: Error | null, table?: JsonObject) => void): void;
  getItemDb(name: string): Part<JsonObject>;
  getIndexDb(type: 'global', table: string, index: string): Part<JsonObject>;
}
interface Part<Value> {
  put(key: string, value: Value, done: (error: Error | null) => void): void;
  batch(puts: readonly { type: 'put'; key: string; value: Value }[], done: (error: Error | null) => void): void;
  createValueStream(range: object): AsyncIterable<Value>;
}

/** Entries written at once. */
const WRITE_AT_ONCE = 1_000;

/**
 * Makes the global indexes that an UpdateTable creates, and fills each from what the table holds
 * (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html)
 *
 * @param indexKey dynalite's own, by which its queries find an entry
 * @returns the table; undefined when there is none, or nothing was to be made, which dynalite answers itself
 */
export async function addIndexes(
  store: TableStore,
  indexKey: (item: JsonObject, table: object, keySchema: unknown) => string,
  request: JsonObject,
): Promise<JsonObject | undefined> {
  const name = textOf(request.TableName, 'TableName');
  const found = await new Promise<JsonObject | undefined>((resolve) => {
    store.getTable(name, (_, one) => resolve(one));
  });
  if (found === undefined) return undefined;
  const there = listAt(found.GlobalSecondaryIndexes, 'GlobalSecondaryIndexes');
  const names = new Set(there.map((index) => objectOf(index, 'index').IndexName));
  const made = listAt(request.GlobalSecondaryIndexUpdates, 'GlobalSecondaryIndexUpdates')
    .map((update) => objectOf(update, 'update').Create)
    .filter(isObject)
    .filter(({ IndexName }) => !names.has(IndexName));
  if (made.length === 0) return undefined;
  const attributes = [found, request].flatMap((one) => listAt(one.AttributeDefinitions, 'AttributeDefinitions'));
  const table = { ...found, AttributeDefinitions: attributes.filter(isFirstOfItsName) };
  for (const { IndexName, KeySchema } of made) {
    const keys = listAt(KeySchema, 'KeySchema').map((part) => String(objectOf(part, 'KeySchema').AttributeName));
    const entries = store.getIndexDb('global', name, textOf(IndexName, 'IndexName'));
    const puts: { type: 'put'; key: string; value: JsonObject }[] = [];
    const flush = (): Promise<void> =>
      new Promise((resolve, reject) => {
        entries.batch(puts.splice(0), (error) => (error == null ? resolve() : reject(error)));
      });
    for await (const value of store.getItemDb(name).createValueStream({})) {
      if (keys.every((key) => value[key] !== undefined))
        puts.push({ type: 'put', key: indexKey(value, table, KeySchema), value });
      if (puts.length === WRITE_AT_ONCE) await flush();
    }
    await flush();
  }
  const indexes = made.map((index) => ({
    ...index,
    IndexArn: `${found.TableArn}/index/${index.IndexName}`,
    IndexSizeBytes: 0,
    ItemCount: 0,
    IndexStatus: 'ACTIVE',
    ProvisionedThroughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0, NumberOfDecreasesToday: 0 },
  }));
  const grown = { ...table, GlobalSecondaryIndexes: [...there, ...indexes] };
  await new Promise<void>((resolve, reject) => {
    store.tableDb.put(name, grown, (error) => (error == null ? resolve() : reject(error)));
  });
  return grown;
}

function isFirstOfItsName(attribute: unknown, at: number, all: readonly unknown[]): boolean {
  const nameOf = (one: unknown): unknown => objectOf(one, 'AttributeDefinitions').AttributeName;
  return all.findIndex((other) => nameOf(other) === nameOf(attribute)) === at;
}
