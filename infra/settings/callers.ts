import { parseIssuers } from '../../contract/issuer.ts';
import { AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS } from '../../contract/limits/contract.ts';
import { KEY_DAYS_CEILING, KEY_DAYS_MAX } from '../../contract/limits/keys.ts';
import { isOrigin } from '../../contract/settings.ts';
import { type At, bad, flag, type Group, isOff, json, PREFIX, whole } from './setting.ts';
import type { StageSettings } from './stage.ts';

/** Who may call. */
export interface CallerSettings {
  /** The value of TOLLGATE_ISSUERS, checked. */
  issuersJson: string;
  /** Seconds; 0 asks the authorizer for every call. */
  authorizerTtlSeconds: number;
  /** Whose pages may call from a browser; none: nobody's. */
  corsOrigins: readonly string[];
  /** Days for which keys of the gateway are good at most; undefined: the stage has none. */
  keyMaxDays: number | undefined;
  /** Whether the registry has an API beside the command line. */
  admin: boolean;
}

/** Bytes. Lambda takes 4 KB for all of a function's environment; the other names and values take under 600. */
export const ISSUERS_MAX_BYTES = 3_400;

export const CALLER_GROUP: Group<CallerSettings, StageSettings> = {
  told: {
    issuers: {
      values: 'a list ([identity.md](identity.md))',
      makes: 'nothing',
      costs: 'nothing',
      security: 'whose tokens are believed, and which claim is the tenant',
    },
    authorizerTtlSeconds: {
      values: `0 to ${AUTHORIZER_TTL_MAX_SECONDS}; ${AUTHORIZER_TTL_SECONDS}`,
      makes: 'how long a decision is kept',
      costs: '0: the authorizer runs at every call, about $2 a million',
      security: 'a revoked grant is good for at most so long',
    },
    corsOrigins: {
      values: 'a list of origins; none',
      makes: 'answers to preflight requests',
      costs: 'nothing',
      security: 'pages of these origins may call with a token that they have',
    },
    keys: {
      values: '`true`, `false` (default)',
      makes: 'a table and a secret for keys of the gateway ([keys.md](keys.md))',
      costs: '$0.40 a month',
      security: 'a secret that does not expire by itself within minutes is accepted beside tokens',
    },
    keyMaxDays: {
      values: `1 to ${KEY_DAYS_CEILING}; ${KEY_DAYS_MAX}`,
      makes: 'nothing',
      costs: 'nothing',
      security: 'how long a key is good at most',
    },
    admin: {
      values: '`true`, `false` (default)',
      makes: 'a function and the path `/admin` ([admin.md](admin.md))',
      costs: 'calls of it alone',
      security: 'the one function that writes the registry, for roles in tokens',
    },
  },
  read(at) {
    // Checked also where there are no keys, so that turning them on meets no surprise.
    const keyMaxDays = whole(at, 'keyMaxDays', 1, KEY_DAYS_CEILING, KEY_DAYS_MAX);
    return {
      issuersJson: issuers(at),
      authorizerTtlSeconds: whole(at, 'authorizerTtlSeconds', 0, AUTHORIZER_TTL_MAX_SECONDS, AUTHORIZER_TTL_SECONDS),
      corsOrigins: origins(at),
      keyMaxDays: flag(at, 'keys', false) ? keyMaxDays : undefined,
      admin: flag(at, 'admin', false),
    };
  },
};

function origins(at: At): string[] {
  const value = at('corsOrigins');
  if (value === undefined) return [];
  const list = typeof value === 'string' ? value.split(',').map((origin) => origin.trim()) : value;
  const key = `${PREFIX}corsOrigins`;
  if (!Array.isArray(list)) throw bad(key, 'must be a list of origins');
  for (const [index, origin] of list.entries())
    if (typeof origin !== 'string' || !isOrigin(origin))
      throw bad(`${key}[${index}]`, 'must be an origin such as https://app.example, without a path');
  return list;
}

function issuers(at: At): string {
  const key = `${PREFIX}issuers`;
  // A user pool of the stage's own is one.
  const hasPool = !isOff(at('cognito'));
  const value = at('issuers') ?? (hasPool ? [] : undefined);
  const parsed = parseIssuers(typeof value === 'string' ? json(value, key) : value, key);
  if (parsed.length === 0 && !hasPool) throw bad(key, 'must list at least one issuer');
  parsed.forEach((issuer, index) => {
    for (const member of ['issuer', 'jwksUri'] as const)
      if (issuer[member]?.startsWith('http:')) throw bad(`${key}[${index}].${member}`, 'must be https');
  });
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  if (Buffer.byteLength(written) > ISSUERS_MAX_BYTES)
    throw bad(
      key,
      `must take at most ${ISSUERS_MAX_BYTES} bytes as JSON, for a function's environment is small: "tenants": "registry" keeps clients elsewhere`,
    );
  return written;
}
