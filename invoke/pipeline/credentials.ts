import type { Asks } from '../../contract/broker.ts';
import { CREDENTIALS_CACHE_MAX, CREDENTIALS_RENEW_BEFORE_MS } from '../../contract/limits/sessions.ts';
import type { Clock } from '../../contract/log.ts';
import type { Beside } from '../../contract/model.ts';
import type { Secret } from '../../contract/secret.ts';
import type { Issue, Scope, ScopedCredentials } from '../../sessions/session.ts';

/** What the broker is asked on behalf of one call; STS is not told. */
export interface Asked {
  /** The caller's Authorization header; absent when the call came without one. */
  token: Secret | undefined;
  /** Registry id. */
  model: string;
  /** Of several places the one that is called. */
  place?: string | undefined;
  useCase?: string | undefined;
  action: Asks;
  /** Of a flow the execution, as the caller named it. */
  execution?: string | undefined;
  /** What the call uses beside it; absent: nothing. */
  beside?: Beside[] | undefined;
  requestId: string;
}

export type CallScope = Scope & { asked?: Asked };

export interface Finding {
  /** Credentials that AWS has just called expired: they are not given again. */
  expired?: ScopedCredentials;
  /**
   * Told where they are from: the issuer, asked for this very call, or memory, where another call's may still be coming.
   * When it throws, nobody is asked.
   */
  from?: (source: 'memory' | 'issuer') => void;
}

/** @throws TollgateError what the issuer throws; a failure is not remembered */
export type Credentials = (scope: CallScope, finding?: Finding) => Promise<ScopedCredentials>;

export interface CredentialsOptions {
  /** STS, or the broker. */
  issue: Issue<CallScope>;
  /** The role whose sessions these are. */
  roleArn: string;
  clock: Clock;
  /** Sessions remembered. */
  max?: number;
}

interface Entry {
  credentials?: ScopedCredentials;
  pending?: Promise<ScopedCredentials>;
}

/**
 * Credentials remembered: issued once however many calls wait, and again before they expire. They are held in this memory
 * only. They may outlive the token they were issued for; a call whose own token has ended does not come this far.
 */
export function createCredentials({
  issue,
  roleArn,
  clock,
  max = CREDENTIALS_CACHE_MAX,
}: CredentialsOptions): Credentials {
  // The first is the least recently used.
  const entries = new Map<string, Entry>();

  return async (scope, { expired, from } = {}) => {
    const key = keyOf(scope, roleArn);
    const entry: Entry = entries.get(key) ?? {};
    if (entry.credentials === expired) delete entry.credentials;
    const { credentials } = entry;
    const usable = credentials !== undefined && credentials.expiresAt - clock() > CREDENTIALS_RENEW_BEFORE_MS;
    const held = usable ? credentials : entry.pending;
    from?.(held === undefined ? 'issuer' : 'memory');
    entries.delete(key);
    entries.set(key, entry);
    if (held !== undefined) return held;

    const oldest = entries.keys().next().value;
    if (entries.size > max && oldest !== undefined) entries.delete(oldest);
    entry.pending = issue(scope)
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
function keyOf({ tenant, principal, costCenter, policy, spoke }: Scope, roleArn: string): string {
  return JSON.stringify([tenant, principal, costCenter, roleArn, spoke, policy.hash]);
}
