import { CALL_TOTAL_MS } from '../contract/limits/invoke.ts';
import {
  type AuthorizerSettings,
  authorizerSettings,
  authorizerTtlSeconds,
  type Environment,
  type InvokeSettings,
  invokeSettings,
  wholeNumber,
} from '../contract/settings.ts';

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
  /** Milliseconds for calls in flight when it is told to stop. */
  graceMs: number;
}

/**
 * @param env the functions' own variables, PORT (8080), HOST (127.0.0.1), TOLLGATE_GRACE_MS (25,000)
 * @throws TollgateError `bad_setting` naming the variable
 */
export function serverSettings(env: Environment): ServerSettings {
  return Object.freeze({
    authorizer: authorizerSettings(env),
    invoke: invokeSettings(env),
    port: wholeNumber(env, 'PORT', 0, 65_535, 8080),
    host: env.HOST || '127.0.0.1',
    authorizerTtlSeconds: authorizerTtlSeconds(env),
    // ECS and Kubernetes kill 30 s after they ask, if they are not told otherwise.
    graceMs: wholeNumber(env, 'TOLLGATE_GRACE_MS', 0, CALL_TOTAL_MS, 25_000),
  });
}
