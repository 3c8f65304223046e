import { nearest } from './nearest.ts';
import type { Environment } from './read-setting.ts';

const BOTH = [
  'ISSUERS',
  'AUTHORIZER_TTL',
  'BASE_PATH',
  'CORS_ORIGINS',
  'STORE_RESPONSES',
  'ROUTING',
  'TELL_ROUTE',
  'SHARED_HEALTH',
  'KEY_MAX_DAYS',
  'SPOKES',
];

/** The variables whose names begin with TOLLGATE_, without that, by the program that reads them. */
const VARIABLES = {
  /** `npm start` */
  local: [...BOTH, 'DATA', 'BROKER', 'TENANT_ISOLATION', 'KEYS', 'VERBOSE'],
  /** The functions, and the container. */
  stage: [
    ...BOTH,
    ...['STAGE', 'TABLE', 'COUNTERS_TABLE', 'ANSWERS_TABLE', 'BUCKET', 'EVENT_BUS', 'INVOKER_ROLE_ARN'],
    ...['BROKER_FUNCTION', 'CONTEXT_KEY', 'ANSWER_MINUTES', 'GRACE_MS', 'FIRST_BYTE_MS', 'STREAM_IDLE_MS'],
    ...['CALL_TOTAL_MS', 'KEYS_TABLE', 'KEYS_SECRET', 'PROVIDERS', 'PROXIES', 'ADMIN', 'OTLP_HEADERS_SECRET'],
    ...['EVALUATION', 'CONSOLE', 'SYNC'],
  ],
  /** `tollgate` */
  cli: ['DATA', 'BUCKET', 'CLIENT_SECRET'],
  /** `tollgate sidecar`, which also tells its own misspelt ones. */
  sidecar: [
    ...['URL', 'ISSUER', 'CLIENT_ID', 'CLIENT_SECRET_FILE', 'CLIENT_SECRET_ARN', 'CLIENT_KEY_FILE', 'TOKEN_FROM'],
    ...['CLIENT_ASSERTION_FILE', 'TOKEN_FILE', 'TOKEN_COMMAND', 'AUDIENCE', 'RESOURCE', 'SCOPE', 'SUBJECT_TOKEN_FILE'],
    'SUBJECT_TOKEN_TYPE',
  ],
} as const;

const PREFIX = 'TOLLGATE_';

/** What Kubernetes gives every container beside a service that is called tollgate. */
const OF_A_SERVICE = /^TOLLGATE_(SERVICE_|PORT(_|$))/;

export const KNOWN_VARIABLES: readonly string[] = [...new Set(Object.values(VARIABLES).flat())].map(
  (name) => PREFIX + name,
);

/**
 * Variables that nobody reads, and the one that each was to be. One that another of our programs reads is none of them, unless it
 * is a letter or two from one that this program reads and was not given.
 *
 * @returns a sentence each
 */
export function misspelt(env: Environment, reader: keyof typeof VARIABLES): string[] {
  const own = VARIABLES[reader].map((name) => PREFIX + name);
  const ungiven = own.filter((name) => env[name] === undefined);
  return Object.keys(env).flatMap((name) => {
    if (!/^TOLLGATE_/i.test(name) || OF_A_SERVICE.test(name) || own.includes(name)) return [];
    const known = KNOWN_VARIABLES.includes(name);
    const meant = nearest(name, ungiven) ?? (known ? undefined : nearest(name, KNOWN_VARIABLES));
    if (known && (meant === undefined || reader !== 'local')) return [];
    return [`${name} is not read by anything here${meant === undefined ? '' : `; did you mean ${meant}?`}`];
  });
}
