import { NO_TENANT } from '../contract/identity.ts';
import type { FunctionName } from '../policies/roles.ts';
import { roleName } from './aws/roles.ts';
import type { Credentials } from './aws/sessions.ts';
import { environmentOf, type Surroundings } from './environment.ts';
import { LocalFunction, type StreamReader } from './runtime/function.ts';
import { TenantFunction } from './runtime/tenants.ts';

export interface FunctionsOptions {
  credentialsFor(roleName: string): Credentials;
  surroundings: Surroundings;
  /** Whether each tenant has an environment of the invoke function to itself. */
  tenantIsolation: boolean;
  /** One line that any of them wrote. */
  onLine(line: string): void;
  /** Where Node keeps compiled code. */
  cacheDir: string | undefined;
}

/** The integration of the API. */
export interface InvokeEnvironments {
  start(): Promise<void>;
  stream(event: string, requestId: string, reader: StreamReader, tenantId: string): Promise<void>;
  sync(): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

export interface Functions {
  /** The registry's API. */
  admin: LocalFunction;
  authorizer: LocalFunction;
  /** Undefined without one. */
  broker: LocalFunction | undefined;
  invoke: InvokeEnvironments;
  metering: LocalFunction;
  /** Makes the key new that contexts are sealed with. */
  seal: LocalFunction;
  /** Tells people of what the event bus is told. */
  alerts: LocalFunction;
  /** Resolves once every line written so far has been taken. */
  sync(): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds for what a function still has to do when no caller waits for it any more. */
const STOP_MS = 1_000;

/** The functions, each with its own role; each starts when it is first needed. */
export function startFunctions(options: FunctionsOptions): Functions {
  const { credentialsFor, surroundings, tenantIsolation, onLine, cacheDir } = options;
  const create = (name: FunctionName, tenantId?: string): LocalFunction =>
    new LocalFunction({
      name: roleName(name),
      // The rooms' entry points are named by their path, as the template names them: nobody imports a handler.
      handler: new URL(`../${name}/handler.ts`, import.meta.url),
      env: environmentOf(name, surroundings, credentialsFor(roleName(name))),
      onLine,
      ...(tenantId === undefined ? {} : { tenantId }),
      ...(cacheDir === undefined ? {} : { cacheDir }),
    });
  const admin = create('admin');
  const authorizer = create('authorizer');
  const broker = surroundings.broker ? create('broker') : undefined;
  const invoke = tenantIsolation ? perTenant((tenantId) => create('invoke', tenantId)) : create('invoke');
  const metering = create('metering');
  const seal = create('seal');
  const alerts = create('alerts');
  const all = [admin, authorizer, invoke, metering, seal, alerts, ...(broker === undefined ? [] : [broker])];
  return {
    admin,
    authorizer,
    broker,
    invoke,
    metering,
    seal,
    alerts,
    async sync() {
      await Promise.all(all.map((fn) => fn.sync()));
    },
    async stop() {
      await Promise.all(all.map((fn) => fn.stop(STOP_MS)));
    },
  };
}

function perTenant(create: (tenantId: string) => LocalFunction): InvokeEnvironments {
  const environments = new TenantFunction(create);
  return {
    // Whatever tenant comes first, a handler that cannot be loaded is found at the start.
    start: () => environments.start(NO_TENANT),
    stream: (...call) => environments.stream(...call),
    sync: () => environments.sync(),
    stop: (graceMs) => environments.stop(graceMs),
  };
}

/**
 * The invoke function as whoever holds `lambda:InvokeFunction` calls it, past API Gateway: they write the event.
 *
 * @returns what Lambda's Invoke answers of a streaming function: the bytes of the stream
 */
export function directly(invoke: InvokeEnvironments, event: unknown, requestId: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    const reader: StreamReader = {
      chunk(bytes, taken) {
        chunks.push(bytes);
        taken();
      },
      ended: () => resolve(Buffer.concat(chunks)),
      failed: reject,
    };
    void invoke.stream(JSON.stringify(event), requestId, reader, NO_TENANT);
  });
}
