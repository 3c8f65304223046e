import { setTimeout as sleep } from 'node:timers/promises';
import { AssumeRoleCommand, type AssumeRoleCommandOutput, STSClient } from '@aws-sdk/client-sts';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { SESSION_SECONDS, STS_ATTEMPTS, STS_BACKOFF_MS, STS_TIMEOUT_MS } from '../contract/limits/sessions.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import { directSessionNames, type SessionNames, sessionNames } from '../policies/name.ts';
import { abortable } from './abortable.ts';
import type { Issue, Scope, ScopedCredentials } from './session.ts';

/** The one operation used of STS. */
export interface AssumesRole {
  send(command: AssumeRoleCommand, options: { abortSignal: AbortSignal }): Promise<AssumeRoleCommandOutput>;
}

export interface StsIssuerOptions {
  sts: AssumesRole;
  /** The role whose rights are the outer bound of every session. */
  roleArn: string;
  clock: Clock;
  /** 0 to 1, for the jitter. */
  random?: () => number;
  write: WriteLine;
  /** Milliseconds for all attempts together. */
  timeoutMs?: number;
  /** Loads what issues sessions of other accounts (spoke.ts). Absent: no call runs there, whatever the registry says. */
  spokes?: ((options: StsIssuerOptions) => Promise<Issue>) | undefined;
}

/**
 * An STS client for `createStsIssuer`: it makes one attempt, because the retries and their bound are there.
 *
 * @param credentials whose it is; absent: the function's own
 */
export function createSts(transport: NodeHttpHandler, credentials?: ScopedCredentials): STSClient {
  // A copy: the SDK writes into what it is given.
  const own = credentials && { credentials: { ...credentials } };
  return new STSClient({ maxAttempts: 1, requestHandler: transport, ...own });
}

/**
 * AssumeRole under a session policy. Each session and each failure leaves a line with the policy's hash.
 *
 * @returns throws TollgateError `unavailable` (sts-timeout | sts-throttled | sts-unreachable) when STS could not be asked;
 *   `internal` (sts-access-denied | sts-policy-too-large | sts-policy-malformed | sts-rejected | sts-answer-incomplete |
 *   sts-answer-expired | policy-missing) when it refused; `model_not_allowed` (spoke-not-listed)
 */
export function createStsIssuer(options: StsIssuerOptions): Issue {
  let spokes: Promise<Issue> | undefined;
  return async (scope) => {
    // STS reads an empty policy as "all that the role may".
    if (scope.policy.text.trim() === '') throw new TollgateError('internal', { reason: 'policy-missing' });
    if (scope.spoke === undefined) return assume(scope, options);
    spokes ??= options.spokes?.(options);
    if (spokes === undefined) throw new TollgateError('model_not_allowed', { reason: 'spoke-not-listed' });
    return (await spokes)(scope);
  };
}

/** One AssumeRole, with its retries. @param externalId that the role asks for */
export async function assume(scope: Scope, options: StsIssuerOptions, externalId?: string): Promise<ScopedCredentials> {
  const { clock, random = Math.random, timeoutMs = STS_TIMEOUT_MS, write } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  for (let attempt = 1; ; attempt++) {
    try {
      const credentials = credentialsOf(
        await abortable(
          options.sts.send(commandOf(scope, options.roleArn, externalId), { abortSignal: signal }),
          signal,
        ),
        clock(),
      );
      write(issuedLine(scope, credentials, clock()));
      return credentials;
    } catch (cause) {
      const error = signal.aborted ? unavailable('sts-timeout', cause) : refusalOf(cause);
      if (error.code === 'unavailable' && attempt < STS_ATTEMPTS && !signal.aborted) {
        // Full jitter: callers that failed together do not come back together.
        await sleep(random() * STS_BACKOFF_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) continue;
      }
      write(refusedLine(scope, error, clock(), { type: cause instanceof Error ? cause.name : '', attempts: attempt }));
      throw error;
    }
  }
}

/** Of what was not given. */
export function refusedLine(
  { tenant, policy, spoke }: Scope,
  { code, reason }: TollgateError,
  now: number,
  more: object = {},
): string {
  const event = { event: 'credentials-refused', level: 'error' as const, tenant, reason, ...more };
  const metric = code === 'unavailable' ? METRICS.undecided : METRICS.credentialsRefused;
  return logLine(now, { ...event, policyHash: policy.hash, ...roleOf(spoke) }, { [metric]: 1 });
}

/** Where it is not the stage's own: what else a line says of a session. */
function roleOf(spoke: Scope['spoke']): object {
  return spoke === undefined ? {} : { spokeRole: spoke.role };
}

/** The audit event of every session there is. Of the credentials it holds nothing but when they end. */
function issuedLine(scope: Scope, { expiresAt }: ScopedCredentials, now: number): string {
  const { tenant, principal, policy, spoke, audit } = scope;
  const event = {
    event: 'credentials-issued',
    ...audit,
    tenant,
    principal,
    sessionName: namesOf(scope).sessionName,
    policyHash: policy.hash,
    ...roleOf(spoke),
    expiration: new Date(expiresAt).toISOString(),
  };
  return logLine(now, event, { [METRICS.credentialsIssued]: 1 }, { mode: scope.direct ? 'direct' : 'gateway' });
}

function namesOf({ tenant, principal, direct }: Scope): SessionNames {
  return direct ? directSessionNames(tenant, principal) : sessionNames(tenant, principal);
}

function commandOf(scope: Scope, roleArn: string, externalId: string | undefined): AssumeRoleCommand {
  const { tenant, costCenter, policy } = scope;
  const { sessionName, sourceIdentity } = namesOf(scope);
  return new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: sessionName,
    SourceIdentity: sourceIdentity,
    DurationSeconds: SESSION_SECONDS,
    Policy: policy.text,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    Tags: [
      { Key: 'TenantId', Value: tenant },
      { Key: 'CostCenter', Value: costCenter },
    ],
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
