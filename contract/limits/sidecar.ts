/** What the sidecar bounds: its callers are of its own machine, or it is reached by nobody. */

/** Where it listens when nothing else is said. */
export const SIDECAR_PORT = 9191;

/** Milliseconds for streams under way when it is told to stop. ECS and Kubernetes kill 30 s after they ask. */
export const SIDECAR_GRACE_MS = 25_000;

/**
 * Milliseconds for which an unused connection to the gateway is kept. Shorter than what any gateway keeps it for (an ALB's least
 * usual idle time is 60 s), so that no call goes out on one that is just being closed: a body that was let through cannot be sent again.
 */
export const GATEWAY_IDLE_CONNECTION_MS = 15_000;

/** Milliseconds for which one look at the gateway is the answer of `/_sidecar/ready`, and for the look itself. */
export const GATEWAY_LOOK_MEMORY_MS = 1_000;
export const GATEWAY_LOOK_MS = 3_000;

/** Milliseconds in which what the sidecar answers by itself is one line in its log, however often it does. */
export const FAULT_LINE_MS = 10_000;
