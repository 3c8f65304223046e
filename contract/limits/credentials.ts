/** What the sidecar bounds of the credentials that it hands on. */

/** Bytes of the value that opens `/credentials`: nobody guesses 256 bits. */
export const AUTHORIZATION_BYTES = 32;

/** Milliseconds before their end from which credentials are asked for anew: AWS SDKs ask again that early, too. */
export const CREDENTIALS_EARLY_MS = 300_000;

/**
 * Milliseconds for which those are kept that begin nearer to their end, as with an issuer whose tokens live for 5 minutes: an SDK
 * then asks at each of its calls, and a tenant may have them 300 times a minute (`budgets.ts`).
 */
export const CREDENTIALS_SHORT_MS = 10_000;

/** Models whose credentials are kept: more than any tenant calls by itself, 2 KB each. */
export const CREDENTIALS_MODELS_MAX = 100;

/**
 * Milliseconds for one look at the gateway, of which there may be two: it waits 7 s at most for its registry and STS
 * (`invoke.ts`), and may have to be started first.
 */
export const CREDENTIALS_GATEWAY_MS = 12_000;

/** Bytes of an answer of the gateway: credentials are 2 KB, a refusal less. */
export const CREDENTIALS_ANSWER_BYTES_MAX = 65_536;

/** Milliseconds for which `tollgate sidecar credentials` waits: the AWS CLI waits a minute for what it starts. */
export const CREDENTIALS_ASK_MS = 30_000;
