/** How the sidecar keeps its token: for one of 3 s and for one of 24 h alike. */

/**
 * Shares of the time in which a token can be used after which it is renewed; where between them is left to chance, so that a fleet
 * that was started at once does not ask at once. What is left is for an issuer that is down, and for calls under way.
 */
export const RENEW_AFTER = { least: 0.6, most: 0.75 } as const;

/**
 * The last share of its life, and at most so many milliseconds of it, in which a token is sent no more: it has to arrive, and an
 * issuer counts in whole seconds, so that one that lives for 3 s may end after 2.
 */
export const ENDS_EARLY_SHARE = 1 / 3;
export const ENDS_EARLY_MAX_MS = 5_000;

/** Milliseconds between two renewals at the least, whatever a token's life: an issuer may answer with one that is about to end. */
export const RENEW_PAUSE_MS = 250;

/** Milliseconds after which the clock is looked at again: timers stand still while a laptop sleeps. */
export const TICK_MS = 15_000;

/** Milliseconds for which a token is held that says nothing of its end. */
export const UNKNOWN_LIFE_MS = 300_000;

/** Milliseconds between two looks at a file that others renew. */
export const FILE_POLL_MS = 5_000;

/**
 * Milliseconds before the first try again and at most; doubled with each failure, half of it by chance. An issuer that said no
 * (RFC 6749 section 5.2) says it again until somebody acts, so it is asked slowly.
 */
export const BACKOFF = {
  unreachable: { firstMs: 500, mostMs: 30_000 },
  refused: { firstMs: 5_000, mostMs: 60_000 },
} as const;

/** Milliseconds that an issuer's own `Retry-After` may ask for. */
export const RETRY_AFTER_MAX_MS = 300_000;

/** Milliseconds in which the gateway's 401 to a token that has not ended leads to one renewal, however many calls meet it. */
export const REFUSED_PAUSE_MS = 30_000;

/** Milliseconds for which a call waits for the token; below the 60 s after which AWS's SDKs give up a silent connection. */
export const TOKEN_WAIT_MS = 10_000;

/** An issuer's or a metadata service's answer: milliseconds for it, and bytes of it. */
export const ISSUER_TIMEOUT_MS = 5_000;
export const ISSUER_ANSWER_MAX_BYTES = 262_144;

/** Milliseconds for which an issuer's metadata are believed; a request that failed has them read again. */
export const METADATA_MEMORY_MS = 3_600_000;

/** Bytes of a file with a token, a secret or a key, and of what a command prints. */
export const TOKEN_FILE_MAX_BYTES = 65_536;

/** Milliseconds for a command that prints a token; one that asks a person on a laptop does not belong here. */
export const TOKEN_COMMAND_MS = 30_000;

/** Seconds. RFC 8628 sections 3.2 and 3.5: between two polls where the issuer names none, and more after each `slow_down`. */
export const DEVICE_INTERVAL_SECONDS = 5;

/** Seconds of a token of AWS's own; it allows 60 to 3,600. */
export const WEB_IDENTITY_SECONDS = 900;
