import { randomBytes } from 'node:crypto';
import type { Policy } from '../../policies/simulate/types.ts';

/** Milliseconds for which an expired session is still known, so that its use is answered as expired, not as unknown. */
const REMEMBER_EXPIRED_MS = 3_600_000;

/** A role of the local account, or of another one. */
export interface Role {
  readonly name: string;
  /** Twelve digits; absent: the stage's own. */
  readonly account?: string;
  /** The permissions boundary, if it has one. */
  readonly boundary?: Policy;
  readonly trust: Policy;
  /** Inline ones that it is made with. */
  readonly policies: readonly Policy[];
  /** Managed ones that are attached to it. */
  readonly managed?: readonly Policy[];
  /** Inline policies put on it while the account runs, by name. They are in memory only, like the sessions they speak of. */
  readonly inline?: Map<string, Policy>;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Who makes a request. */
export interface Caller {
  /** `arn:aws:sts::...:assumed-role/ROLE/SESSION`, or the operator's `arn:aws:iam::...:user/operator`. */
  readonly arn: string;
  /** Null for the account's operator, whom no policy limits. */
  readonly role: Role | null;
  readonly sessionName: string | null;
  readonly sourceIdentity: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly sessionPolicy: Policy | null;
  /** Milliseconds since 1970 when the session was issued; the operator has none. */
  readonly issuedAt?: number;
  /** The function that Lambda gave these credentials to; absent from all others. */
  readonly functionArn?: string;
}

export interface Session extends Credentials {
  readonly caller: Caller;
  /** Milliseconds since 1970; Infinity for a function's own session. */
  readonly expiresAt: number;
}

export interface Sessions {
  /** New credentials. They live in memory only, so a restart ends every session. */
  issue(caller: Caller, expiresAt: number): Session;
  /** An expired session is found too, for a while. */
  find(accessKeyId: string): Session | undefined;
}

/** @param now milliseconds since 1970 */
export function createSessions(now: () => number): Sessions {
  const known = new Map<string, Session>();
  return {
    issue(caller, expiresAt) {
      for (const [id, { expiresAt: end }] of known) if (end + REMEMBER_EXPIRED_MS < now()) known.delete(id);
      const session: Session = {
        accessKeyId: `ASIA${base32(16)}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(240).toString('base64'),
        caller,
        expiresAt,
      };
      known.set(session.accessKeyId, session);
      return session;
    },
    find: (accessKeyId) => known.get(accessKeyId),
  };
}

const base32 = (length: number): string =>
  [...randomBytes(length)].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('');
