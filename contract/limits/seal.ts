/** The key that contexts are sealed with. */

/** Characters of the key that contexts are sealed with, each of 62: 380 bits, more than HMAC-SHA256 makes use of. */
export const CONTEXT_KEY_CHARS = 64;

/** Hours. A new key is made this often; the one before it is good until the next one is made. Secrets Manager allows 4. */
export const CONTEXT_KEY_ROTATION_HOURS = 24;

/** Milliseconds. A function reads the key again after this, beside a call; so long a former key goes on to seal. */
export const CONTEXT_KEY_MAX_AGE_MS = 300_000;

/** Milliseconds. Past it nothing is sealed or opened with what was read, and a call waits for the key or gets 503. */
export const CONTEXT_KEY_LAST_GOOD_MS = 3_600_000;

/** Milliseconds. After a reading that failed, or that did not bring the version asked for, the next one waits this long. */
export const CONTEXT_KEY_COOLDOWN_MS = 1_000;

/** Milliseconds for one reading of the key, and attempts at it; past them the answer is 503. */
export const CONTEXT_KEY_TIMEOUT_MS = 2_000;
export const CONTEXT_KEY_ATTEMPTS = 2;

/** Opened contexts that an environment remembers, some 10 KB each at most; the oldest goes first. */
export const CONTEXTS_REMEMBERED = 500;
