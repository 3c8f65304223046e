import { devNull } from 'node:os';
import type { Environment } from '../contract/read-setting.ts';
import type { FunctionName } from '../policies/roles.ts';
import {
  ANSWERS_TABLE,
  BUCKET,
  CONTEXT_KEY,
  COUNTERS_TABLE,
  EVENT_BUS,
  KEYS_SECRET,
  KEYS_TABLE,
  roleName,
  STAGE,
  TABLE,
} from './aws/roles.ts';
import type { Credentials } from './aws/sessions.ts';

/** What the functions' settings need to know about the stack around them. */
export interface Surroundings {
  /** Base URL of the local AWS endpoint. */
  awsUrl: string;
  /** 12 digits. */
  account: string;
  region: string;
  /** The authorizer's TOLLGATE_ISSUERS: its JSON items. */
  issuers: readonly object[];
  /** Seconds for which the front keeps an authorizer's answer. */
  authorizerTtlSeconds: number;
  /** Whether a broker assumes the invoker role in the invoke function's place. */
  broker: boolean;
  /** Days for which keys of the gateway are good at most; undefined: there are none. */
  keyMaxDays?: number | undefined;
  /** Roles of other accounts, or patterns of them, that calls may run under; undefined: all run in the stage's own. */
  spokes?: readonly string[] | undefined;
  /** Whose pages may call from a browser. */
  corsOrigins: readonly string[];
  /** As `/ai`; '' for none. */
  basePath: string;
  /** Whether answers are kept for who asks for it, and not in the background alone. */
  storeResponses?: boolean | undefined;
  /** How calls of models of several places are spread, as JSON; undefined: as everywhere. */
  routingJson?: string | undefined;
  /** Whether callers are told in which region they were answered, and at which attempt. */
  tellRoute?: boolean | undefined;
  /** Whether they tell each other of places that cool. */
  sharedHealth?: boolean | undefined;
  /** The variables of OpenTelemetry; undefined: none names a collector of spans. */
  otel?: Environment | undefined;
  /** Base URL of another Bedrock Runtime than that of the local endpoint. */
  bedrockUrl?: string | undefined;
}

/**
 * A function's environment variables, the ones that Lambda and the template set: its settings, its region, the credentials
 * of its own role. Where AWS is, is told to the SDK in its own variables, so no handler knows that it is local.
 */
export function environmentOf(
  name: FunctionName,
  {
    awsUrl,
    account,
    region,
    issuers,
    authorizerTtlSeconds,
    broker,
    keyMaxDays,
    spokes,
    corsOrigins,
    basePath,
    storeResponses,
    routingJson,
    tellRoute,
    sharedHealth,
    otel,
    bedrockUrl,
  }: Surroundings,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Record<string, string> {
  const ttl = { TOLLGATE_AUTHORIZER_TTL: String(authorizerTtlSeconds) };
  const role = { TOLLGATE_INVOKER_ROLE_ARN: `arn:aws:iam::${account}:role/${roleName('invoker')}` };
  const assuming = { ...role, ...(spokes === undefined ? {} : { TOLLGATE_SPOKES: spokes.join() }) };
  const contextKey = { TOLLGATE_CONTEXT_KEY: CONTEXT_KEY };
  const keys: Record<string, string> =
    keyMaxDays === undefined
      ? {}
      : {
          TOLLGATE_KEYS_TABLE: KEYS_TABLE,
          TOLLGATE_KEYS_SECRET: KEYS_SECRET,
          TOLLGATE_KEY_MAX_DAYS: String(keyMaxDays),
        };
  const base = basePath === '' ? {} : { TOLLGATE_BASE_PATH: basePath.slice(1) };
  const counters = { TOLLGATE_COUNTERS_TABLE: COUNTERS_TABLE };
  const own: Record<FunctionName, Record<string, string>> = {
    admin: { ...contextKey, ...keys, ...base, ...counters, TOLLGATE_BUCKET: BUCKET, TOLLGATE_SYNC: 'true' },
    authorizer: { TOLLGATE_ISSUERS: JSON.stringify(issuers), ...contextKey, ...keys, ...ttl },
    broker: { TOLLGATE_ISSUERS: JSON.stringify(issuers), ...keys, ...ttl, ...assuming },
    invoke: {
      ...counters,
      ...base,
      TOLLGATE_ANSWERS_TABLE: ANSWERS_TABLE,
      ...(storeResponses ? { TOLLGATE_STORE_RESPONSES: 'true' } : {}),
      ...(routingJson === undefined ? {} : { TOLLGATE_ROUTING: routingJson }),
      ...(tellRoute ? { TOLLGATE_TELL_ROUTE: 'true' } : {}),
      ...(sharedHealth ? { TOLLGATE_SHARED_HEALTH: 'true' } : {}),
      ...otel,
      TOLLGATE_EVENT_BUS: EVENT_BUS,
      ...contextKey,
      ...ttl,
      ...assuming,
      ...(broker ? { TOLLGATE_BROKER_FUNCTION: roleName('broker') } : {}),
      ...(corsOrigins.length === 0 ? {} : { TOLLGATE_CORS_ORIGINS: corsOrigins.join() }),
      ...(bedrockUrl === undefined ? {} : { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrockUrl }),
    },
    metering: { ...counters, TOLLGATE_BUCKET: BUCKET, TOLLGATE_EVENT_BUS: EVENT_BUS },
    seal: {},
    sync: {},
    alerts: {},
    pages: {},
    pool: {},
  };
  return {
    AWS_ENDPOINT_URL: awsUrl,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    // A Lambda has no such files; without this, the developer's own ~/.aws would take part.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    TZ: ':UTC',
    TOLLGATE_STAGE: STAGE,
    TOLLGATE_TABLE: TABLE,
    ...own[name],
  };
}

/** What the container is told, which is the authorizer and the invoke function in one process: both, but for the seal between them. */
export function containerEnvironment(surroundings: Surroundings, credentials: Credentials): Record<string, string> {
  const { TOLLGATE_CONTEXT_KEY: _, ...variables } = {
    ...environmentOf('authorizer', surroundings, credentials),
    ...environmentOf('invoke', surroundings, credentials),
  };
  return variables;
}
