/** A token of the tenant's, valid now. */
export interface HeldToken {
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** What is known of the token, for whoever asks how the sidecar is: nothing of the token itself. */
export interface TokenState {
  /** Whether one is held that can be sent now. */
  valid: boolean;
  /** Milliseconds since 1970; undefined before the first. */
  expiresAt: number | undefined;
  /** Tokens got, and times that none was to be had. */
  renewals: number;
  failures: number;
  /** Why the last attempt failed, e.g. `invalid_client`; undefined when it did not. */
  fault: string | undefined;
}

/** The token of one client of the identity provider, kept valid. */
export interface Tokens {
  /**
   * The one that is held, without waiting, if it is valid; else the one that is asked for, once for all who wait.
   *
   * @throws TollgateError `unavailable`, reason `token-unavailable`, with the seconds until it is worth asking again
   */
  current(): HeldToken | Promise<HeldToken>;
  state(): TokenState;
  /** Begins to keep it; what is not there yet is no reason not to start. */
  start(): void;
  stop(): void;
  /** The gateway answered 401 to this one: if it is the one that is held, it is renewed before the next call. */
  refused(token: string): void;
}

/**
 * Where tokens come from: one file each in this folder.
 *
 * @throws TokenFault when there is none
 */
export type TokenSource = (signal: AbortSignal) => Promise<HeldToken>;
