import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import type { JsonObject } from '../read.ts';
import { addIndexes, type TableStore } from './indexes.ts';

/** An item in DynamoDB's JSON: name -> `{S: ...}` and the like. */
export type Item = Readonly<Record<string, unknown>>;

export interface EngineAnswer {
  status: number;
  body: string;
}

/** dynalite as a function: a request in, an answer out, without a port of its own. */
export interface Engine {
  call(operation: string, body: string): Promise<EngineAnswer>;
  /**
   * Whether a write's condition holds for the item as it is now.
   *
   * @throws an error with `body`, the service's own answer, when the request is malformed
   */
  conditionHolds(kind: WriteKind, request: object, item: Item | undefined): boolean;
  /** What dynalite ignores of UpdateTable. Nothing else may run meanwhile. @returns the table; undefined: none was to be made */
  addIndexes(request: JsonObject): Promise<JsonObject | undefined>;
  close(): Promise<void>;
}

export type WriteKind = 'putItem' | 'updateItem' | 'deleteItem';

/** dynalite has no types; these are the parts that are used. */
interface Validations {
  checkTypes(data: object, types: object): object;
  checkValidations(data: object, types: object, custom: unknown, store: object): void;
}
interface Database {
  MAX_SIZE: number;
  create(options: { path: string; createTableMs: number; deleteTableMs: number; updateTableMs: number }): Store;
  checkConditional(data: object, item: Item | undefined): Error | null | undefined;
  createIndexKey(item: Item, table: object, keySchema: unknown): string;
}
interface Store extends TableStore {
  db: { values(range: object): Values; createValueStream(range: object): Readable };
  lifecycleManager: { gracefulClose(): Promise<void> };
}
interface Values {
  nextv(size: number): Promise<unknown[]>;
  close(): Promise<void>;
}
interface LevelModule {
  Level: new (folder: string) => { open(): Promise<void>; close(): Promise<void> };
}
interface Rules {
  types: object;
  custom: unknown;
}
type Action = (store: Store, data: object, done: (error: Error | null, answer?: object) => void) => void;

/** What dynalite has; transactions and the time to live are in front of it. */
const OPERATIONS: ReadonlySet<string> = new Set([
  ...['BatchGetItem', 'BatchWriteItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'],
  ...['CreateTable', 'DeleteTable', 'DescribeTable', 'ListTables', 'UpdateTable'],
  ...['ListTagsOfResource', 'TagResource', 'UntagResource'],
]);
const UNKNOWN: EngineAnswer = {
  status: 400,
  body: JSON.stringify({ __type: 'com.amazon.coral.service#UnknownOperationException' }),
};

/** Values read from the store at once: one by one takes longer than all the rest of a scan. */
const READ_AT_ONCE = 500;

/**
 * dynalite's store and operations, without its server, which would parse and check each request once more.
 *
 * @param folder where the tables are; made by dynalite if absent
 * @throws Error with code LEVEL_LOCKED when another process has the folder open, or what the file system says
 */
export async function createEngine(folder: string): Promise<Engine> {
  const load = createRequire(import.meta.url);
  await assertOpens(folder);
  const { create, checkConditional, createIndexKey, MAX_SIZE } = load('dynalite/db') as Database;
  const { checkTypes, checkValidations } = load('dynalite/validations') as Validations;
  const store = create({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  store.db.createValueStream = (range) => inBatches(store.db.values(range));

  /** What dynalite makes of a request of the operation. */
  function checked(name: string, request: object, of: object): object {
    const { types, custom } = load(`dynalite/validations/${name}`) as Rules;
    const data = checkTypes(request, types);
    checkValidations(data, types, custom, of);
    return data;
  }

  return {
    async call(operation, body) {
      if (!OPERATIONS.has(operation)) return UNKNOWN;
      const name = operation.charAt(0).toLowerCase() + operation.slice(1);
      try {
        const data = checked(name, JSON.parse(body) as object, store);
        const act = load(`dynalite/actions/${name}`) as Action;
        const answer = await new Promise((resolve, reject) => {
          act(name === 'batchGetItem' ? knowingTables(store) : store, data, (error, found) =>
            error == null ? resolve(found) : reject(error),
          );
        });
        return { status: 200, body: JSON.stringify(answer) };
      } catch (error) {
        const { statusCode, body: answer } = error as { statusCode?: number; body?: object };
        if (statusCode === undefined) throw error;
        return { status: statusCode, body: JSON.stringify(answer) };
      }
    },
    conditionHolds(kind, request, item) {
      const data = checked(kind, structuredClone(request), { options: { maxItemSize: MAX_SIZE } });
      return checkConditional(data, item) == null;
    },
    addIndexes: (request) => addIndexes(store, createIndexKey, request),
    close: () => store.lifecycleManager.gracefulClose(),
  };
}

/** dynalite asks its store for the table once more for each item of a batch. */
function knowingTables(store: Store): Store {
  const known = new Map<string, JsonObject>();
  const getTable: Store['getTable'] = (name, done) => {
    const table = known.get(name);
    if (table !== undefined) return done(null, table);
    store.getTable(name, (error, found) => {
      if (found !== undefined) known.set(name, found);
      done(error, found);
    });
  };
  return { ...store, getTable };
}

function inBatches(values: Values): Readable {
  return new Readable({
    objectMode: true,
    highWaterMark: READ_AT_ONCE,
    read() {
      values.nextv(READ_AT_ONCE).then(
        (found) => {
          for (const one of found) this.push(one);
          if (found.length === 0) this.push(null);
        },
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      values.close().then(() => done(error), done);
    },
  });
}

/** dynalite opens its store on its own and ends the process when that fails, so it is tried beforehand. */
async function assertOpens(folder: string): Promise<void> {
  const { Level } = createRequire(createRequire(import.meta.url).resolve('dynalite'))('level') as LevelModule;
  const store = new Level(folder);
  try {
    await store.open();
  } catch (error) {
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  }
  await store.close();
}
