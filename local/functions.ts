import { roleName } from './aws/roles.ts';
import type { Credentials } from './aws/sessions.ts';
import { environmentOf, FUNCTIONS, type FunctionName, type Surroundings } from './environment.ts';
import { LocalFunction } from './runtime/function.ts';

export interface FunctionsOptions {
  credentialsFor(roleName: string): Credentials;
  surroundings: Surroundings;
  /** One line that any of them wrote. */
  onLine(line: string): void;
  /** Where Node keeps compiled code. */
  cacheDir: string | undefined;
}

export interface Functions extends Record<FunctionName, LocalFunction> {
  /** Resolves once every line written so far has been taken. */
  sync(): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds for what a function still has to do when no caller waits for it any more. */
const STOP_MS = 1_000;

/** The three functions, each with its own role; each starts when it is first needed. */
export function startFunctions({ credentialsFor, surroundings, onLine, cacheDir }: FunctionsOptions): Functions {
  const create = (name: FunctionName): LocalFunction =>
    new LocalFunction({
      name: roleName(name),
      // The rooms' entry points are named by their path, as the template names them: nobody imports a handler.
      handler: new URL(`../${name}/handler.ts`, import.meta.url),
      env: environmentOf(name, surroundings, credentialsFor(roleName(name))),
      onLine,
      ...(cacheDir === undefined ? {} : { cacheDir }),
    });
  const all = { authorizer: create('authorizer'), invoke: create('invoke'), metering: create('metering') };
  const each = async (act: (fn: LocalFunction) => Promise<void>): Promise<void> => {
    await Promise.all(FUNCTIONS.map((name) => act(all[name])));
  };
  return { ...all, sync: () => each((fn) => fn.sync()), stop: () => each((fn) => fn.stop(STOP_MS)) };
}
