import type { Target } from '../../contract/model.ts';
import type { ScopedCredentials } from '../../sessions/session.ts';
import type { ProviderRequest } from '../call.ts';

export interface ProviderCall {
  target: Target;
  request: ProviderRequest;
  credentials: ScopedCredentials;
  /** Headers of the trace that the call is part of. */
  traced?: Readonly<Record<string, string>> | undefined;
  /** Ends the call at any time, the reading of the body included; the body's iteration then throws. */
  signal: AbortSignal;
}

/** What came back, whatever its status; the body's bytes are as they arrived. */
export interface ProviderReply {
  status: number;
  /** Lower-case names; not yet fit for a caller. */
  headers: Readonly<Record<string, string>>;
  /** To be read once; leaving it early closes the connection. */
  body: AsyncIterable<Uint8Array>;
}

/** Where models are. It sends; what an answer means is `upstream.ts`, what it cost is `usage/`. */
export interface Provider {
  /**
   * One attempt, except that a request which never left on a dead connection is sent again.
   *
   * @throws TollgateError `upstream_unavailable` when there was no answer; the signal's reason once it is aborted
   */
  send(call: ProviderCall): Promise<ProviderReply>;
}
