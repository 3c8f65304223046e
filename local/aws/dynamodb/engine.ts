import type { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';

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
  close(): Promise<void>;
}

export type WriteKind = 'putItem' | 'updateItem' | 'deleteItem';

/** dynalite has no types; these are the parts that are used. */
type Dynalite = (options: {
  path: string;
  createTableMs: number;
  deleteTableMs: number;
  updateTableMs: number;
}) => Server;
interface Validations {
  checkTypes(data: object, types: object): object;
  checkValidations(data: object, types: object, custom: unknown, store: object): void;
}
interface Database {
  MAX_SIZE: number;
  checkConditional(data: object, item: Item | undefined): Error | null | undefined;
}
interface LevelModule {
  Level: new (folder: string) => { open(): Promise<void>; close(): Promise<void> };
}
interface Rules {
  types: object;
  custom: unknown;
}

/**
 * @param folder where the tables are; made by dynalite if absent
 * @throws Error with code LEVEL_LOCKED when another process has the folder open, or what the file system says
 */
export async function createEngine(folder: string): Promise<Engine> {
  const load = createRequire(import.meta.url);
  await assertOpens(folder);
  const dynalite = load('dynalite') as Dynalite;
  const server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  return {
    call: (operation, body) =>
      new Promise((resolve) => {
        const answer = { statusCode: 200, setHeader: () => undefined, end: (text = '') => finish(text) };
        const finish = (text: string): void => resolve({ status: answer.statusCode, body: text });
        server.emit('request', requestOf(operation, body), answer);
      }),
    conditionHolds(kind, request, item) {
      const validations = load('dynalite/validations') as Validations;
      const { types, custom } = load(`dynalite/validations/${kind}`) as Rules;
      const { checkConditional, MAX_SIZE } = load('dynalite/db') as Database;
      const data = validations.checkTypes(structuredClone(request), types);
      validations.checkValidations(data, types, custom, { options: { maxItemSize: MAX_SIZE } });
      return checkConditional(data, item) == null;
    },
    // dynalite closes its store only after a server that listens, so it is made to listen for that moment.
    close: () =>
      new Promise((resolve, reject) => {
        server.listen(0, '127.0.0.1', () => server.close((error) => (error == null ? resolve() : reject(error))));
      }),
  };
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

/** What dynalite reads of a request. It wants a signature's form but does not check it: that has been done before. */
function requestOf(operation: string, body: string): EventEmitter {
  return Object.assign(Readable.from([Buffer.from(body)]), {
    method: 'POST',
    url: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': 'checked',
      authorization: 'AWS4-HMAC-SHA256 Credential=checked, SignedHeaders=checked, Signature=checked',
    },
  });
}
