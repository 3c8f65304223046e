import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TollgateError } from '../contract/errors.ts';
import { parseIssuers } from '../contract/issuer.ts';
import { otlpSettings } from '../contract/otlp.ts';
import { type Environment, wholeNumber } from '../contract/read-setting.ts';
import { authorizerTtlSeconds, basePath, corsOrigins, keyMaxDays, otel, stageRouting } from '../contract/settings.ts';
import { spokesIn } from '../contract/spoke-list.ts';
import { LOCAL_HUB, SPOKE_ACCOUNT } from './accounts.ts';

export interface LocalSettings {
  /** The gateway's port; the identity provider has the next one, the AWS endpoint the one after. */
  port: number;
  /** Absolute path of the folder that outlives a restart. */
  dataDir: string;
  /** Issuers trusted beside the local one: the setting's own JSON items, checked. */
  issuers: readonly { issuer: string }[];
  /** Seconds, 0 to 300. */
  authorizerTtlSeconds: number;
  /** Where Node keeps compiled code from one start to the next; absent: nowhere. */
  cacheDir?: string;
  /** Base URL of another Bedrock Runtime than the local one. Not a variable: only the benchmark puts its own there. */
  bedrockUrl?: string;
  /** Whether a broker assumes the invoker role in the invoke function's place. */
  broker: boolean;
  /** Whether each tenant has an environment of the invoke function to itself. */
  tenantIsolation: boolean;
  /** Days for which keys of the gateway are good at most; absent: there are none. */
  keyMaxDays?: number;
  /** As `/ai`: below it the front is a custom domain that maps it, and elsewhere the API's own address; '' for none. */
  basePath: string;
  /** Roles of other accounts, or patterns of them, that calls may run under; absent or none: all run in the stage's own. */
  spokes?: readonly string[];
  /** Whose pages may call from a browser. */
  corsOrigins: readonly string[];
  /** Whether answers are kept for who asks for it, and not in the background alone. */
  storeResponses?: boolean;
  /** How calls of models of several places are spread, as JSON. */
  routingJson?: string;
  /** Whether callers are told in which region they were answered, and at which attempt. */
  tellRoute?: boolean;
  /** Whether the functions' processes tell each other of places that cool. */
  sharedHealth?: boolean;
  /** The variables of OpenTelemetry, where they name a collector of spans. */
  otel?: Environment;
  /** Also print the functions' own log lines. */
  verbose: boolean;
}

/**
 * The laptop's settings.
 *
 * @param env PORT, TOLLGATE_DATA, TOLLGATE_ISSUERS, TOLLGATE_AUTHORIZER_TTL, TOLLGATE_BROKER,
 *   TOLLGATE_TENANT_ISOLATION, TOLLGATE_KEYS, TOLLGATE_KEY_MAX_DAYS, TOLLGATE_BASE_PATH, TOLLGATE_SPOKES, TOLLGATE_CORS_ORIGINS, TOLLGATE_STORE_RESPONSES,
 *   TOLLGATE_ROUTING, TOLLGATE_TELL_ROUTE, TOLLGATE_SHARED_HEALTH, TOLLGATE_VERBOSE, OpenTelemetry's, and Node's own
 *   NODE_COMPILE_CACHE
 * @throws TollgateError `bad_setting` naming the variable
 */
export function localSettings(env: Environment): LocalSettings & { cacheDir: string } {
  const dataDir = resolve(env.TOLLGATE_DATA || '.tollgate');
  return Object.freeze({
    // The two services beside it need the next two ports.
    port: wholeNumber(env, 'PORT', 1, 65_533, 8787),
    dataDir,
    issuers: Object.freeze(issuers(env.TOLLGATE_ISSUERS)),
    authorizerTtlSeconds: authorizerTtlSeconds(env),
    // Not the temporary folder, where it would be by default: others may write there, and this is code.
    cacheDir: env.NODE_COMPILE_CACHE || join(dataDir, 'compiled'),
    broker: isOn(env.TOLLGATE_BROKER),
    tenantIsolation: isOn(env.TOLLGATE_TENANT_ISOLATION),
    // Here it costs nothing, and a key is as quickly tried as a token.
    ...(isOn(env.TOLLGATE_KEYS ?? '1') ? { keyMaxDays: keyMaxDays(env) } : {}),
    basePath: basePath(env),
    spokes: spokes(env),
    corsOrigins: corsOrigins(env),
    storeResponses: isOn(env.TOLLGATE_STORE_RESPONSES),
    ...routingOf(env),
    // Here there is nobody to whom it says too much.
    tellRoute: isOn(env.TOLLGATE_TELL_ROUTE ?? '1'),
    sharedHealth: isOn(env.TOLLGATE_SHARED_HEALTH),
    ...otelOf(env),
    verbose: isOn(env.TOLLGATE_VERBOSE),
  });
}

/** Unless told: the second account, where whatever is tried costs nothing. */
function spokes({ TOLLGATE_SPOKES = SPOKE_ACCOUNT }: Environment): readonly string[] {
  return spokesIn({ TOLLGATE_SPOKES }, LOCAL_HUB);
}

function routingOf(env: Environment): { routingJson?: string } {
  const routing = stageRouting(env);
  return Object.keys(routing).length === 0 ? {} : { routingJson: JSON.stringify(routing) };
}

/** Checked here, where there is a terminal to say what is wrong. */
function otelOf(env: Environment): { otel?: Environment } {
  const { AWS_ENDPOINT_URL: _, AWS_ENDPOINT_URL_SECRETS_MANAGER: __, ...found } = otel(env) ?? {};
  if (Object.keys(found).length === 0) return {};
  otlpSettings(found, '');
  return { otel: found };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false'].includes(value);
}

function issuers(value: string | undefined): { issuer: string }[] {
  if (value === undefined || value.trim() === '') return [];
  const text = value.trimStart().startsWith('[') ? value : fileText(value);
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch (cause) {
    throw bad('is not JSON', cause);
  }
  parseIssuers(items);
  return items as { issuer: string }[];
}

function fileText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw bad(`is neither a JSON array nor a file that can be read: ${JSON.stringify(path.slice(0, 200))}`, cause);
  }
}

function bad(what: string, cause: unknown): TollgateError {
  const field = 'TOLLGATE_ISSUERS';
  return new TollgateError('bad_setting', { field, reason: 'bad-issuers', message: `${field} ${what}.`, cause });
}
