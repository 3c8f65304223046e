/** How long sessions live, how they are asked for, and how many are kept. */

/** Seconds. The shortest life STS gives a session; short, because a session outlives a revoked grant by this much. */
export const SESSION_SECONDS = 900;

/** Milliseconds. Credentials are renewed this long before they expire, so that a call begun now can still be signed. */
export const CREDENTIALS_RENEW_BEFORE_MS = 60_000;

/** Entries. One per tenant, role and policy; beyond it the least recently used goes, so memory is bounded. */
export const CREDENTIALS_CACHE_MAX = 1_000;

/** Milliseconds for one AssumeRole with its retries; past it the answer is 503. */
export const STS_TIMEOUT_MS = 5_000;

/** Attempts at one AssumeRole, the first included; backoff with full jitter between them. */
export const STS_ATTEMPTS = 3;

/** Milliseconds for one question to the broker with its retries: keys, registry and AssumeRole have 9 s there. */
export const BROKER_TIMEOUT_MS = 10_000;

/** Attempts at one question to the broker, the first included, where Lambda throttles or cannot be reached. */
export const BROKER_ATTEMPTS = 2;

/** Milliseconds. Base of the backoff between two AssumeRole attempts; doubled each time, then taken by full jitter. */
export const STS_BACKOFF_MS = 100;

/** Milliseconds. A session refused by IAM is made anew, once, if it is at least this old: a refusal of a fresh one is final. */
export const DENIED_SESSION_RENEW_AFTER_MS = 5_000;
