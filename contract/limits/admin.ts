/** What the registry's API does at most. */

/** Entries of one page, unless more or fewer are asked for, and at most. */
export const ADMIN_PAGE = 100;
export const ADMIN_PAGE_MAX = 1_000;

/** Tenants whose grants are asked for at once: a query of the table for each. */
export const ADMIN_TENANTS_MAX = 100;

/** Edits of one plan: API Gateway waits 29 seconds, and a transaction of 49 edits takes a tenth of one. */
export const ADMIN_CHANGES_MAX = 1_000;

/** Minutes back for which the API tells how a model's places answered: every line that was delivered since is read. */
export const ADMIN_TARGETS_MAX_MINUTES = 60;

/**
 * Simulated calls of one request for a review, about: so many take six seconds of a laptop's processor, and perhaps twice that of
 * the function's, and API Gateway waits 29.
 */
export const ADMIN_REVIEW_QUESTIONS = 120_000;

/** Milliseconds for which one request reads lines: half of the 29 s for which API Gateway waits. */
export const ADMIN_READ_MS = 15_000;

/** Requests that one caller may make at once, and a second over time, of one execution environment. */
export const ADMIN_BURST = 100;
export const ADMIN_RATE = 20;

/** As how many requests one counts that may take seconds: it reads the bucket of usage, asks AWS, or tries policies. */
export const ADMIN_HEAVY = 10;

/** Callers whose requests an execution environment counts. */
export const ADMIN_CALLERS_MAX = 1_000;

/** Seconds for which an answer is kept for who repeats a request under its Idempotency-Key; and characters of one. */
export const IDEMPOTENCY_SECONDS = 86_400;
export const IDEMPOTENCY_KEY_MAX_CHARS = 128;

/** Bytes of an answer that is kept: a DynamoDB item takes 400 KB. */
export const IDEMPOTENT_ANSWER_MAX_BYTES = 300_000;
