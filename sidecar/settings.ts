import { resolve } from 'node:path';
import { GATEWAY_TOTAL_MS } from '../contract/limits/contract.ts';
import { SIDECAR_GRACE_MS, SIDECAR_PORT } from '../contract/limits/sidecar.ts';
import { distance } from '../contract/nearest.ts';
import { bad, type Environment, readAll, required, wholeNumber } from '../contract/read-setting.ts';
import { authorizationFile } from './authorization.ts';
import { readClients } from './clients.ts';
import type { At } from './socket.ts';
import { TOKEN_SETTINGS, type TokenSettings, tokenSettings } from './token/settings.ts';

export interface SidecarSettings {
  /** The gateway's address; its path, a stage's, stands before that of every call. */
  gateway: URL;
  at: At;
  /** Where the value is written that opens `/credentials`; undefined: where `authorizationFile` says. */
  authorizationFile: string | undefined;
  /** Where tokens come from. */
  tokens: TokenSettings;
  /** Whether `/_sidecar/metrics` is served. */
  metrics: boolean;
  /** Milliseconds for streams under way when it is told to stop. */
  graceMs: number;
  /** Its name in SIDECAR_CLIENTS. */
  client?: string;
}

/**
 * Every variable, and how it is read. PORT is a row without the prefix that tells a misspelt one.
 *
 * @throws TollgateError `bad_setting` naming the variable, with a line for each that is wrong or misspelt
 */
export function sidecarSettings(env: Environment): SidecarSettings {
  const { misspelt: _, ...settings } = readAll<SidecarSettings & { misspelt: undefined }>({
    gateway: () => gateway(env),
    at: () => at(env),
    authorizationFile: () => authorizationSetting(env),
    tokens: () => tokenSettings(env),
    metrics: () => flag(env, 'SIDECAR_METRICS'),
    graceMs: () => wholeNumber(env, 'SIDECAR_GRACE_MS', 0, GATEWAY_TOTAL_MS, SIDECAR_GRACE_MS),
    misspelt: () => checkSpelling(env),
  });
  return Object.freeze(settings);
}

/**
 * Of each sidecar that the process is to run: one, or one for each client of SIDECAR_CLIENTS.
 *
 * @throws TollgateError `bad_setting` as `sidecarSettings` does, naming the client, too
 */
export function allSettings(env: Environment): readonly SidecarSettings[] {
  const clients = readClients(env, new Set(['PORT', ...SIDECAR_VARIABLES]), sidecarSettings);
  if (clients === undefined) return [sidecarSettings(env)];
  return [...clients].map(([client, settings]) => Object.freeze({ ...settings, client }));
}

/** Where a sidecar with this environment is met by the same user's other programs. */
export function meetingPoint(env: Environment): { at: At; file: string } {
  const where = at(env);
  return { at: where, file: authorizationSetting(env) ?? authorizationFile(where) };
}

/** Every variable there is, but PORT. */
export const SIDECAR_VARIABLES: readonly string[] = [
  'TOLLGATE_URL',
  ...Object.keys(TOKEN_SETTINGS),
  ...['SIDECAR_SOCKET', 'SIDECAR_CLIENTS', 'SIDECAR_AUTHORIZATION_FILE', 'SIDECAR_METRICS', 'SIDECAR_GRACE_MS'],
];

/** The gateway's own, where its variables are at hand, too; a letter from one of ours. */
const NOT_OURS = new Set(['TOLLGATE_ISSUERS']);

function gateway(env: Environment): URL {
  const text = required(env, 'TOLLGATE_URL');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw bad('TOLLGATE_URL', 'must be the URL of the gateway, such as https://gateway.example.com');
  // RFC 6750 section 5.3: a bearer token goes over TLS, or never leaves the machine.
  if (url.protocol === 'http:' && !/^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname))
    throw bad('TOLLGATE_URL', 'must begin with https://, or be of this machine: it is sent a token');
  if (url.username + url.password + url.search + url.hash !== '')
    throw bad('TOLLGATE_URL', 'must have no user, query or fragment');
  return url;
}

function at(env: Environment): At {
  const { SIDECAR_SOCKET: socket } = env;
  return socket ? { socket } : { port: wholeNumber(env, 'PORT', 0, 65_535, SIDECAR_PORT) };
}

function authorizationSetting({ SIDECAR_AUTHORIZATION_FILE: file }: Environment): string | undefined {
  // Its name is told to others, who may be elsewhere.
  return file ? resolve(file) : undefined;
}

function flag(env: Environment, name: string): boolean {
  const { [name]: value = '' } = env;
  if (!/^(?:true|false)?$/.test(value)) throw bad(name, 'must be true or false');
  return value === 'true';
}

/** Letters that may be wrong in a name that is taken for a misspelt one. */
const MISTAKES_MAX = 2;

/**
 * Names that are nearly ours. What else begins as ours do is no mistake: Kubernetes makes `TOLLGATE_PORT` and others of a service
 * of that name, and a shell has what is meant for the gateway's other programs.
 */
function checkSpelling(env: Environment): undefined {
  const known: ReadonlySet<string> = new Set(SIDECAR_VARIABLES);
  const wrong = Object.keys(env).flatMap((name) => {
    if (known.has(name) || NOT_OURS.has(name) || !/^(?:TOLLGATE|SIDECAR)_/i.test(name)) return [];
    const meant = SIDECAR_VARIABLES.find((near) => distance(name.toUpperCase(), near) <= MISTAKES_MAX);
    return meant === undefined ? [] : [[name, () => throwMisspelt(name, meant)] as const];
  });
  readAll(Object.fromEntries(wrong));
  return undefined;
}

function throwMisspelt(name: string, meant: string): never {
  throw bad(name, `is no setting; it is ${meant}`);
}
