/** What the container bounds by itself, where API Gateway does in front of the functions. */
export const CONTAINER = {
  patience: {
    headMs: 10_000,
    requestMs: 60_000,
    // The one in front must be the one that ends an idle connection, and waits for as long as a call may be silent: 860 s
    // (infra/container.ts). Who ends it earlier now and then ends one that is about to be used, and the caller gets 502.
    idleMs: 900_000,
    // Who takes nothing for a minute of what is there has gone without saying so.
    stallMs: 60_000,
    // A request, a call of 840 s, and half a minute to take its end.
    answerMs: 930_000,
  },
  // A token has 8 KB at most, and an ALB passes 64 KB of headers.
  headMaxBytes: 65_536,
  // Node's own for HTTP/2; an SDK sends fifteen, a load balancer adds four.
  headersMax: 128,
  // A task has 2,048 MB, and an idle connection takes 20 KB.
  connectionsMax: 10_000,
  // RFC 9113 section 6.5.2 recommends no smaller number than 100.
  streamsMax: 128,
  // Node's own: a client whose users hang up takes a few back, an attack thousands.
  resetsBurst: 1_000,
  resetsPerSecond: 33,
  // A client that measures its round trip pings a few hundred times a second at most.
  controlPerSecond: 1_000,
};

/** Answers of the authorizer that are kept, and characters of them: 1,000 of the largest, of 4 KB. */
export const ANSWERS_MAX = 10_000;
export const ANSWERS_MAX_CHARS = 4_096_000;

/**
 * Sessions remembered. A process that all tenants' calls come to sees every pair of principal and model, where a function's
 * environment sees a few; one takes 2 KB.
 */
export const SESSIONS_MAX = 20_000;

/** Milliseconds for which one look at the registry and the keys is the answer of `/ready`. */
export const READY_MEMORY_MS = 1_000;
