import type { Principal, TenantId } from '../contract/identity.ts';
import type { Spoke } from '../contract/spokes.ts';
import type { SessionPolicy } from '../policies/session.ts';

/** Credentials of one session, confined by its policy to one target. */
export interface ScopedCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since 1970, UTC. */
  readonly expiresAt: number;
}

/** For whom, and for what, a session is. */
export interface Scope {
  tenant: TenantId;
  principal: Principal;
  costCenter: string;
  policy: SessionPolicy;
  /** The role of another account that the session is of; absent: the invoker role itself. */
  spoke?: Spoke | undefined;
  /** The credentials leave the gateway: the session's name then says so. */
  direct?: true;
  /** For the audit line: what they were first issued for. */
  audit?: { requestId: string; model: string };
}

/**
 * New credentials, each time it is called. There are two: STS itself (assume.ts), and the broker, which holds the right to
 * ask STS in the invoke function's place.
 *
 * @throws TollgateError `unavailable` when it could not be decided; any other code is a refusal that no repetition mends.
 *   Never the function's own rights
 */
export type Issue<S extends Scope = Scope> = (scope: S) => Promise<ScopedCredentials>;
