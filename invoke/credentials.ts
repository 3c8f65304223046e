import { setTimeout as sleep } from 'node:timers/promises';
import { AssumeRoleCommand, type AssumeRoleCommandOutput, STSClient } from '@aws-sdk/client-sts';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { TollgateError } from '../contract/errors.ts';
import type { Principal, TenantId } from '../contract/identity.ts';
import {
  CREDENTIALS_CACHE_MAX,
  CREDENTIALS_RENEW_BEFORE_MS,
  RETRY_AFTER_SECONDS,
  SESSION_SECONDS,
  STS_ATTEMPTS,
  STS_BACKOFF_MS,
  STS_TIMEOUT_MS,
} from '../contract/limits.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import { sessionNames } from '../policies/name.ts';
import type { SessionPolicy } from '../policies/session.ts';
import type { ScopedCredentials } from './providers/provider.ts';

/** For whom, and for what, a session is. */
export interface Scope {
  tenant: TenantId;
  principal: Principal;
  costCenter: string;
  policy: SessionPolicy;
}

/**
 * @param expired credentials that AWS has just called expired: they are not given again
 * @throws TollgateError `unavailable` (sts-timeout | sts-throttled | sts-unreachable) when STS could not be asked;
 *   `internal` (sts-access-denied | sts-policy-too-large | sts-policy-malformed | sts-rejected | sts-answer-incomplete |
 *   sts-answer-expired | policy-missing) when it refused, which no repetition mends. Never the function's own rights
 */
export type Credentials = (scope: Scope, expired?: ScopedCredentials) => Promise<ScopedCredentials>;

/** The one operation used of STS. */
export interface AssumesRole {
  send(command: AssumeRoleCommand, options: { abortSignal: AbortSignal }): Promise<AssumeRoleCommandOutput>;
}

export interface CredentialsOptions {
  sts: AssumesRole;
  /** The role whose rights are the outer bound of every session. */
  roleArn: string;
  clock: Clock;
  /** 0 to 1, for the jitter. */
  random?: () => number;
  write: WriteLine;
  /** Milliseconds for all attempts together. */
  timeoutMs?: number;
}

/** An STS client for `createCredentials`: it makes one attempt, because the retries and their bound are there. */
export function createSts(transport: NodeHttpHandler): STSClient {
  return new STSClient({ maxAttempts: 1, requestHandler: transport });
}

interface Entry {
  credentials?: ScopedCredentials;
  pending?: Promise<ScopedCredentials>;
}

/** AssumeRole under a session policy: remembered, asked for once however many calls wait, renewed before it expires. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { roleArn, clock } = options;
  // The first is the least recently used.
  const entries = new Map<string, Entry>();

  return async (scope, expired) => {
    // STS reads an empty policy as "all that the role may".
    if (scope.policy.text.trim() === '') throw new TollgateError('internal', { reason: 'policy-missing' });
    const key = keyOf(scope, roleArn);
    const entry: Entry = entries.get(key) ?? {};
    entries.delete(key);
    entries.set(key, entry);
    if (entry.credentials === expired) delete entry.credentials;
    const { credentials } = entry;
    if (credentials !== undefined && credentials.expiresAt - clock() > CREDENTIALS_RENEW_BEFORE_MS) return credentials;
    if (entry.pending !== undefined) return entry.pending;

    const oldest = entries.keys().next().value;
    if (entries.size > CREDENTIALS_CACHE_MAX && oldest !== undefined) entries.delete(oldest);
    entry.pending = assume(scope, options)
      .then((fresh) => {
        entry.credentials = fresh;
        return fresh;
      })
      .catch((error: unknown) => {
        // A failure is not remembered; and what was held is too near its end, or is expired.
        if (entries.get(key) === entry) entries.delete(key);
        throw error;
      })
      .finally(() => {
        delete entry.pending;
      });
    return entry.pending;
  };
}

/**
 * Everything that a session carries. The principal is part of it: a session is named for who asked for it, so CloudTrail
 * would name the wrong one if another of the tenant's principals were given it. That costs an AssumeRole per principal
 * and model every 14 minutes, of the 600 a second that an account has.
 */
function keyOf({ tenant, principal, costCenter, policy }: Scope, roleArn: string): string {
  return JSON.stringify([tenant, principal, costCenter, roleArn, policy.hash]);
}

async function assume(scope: Scope, options: CredentialsOptions): Promise<ScopedCredentials> {
  const { clock, random = Math.random, timeoutMs = STS_TIMEOUT_MS, write } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  for (let attempt = 1; ; attempt++) {
    try {
      return credentialsOf(
        await abortable(options.sts.send(commandOf(scope, options.roleArn), { abortSignal: signal }), signal),
        clock(),
      );
    } catch (cause) {
      const error = signal.aborted ? unavailable('sts-timeout', cause) : refusalOf(cause);
      if (error.code === 'unavailable' && attempt < STS_ATTEMPTS && !signal.aborted) {
        // Full jitter: callers that failed together do not come back together.
        await sleep(random() * STS_BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) continue;
      }
      write(
        logLine(
          clock(),
          {
            event: 'credentials-refused',
            level: 'error',
            tenant: scope.tenant,
            reason: error.reason,
            type: cause instanceof Error ? cause.name : '',
            attempts: attempt,
            policyHash: scope.policy.hash,
          },
          { [error.code === 'unavailable' ? METRICS.undecided : METRICS.credentialsRefused]: 1 },
        ),
      );
      throw error;
    }
  }
}

function commandOf({ tenant, principal, costCenter, policy }: Scope, roleArn: string): AssumeRoleCommand {
  const { sessionName, sourceIdentity } = sessionNames(tenant, principal);
  return new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    SourceIdentity: sourceIdentity,
    DurationSeconds: SESSION_SECONDS,
    Policy: policy.text,
    Tags: [
      { Key: 'TenantId', Value: tenant },
      { Key: 'CostCenter', Value: costCenter },
    ],
  });
}

/** A transport is asked to stop when the time is up; this does not wait for it to comply. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}

/** With a member missing, an SDK client would fall back on its default chain: the function's own role. */
function credentialsOf({ Credentials: found }: AssumeRoleCommandOutput, now: number): ScopedCredentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = found ?? {};
  const expiresAt = Expiration instanceof Date ? Expiration.getTime() : Number.NaN;
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Number.isFinite(expiresAt))
    throw new TollgateError('internal', { reason: 'sts-answer-incomplete' });
  if (expiresAt <= now) throw new TollgateError('internal', { reason: 'sts-answer-expired' });
  return Object.freeze({
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiresAt,
  });
}

/** By name: STS answers with its wire code or with the SDK's class name, depending on the version of either. */
const REFUSALS: readonly [RegExp, string][] = [
  [/^AccessDenied(Exception)?$/, 'sts-access-denied'],
  [/^PackedPolicyTooLarge(Exception)?$/, 'sts-policy-too-large'],
  [/^MalformedPolicyDocument(Exception)?$/, 'sts-policy-malformed'],
];

const THROTTLED =
  /^(Throttling(Exception)?|ThrottledException|RequestLimitExceeded|TooManyRequestsException|SlowDown)$/;

function refusalOf(cause: unknown): TollgateError {
  if (cause instanceof TollgateError) return cause;
  const { name = '', $metadata } = cause as { name?: string; $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode;
  const reason = REFUSALS.find(([pattern]) => pattern.test(name))?.[1];
  if (reason !== undefined) return new TollgateError('internal', { reason, cause });
  if (THROTTLED.test(name) || status === 429) return unavailable('sts-throttled', cause);
  if (status === undefined || status >= 500) return unavailable('sts-unreachable', cause);
  return new TollgateError('internal', { reason: 'sts-rejected', cause });
}

function unavailable(reason: string, cause: unknown): TollgateError {
  return new TollgateError('unavailable', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}
