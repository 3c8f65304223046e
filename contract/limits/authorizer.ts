/** What a token and the keys of its issuer may be. */

/** Seconds. A token's `nbf` or `iat` may lie this far ahead: two machines' clocks differ. `exp` gets none. */
export const CLOCK_SKEW_SECONDS = 60;

/** Characters of a `kid`. The longest in use (a SHA-512 in base64) has 88. */
export const KID_MAX_CHARS = 256;

/** Bits of an RSA modulus. RFC 7518 section 3.3 demands 2,048; beyond 8,192 one verification takes a millisecond. */
export const RSA_MIN_BITS = 2_048;
export const RSA_MAX_BITS = 8_192;

/** Bytes that a caller's roles may take in the context; past it the token is refused, because cutting would be a lie. */
export const ROLES_MAX_BYTES = 1_024;

/** JWKS: milliseconds to fetch, bytes of a document, keys in it, and how long what we know stays trusted. */
export const JWKS_TIMEOUT_MS = 2_000;
export const JWKS_MAX_BYTES = 262_144;
export const JWKS_MAX_KEYS = 100;
/** Milliseconds. A key that the issuer withdrew is refused after this at the latest. */
export const JWKS_MAX_AGE_MS = 600_000;
/** Milliseconds. After a fetch for a key id that was not there, the next one waits this long, whoever asks. */
export const JWKS_COOLDOWN_MS = 10_000;
/** Milliseconds. While the issuer cannot be reached, keys fetched this recently are still trusted. */
export const JWKS_LAST_GOOD_MS = 3_600_000;
