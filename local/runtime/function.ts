import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import type { ErrorReport, FromWorker, ToWorker, WorkerData } from './messages.ts';
import { Turns } from './turns.ts';

export interface FunctionOptions {
  /** As in AWS, e.g. `tollgate-local-invoke`. */
  name: string;
  /** The module that exports `handler`. */
  handler: URL;
  /** All that the handler sees as `process.env`, but for Node's own variable of the cache; nothing is inherited. */
  env: Readonly<Record<string, string>>;
  /** The tenant that the environment belongs to, as the handler's context says; absent: to all. */
  tenantId?: string;
  /** One line that the handler wrote on stdout or stderr. */
  onLine(line: string): void;
  /** Where Node keeps compiled code from one start to the next; absent: nowhere. */
  cacheDir?: string;
}

/**
 * Calls of `call` that an environment has at once. Lambda gives an environment one at a time, so a handler's own time limits
 * (2 s for a registry read) are for a machine that does nothing else; a burst that all began at once would spend them
 * waiting for each other. More than one, so that their waits for the table overlap.
 */
const CALLS_AT_ONCE = 8;

/**
 * Milliseconds between two looks at whether those calls only wait, as for an issuer that does not answer, and the part of the
 * time below which nobody computes. Then all begin: in Lambda each would have an environment, and wait for no other.
 */
const LOOK_MS = 50;
const IDLE_UTILIZATION = 0.5;

/** What reads a streamed answer. None of these is called again after `failed` or `ended`. */
export interface StreamReader {
  /** `taken` must be called once these bytes have gone on: it lets as many more come. */
  chunk(bytes: Uint8Array, taken: () => void): void;
  ended(): void;
  failed(error: FunctionError): void;
}

/** The handler threw, could not be loaded, or its environment died. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  /** The name of what the handler threw, or `EnvironmentError`. */
  readonly errorType: string;

  constructor({ name, message }: ErrorReport) {
    super(message);
    this.errorType = name;
  }
}

interface Invocation {
  resolve(value: unknown): void;
  reject(error: FunctionError): void;
  reader?: StreamReader | undefined;
}

/** A Lambda function on this machine: the same handler file, in an environment of its own. */
export class LocalFunction {
  readonly #options: FunctionOptions;
  readonly #turns = new Turns(CALLS_AT_ONCE);
  readonly #invocations = new Map<number, Invocation>();
  #worker: Worker | undefined;
  #ready: Promise<void> | undefined;
  readonly #syncs = new Map<number, () => void>();
  #lastId = 0;
  #idle: (() => void) | undefined;
  #looking: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: FunctionOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  /** Starts the environment if there is none. @throws FunctionError when the handler cannot be loaded */
  start(): Promise<void> {
    this.#ready ??= this.#boot();
    return this.#ready;
  }

  /** @param event what JSON can hold @throws FunctionError with the handler's own message */
  call(event: unknown, requestId: string): Promise<unknown> {
    const called = this.#turns.take(async () => {
      if (this.#stopping !== undefined)
        throw new FunctionError({ name: 'EnvironmentError', message: `${this.name} is stopping` });
      await this.start();
      return new Promise((resolve, reject) => this.#invoke(JSON.stringify(event), requestId, { resolve, reject }));
    });
    if (this.#turns.waiting > 0) this.#look();
    return called;
  }

  #look(): void {
    if (this.#looking !== undefined) return;
    // On this thread is the table that they may wait for.
    const loops = [performance, ...(this.#worker === undefined ? [] : [this.#worker.performance])];
    const before = loops.map((loop) => loop.eventLoopUtilization());
    this.#looking = setTimeout(() => {
      this.#looking = undefined;
      const busy = loops.map((loop, i) => loop.eventLoopUtilization(before[i]).utilization);
      if (loops.length === 2 && Math.max(...busy) < IDLE_UTILIZATION) this.#turns.hurry();
      if (this.#turns.waiting > 0) this.#look();
    }, LOOK_MS);
  }

  /**
   * Invokes a streaming handler.
   *
   * @param event JSON text
   * @returns resolves when the handler has returned, which may be after the reader saw the end; never rejects
   */
  async stream(event: string, requestId: string, reader: StreamReader): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      reader.failed(error as FunctionError);
      return;
    }
    await new Promise<void>((resolve) => {
      const settle = () => resolve();
      this.#invoke(event, requestId, { resolve: settle, reject: settle, reader });
    });
  }

  /** Waits for running invocations and for their last line on stdout, up to `graceMs` milliseconds, then ends the environment. */
  stop(graceMs: number): Promise<void> {
    this.#stopping ??= this.#stop(graceMs);
    return this.#stopping;
  }

  /** Resolves once every line that the handler has written so far has been given to `onLine`. */
  async sync(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    await this.#ready?.catch(() => {});
    await new Promise<void>((resolve) => {
      const id = ++this.#lastId;
      this.#syncs.set(id, resolve);
      worker.postMessage({ kind: 'sync', id } satisfies ToWorker);
    });
  }

  /** Ends the environment of a function that is seldom called, when nothing of it runs: the next call gets a new one. */
  async rest(): Promise<void> {
    await this.sync();
    await this.#worker?.terminate();
  }

  async #stop(graceMs: number): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    const idle = async (): Promise<void> => {
      if (this.#invocations.size === 0) return;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    };
    await Promise.race([idle().then(() => this.sync()), late]);
    clearTimeout(timer);
    await worker.terminate();
  }

  #invoke(event: string, requestId: string, invocation: Invocation): void {
    const id = ++this.#lastId;
    this.#invocations.set(id, invocation);
    this.#worker?.postMessage({ kind: 'invoke', id, event, requestId } satisfies ToWorker);
  }

  #boot(): Promise<void> {
    const { name, handler, env, onLine, tenantId, cacheDir } = this.#options;
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name,
      // For the worker's own file, too: with one that is compiled, the thread does without TypeScript's compiler, and 14 MB.
      env: { ...env, ...(cacheDir === undefined ? {} : { NODE_COMPILE_CACHE: cacheDir }) },
      execArgv: [],
      stdout: true,
      stderr: true,
      workerData: { functionName: name, handler: handler.href, tenantId } satisfies WorkerData,
    });
    this.#worker = worker;
    createInterface({ input: worker.stdout }).on('line', onLine);
    createInterface({ input: worker.stderr }).on('line', onLine);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'broken') reject(new FunctionError(message.error));
        else this.#receive(worker, message);
      });
      const died = (message: string): void => {
        const error = new FunctionError({ name: 'EnvironmentError', message });
        reject(error);
        if (this.#worker === worker) this.#lose(error);
      };
      worker.on('error', (error: Error) => died(error.message));
      worker.on('exit', () => died(`${name} has exited`));
    });
  }

  #receive(worker: Worker, message: FromWorker): void {
    if (!('id' in message)) return;
    const { id } = message;
    if (message.kind === 'synced') {
      this.#syncs.get(id)?.();
      this.#syncs.delete(id);
      return;
    }
    const invocation = this.#invocations.get(id);
    if (invocation === undefined) return;
    const { reader } = invocation;
    switch (message.kind) {
      case 'result':
        invocation.resolve(message.value);
        return;
      case 'chunk': {
        const bytes = message.bytes.length;
        reader?.chunk(message.bytes, () => worker.postMessage({ kind: 'taken', id, bytes } satisfies ToWorker));
        return;
      }
      case 'end':
        reader?.ended();
        invocation.reader = undefined;
        return;
      case 'failed': {
        const error = new FunctionError(message.error);
        reader?.failed(error);
        invocation.reader = undefined;
        invocation.reject(error);
        return;
      }
      case 'done':
        invocation.resolve(undefined);
        this.#forget(id);
    }
  }

  #forget(id: number): void {
    this.#invocations.delete(id);
    if (this.#invocations.size === 0) this.#idle?.();
  }

  /** The environment died: its calls fail, and the next one gets a new environment, as in Lambda. */
  #lose(error: FunctionError): void {
    this.#worker = undefined;
    this.#ready = undefined;
    for (const resolve of this.#syncs.values()) resolve();
    this.#syncs.clear();
    for (const [id, { reader, reject }] of [...this.#invocations]) {
      reader?.failed(error);
      reject(error);
      this.#forget(id);
    }
  }
}
