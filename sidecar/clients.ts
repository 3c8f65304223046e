import { readFileSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { parseJsonObject } from '../contract/json.ts';
import { bad, type Environment } from '../contract/read-setting.ts';

/** How metrics and log lines name a client. */
const NAME = /^[a-z][a-z0-9-]{0,31}$/;

/**
 * What says who a client is, and where it is met. In a table none of it is taken from the process's own environment: a client
 * that forgot to say who it is would be another.
 */
const OWN = /^(?:TOLLGATE_(?!URL$|ISSUER$)\w+|SIDECAR_(?:SOCKET|AUTHORIZATION_FILE)|PORT)$/;

/**
 * SIDECAR_CLIENTS, as JSON or a path to a file of it: `{"billing": {"SIDECAR_SOCKET": "/run/tollgate/billing.sock",
 * "TOLLGATE_CLIENT_ID": ...}}`. Each is the environment of a sidecar that would serve this client alone.
 *
 * @param known every variable that there is
 * @param read of such an environment
 * @returns by name; undefined without the setting
 * @throws TollgateError `bad_setting` naming the client and the variable, with a line for each that is wrong
 */
export function readClients<T>(
  env: Environment,
  known: ReadonlySet<string>,
  read: (env: Environment) => T,
): ReadonlyMap<string, T> | undefined {
  const { SIDECAR_CLIENTS: setting } = env;
  if (!setting) return undefined;
  const table = tableOf(setting);
  const beside = Object.keys(env).filter((name) => known.has(name) && OWN.test(name) && env[name]);
  if (beside.length > 0) throw bad(beside.join(', '), 'belongs to a client where there is SIDECAR_CLIENTS');

  const lines: string[] = [];
  const clients = new Map<string, T>();
  const taken = new Set<string>();
  for (const [name, given] of Object.entries(table)) {
    try {
      const own = environmentOf(given, known);
      const socket = own.SIDECAR_SOCKET ?? '';
      if (!NAME.test(name)) throw bad('the name', 'must be a-z, 0-9 and "-", 32 at most, beginning with a letter');
      if (!isAbsolute(socket)) throw bad('SIDECAR_SOCKET', 'must be an absolute path');
      for (const file of ['SIDECAR_SOCKET', 'SIDECAR_AUTHORIZATION_FILE']) {
        const { [file]: path } = own;
        if (path === undefined) continue;
        if (taken.has(resolve(path))) throw bad(file, 'is another client’s, too');
        taken.add(resolve(path));
      }
      clients.set(name, read({ ...env, SIDECAR_CLIENTS: undefined, ...own }));
    } catch (error) {
      if (!isTollgateError(error, 'bad_setting')) throw error;
      for (const line of error.publicMessage.split('\n')) lines.push(`SIDECAR_CLIENTS.${name}: ${line}`);
    }
  }
  if (clients.size === 0 && lines.length === 0) throw bad('SIDECAR_CLIENTS', 'names no client');
  if (lines.length > 0)
    throw new TollgateError('bad_setting', {
      field: 'SIDECAR_CLIENTS',
      reason: 'bad-setting',
      message: lines.join('\n'),
    });
  return clients;
}

function tableOf(setting: string): Record<string, unknown> {
  let text = setting;
  try {
    if (!setting.trimStart().startsWith('{')) text = readFileSync(setting, 'utf8');
    return parseJsonObject(text, 'SIDECAR_CLIENTS');
  } catch (cause) {
    if (isTollgateError(cause))
      throw bad('SIDECAR_CLIENTS', `is not right: ${cause.publicMessage.replace(/\.$/, '')}`, cause);
    throw bad(
      'SIDECAR_CLIENTS',
      `is no JSON, and no file that can be read (${(cause as { code?: string }).code})`,
      cause,
    );
  }
}

function environmentOf(given: unknown, known: ReadonlySet<string>): Record<string, string> {
  if (given === null || typeof given !== 'object' || Array.isArray(given))
    throw bad('it', 'must be an object of variables');
  for (const [name, value] of Object.entries(given)) {
    if (!known.has(name) || name === 'SIDECAR_CLIENTS' || name === 'PORT') throw bad(name, 'is no setting of a client');
    if (typeof value !== 'string') throw bad(name, 'must be a text');
  }
  return given as Record<string, string>;
}
