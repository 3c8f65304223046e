import { FunctionError, type LocalFunction, type StreamReader } from './function.ts';

/** What is needed of an environment. */
export type Environment = Pick<LocalFunction, 'start' | 'stream' | 'sync' | 'stop'>;

interface Held {
  environment: Environment;
  running: number;
}

/** Environments at once. Each is a thread with a whole handler in it; beyond it an idle one makes room. */
const ENVIRONMENTS_MAX = 8;

/** Milliseconds for the last lines of an environment that makes room. */
const LEAVE_MS = 1_000;

/**
 * A function with tenant isolation (`TenancyConfig: PER_TENANT`): an environment serves one tenant and no other, ever. At
 * most so many are held; the one that was idle longest ends when another tenant needs its place, and where all are busy
 * the call waits.
 */
export class TenantFunction {
  readonly #create: (tenantId: string) => Environment;
  readonly #max: number;
  // The first is the least recently used.
  readonly #held = new Map<string, Held>();
  readonly #leaving = new Set<Promise<void>>();
  #waiting: (() => void)[] = [];
  #stopping: Promise<void> | undefined;

  /** @param create an environment for one tenant, not yet started */
  constructor(create: (tenantId: string) => Environment, max = ENVIRONMENTS_MAX) {
    this.#create = create;
    this.#max = max;
  }

  /** Starts one environment, so that a handler that cannot be loaded is found now. @throws FunctionError */
  async start(tenantId: string): Promise<void> {
    await this.#of(tenantId).environment.start();
  }

  /** As of LocalFunction, in the tenant's own environment. */
  async stream(event: string, requestId: string, reader: StreamReader, tenantId: string): Promise<void> {
    const held = await this.#take(tenantId);
    if (held === undefined) {
      reader.failed(new FunctionError({ name: 'EnvironmentError', message: 'the function is stopping' }));
      return;
    }
    await held.environment.stream(event, requestId, reader);
    held.running--;
    if (held.running === 0) this.#wake();
  }

  async sync(): Promise<void> {
    await Promise.all([...this.#leaving, ...[...this.#held.values()].map(({ environment }) => environment.sync())]);
  }

  stop(graceMs: number): Promise<void> {
    this.#stopping ??= Promise.all([
      ...this.#leaving,
      ...[...this.#held.values()].map(({ environment }) => environment.stop(graceMs)),
    ]).then(() => undefined);
    this.#wake();
    return this.#stopping;
  }

  /** @returns undefined when the function is stopping */
  async #take(tenantId: string): Promise<Held | undefined> {
    while (this.#stopping === undefined) {
      if (this.#held.has(tenantId) || this.#hasRoom()) {
        const held = this.#of(tenantId);
        held.running++;
        return held;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return undefined;
  }

  #of(tenantId: string): Held {
    const held = this.#held.get(tenantId) ?? { environment: this.#create(tenantId), running: 0 };
    this.#held.delete(tenantId);
    this.#held.set(tenantId, held);
    return held;
  }

  /** Makes it, where it can, by ending the environment that was idle longest. */
  #hasRoom(): boolean {
    if (this.#held.size < this.#max) return true;
    const idle = [...this.#held].find(([, { running }]) => running === 0);
    if (idle === undefined) return false;
    const [tenantId, { environment }] = idle;
    this.#held.delete(tenantId);
    const left = environment.stop(LEAVE_MS).finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
    return true;
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
