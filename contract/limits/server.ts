/** What the container bounds by itself, where API Gateway does in front of the functions. */
export const CONTAINER = {
  // The one in front must be the one that ends an idle connection, and waits for as long as a call may be silent: 860 s
  // (infra/container.ts). Who ends it earlier now and then ends one that is about to be used, and the caller gets 502.
  patience: { headMs: 10_000, requestMs: 60_000, idleMs: 900_000 },
  // A token has 8 KB at most, and an ALB passes 64 KB of headers.
  headMaxBytes: 65_536,
  // A task has 2,048 MB, and an idle connection takes 20 KB.
  connectionsMax: 10_000,
  // RFC 9113 section 6.5.2 recommends no smaller number than 100.
  streamsMax: 128,
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
