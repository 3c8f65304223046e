import { type ConsoleSettings, parseConsole } from '../contract/console.ts';
import { CALL_TOTAL_MS } from '../contract/limits/invoke.ts';
import { bad, type Environment, json, readAll, required, wholeNumber } from '../contract/read-setting.ts';
import {
  type AuthorizerSettings,
  authorizerSettings,
  authorizerTtlSeconds,
  catalog,
  flag,
  type InvokeSettings,
  invokeSettings,
} from '../contract/settings.ts';
import { partitionOf } from '../policies/partition.ts';

/** What the container is told: what the two functions are that it holds, and where it listens. */
export interface ServerSettings {
  authorizer: AuthorizerSettings;
  invoke: InvokeSettings;
  /** 0 to 65,535; 0 lets the system choose. */
  port: number;
  /** The address to bind. */
  host: string;
  /** Seconds for which an authorizer's answer is kept; 0 asks for every call. */
  authorizerTtlSeconds: number;
  /** Proxies in front, each of which adds to X-Forwarded-For whom it was asked by; what stands before those is anybody's. */
  proxies: number;
  /** Whether it serves the registry's API, too. */
  admin: boolean;
  /** Bucket of usage, for that API; undefined: it tells nothing of use. */
  bucket: string | undefined;
  /** Of the console; undefined: it serves none. */
  console: ConsoleSettings | undefined;
  /** As AdminSettings' has it. */
  catalog: { endpoint?: string } | undefined;
  /** Milliseconds for calls in flight when it is told to stop. */
  graceMs: number;
}

/**
 * @param env the functions' own variables, AWS_REGION, PORT (8080), HOST (127.0.0.1), TOLLGATE_PROXIES (0), TOLLGATE_ADMIN, TOLLGATE_BUCKET,
 *   TOLLGATE_SYNC, TOLLGATE_CONSOLE (JSON), TOLLGATE_GRACE_MS (25,000)
 * @throws TollgateError `bad_setting` naming the variable, with a line for each that is wrong
 */
export function serverSettings(env: Environment): ServerSettings {
  const { sdk: _, ...settings } = readAll<ServerSettings & { sdk: unknown }>({
    authorizer: () => authorizerSettings(env),
    invoke: () => invokeSettings(env),
    sdk: () => checkSdk(env),
    port: () => wholeNumber(env, 'PORT', 0, 65_535, 8080),
    host: () => env.HOST || '127.0.0.1',
    authorizerTtlSeconds: () => authorizerTtlSeconds(env),
    proxies: () => wholeNumber(env, 'TOLLGATE_PROXIES', 0, 10, 0),
    admin: () => flag(env, 'TOLLGATE_ADMIN'),
    bucket: () => env.TOLLGATE_BUCKET || undefined,
    console: () => (env.TOLLGATE_CONSOLE ? parseConsole(json(env, 'TOLLGATE_CONSOLE'), 'TOLLGATE_CONSOLE') : undefined),
    catalog: () => catalog(env),
    // ECS and Kubernetes kill 30 s after they ask, if they are not told otherwise.
    graceMs: () => wholeNumber(env, 'TOLLGATE_GRACE_MS', 0, CALL_TOTAL_MS, 25_000),
  });
  return Object.freeze(settings);
}

/** What Lambda sets for the SDK, which reads it by itself, and would miss it with the first call alone. */
function checkSdk(env: Environment): void {
  const endpoints = Object.keys(env).filter((name) => name.startsWith('AWS_ENDPOINT_URL'));
  readAll({
    region: () => {
      if (partitionOf(required(env, 'AWS_REGION')) === undefined) throw bad('AWS_REGION', 'must be a region of AWS');
    },
    ...Object.fromEntries(endpoints.map((name) => [name, () => checkEndpoint(env, name)])),
  });
}

function checkEndpoint(env: Environment, name: string): void {
  const { [name]: value = '' } = env;
  const { protocol = '' } = (URL.canParse(value) && new URL(value)) || {};
  if (value !== '' && !/^https?:$/.test(protocol)) throw bad(name, 'must be the URL of an endpoint');
}
