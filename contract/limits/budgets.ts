/** What is counted while calls are made, and told of it. */

/**
 * What one tenant may take in a minute of what all tenants share, unless it has a budget of its own. Requests: 3,000 a second,
 * three tenths of the 10,000 that API Gateway lets an account have by default. Credentials: one SDK asks for new ones every few
 * minutes and model; 300 is hundreds of processes. Sessions, which every function's memory has for each principal and model:
 * a third of the 600 AssumeRole a second that an account has and cannot raise.
 */
export const REQUESTS_PER_MINUTE = 180_000;
export const CREDENTIALS_PER_MINUTE = 300;
export const SESSIONS_PER_MINUTE = 12_000;

/**
 * Requests a minute. A tenant's budget beyond it is counted as its share is, in steps and without waiting: DynamoDB writes one
 * item some 500 times a second, so to count every call before it is sent would refuse them.
 */
export const EXACT_REQUESTS_PER_MINUTE = 30_000;

/**
 * Parts of a share of which a function's memory lets one pass before it tells the others: at first, so that few calls cost no
 * write at all, and at most. What all functions together can pass a share by.
 */
export const SHARE_FIRST_STEP = 10_000;
export const SHARE_STEPS = 100;

/** Budgets of one tenant, and of a stage. Both together are what one conditional update can hold (4 KB of expression). */
export const BUDGETS_MAX = 20;

/**
 * Milliseconds for one question to the counters table with its retries; past it a hard budget's answer is 503. Many calls of
 * one tenant at once stand in a queue for one item, and to wait is better than to be refused.
 */
export const COUNTERS_TIMEOUT_MS = 5_000;

/**
 * Milliseconds for one attempt at it: leaves time for another one, since a write that is repeated counts once, and is long
 * enough that a burst does not repeat itself into a larger one.
 */
export const COUNTERS_ATTEMPT_MS = 2_000;

/** Attempts at it, the first included, and milliseconds: base of the backoff between two, doubled each time, with full jitter. */
export const COUNTERS_ATTEMPTS = 3;
export const COUNTERS_BACKOFF_MS = 50;

/**
 * Bytes of an answer of the table, or of that of answers: an item has 400 KB at most, and in JSON not three times as much; a page
 * has 1 MB of items, and what is bytes of it a third more.
 */
export const COUNTERS_ANSWER_MAX_BYTES = 1_600_000;

/**
 * Milliseconds. Reservations are told apart by the stretch of this length in which their calls began; longer than
 * CALL_TOTAL_MS, so what a stretch still holds that ended as long ago was left by a crash.
 */
export const RESERVATION_EPOCH_MS = 1_800_000;

/**
 * Milliseconds after the end of their window for which counters are kept; halfway, nobody settles into them any more. A
 * day's longer than a call lives and what it left is released. A minute's shorter, because there are sixty an hour, in the
 * one item that every call writes: what a call used that ends a minute later is no longer counted in its minute.
 */
export const COUNTER_KEPT_MS = 7_200_000;
export const MINUTE_COUNTER_KEPT_MS = 120_000;

/** Seconds after the last call for which a tenant's, or a principal's, counters are kept: longer than any window. */
export const COUNTERS_KEPT_SECONDS = 3_456_000;

/** Units of 10^-18 dollars. No line says that a budget counted a call for as much: a thousand million dollars. */
export const CHARGE_MAX = 10n ** 27n;

/** Attributes of windows long past that one settlement removes; the next one takes up what is left. */
export const COUNTER_REMOVALS_MAX = 50;

/** Random bytes of the name by which a call's reservation is known among the calls in flight: 48 bits, 8 characters. */
export const RESERVATION_NAME_BYTES = 6;

/** Counters set at once when a budget starts from what the ledger knows. */
export const COUNTERS_AT_ONCE = 16;

/** Attempts to set a counter between two calls that change it, when an operator has it follow the ledger. */
export const RESET_ATTEMPTS = 20;

/** Attempts at one reservation, each for what the one before found to be left; between them only other calls' luck. */
export const RESERVE_ATTEMPTS = 3;

/** Attempts to settle a reservation, each within COUNTERS_TIMEOUT_MS, and milliseconds of backoff, doubled each time. */
export const SETTLE_ATTEMPTS = 4;
export const SETTLE_BACKOFF_MS = 200;

/** Tokens of answer that are reserved for a call that names no limit of its own. */
export const RESERVED_OUTPUT_TOKENS = 4_096;

/** Bytes of text per token when input is reserved: half of what a token has in English, so that little text has more. */
export const RESERVED_BYTES_PER_TOKEN = 2;

/**
 * Tokens of input reserved for each picture, and bytes of any other attachment (document, video, audio) per token. Claude
 * counts width x height / 750, at most about 1,600, and newer ones more; no provider publishes a bound for attachments.
 */
export const RESERVED_PICTURE_TOKENS = 5_000;
export const RESERVED_ATTACHMENT_BYTES_PER_TOKEN = 2;

/** Percent of a budget, in settled use, at which an event is sent. */
export const BUDGET_THRESHOLDS = [80, 100] as const;

/** Milliseconds for one request to EventBridge, attempts at it, and milliseconds of backoff, doubled each time. */
export const EVENTS_TIMEOUT_MS = 2_000;
export const EVENTS_ATTEMPTS = 3;
export const EVENTS_BACKOFF_MS = 200;

/** Entries of one PutEvents (its own limit). */
export const EVENTS_PER_REQUEST = 10;

/** Tokens of input that are reserved for what a prompt or an agent of Bedrock's says by itself, which no call shows: 16 kB of English. */
export const RESERVED_PROMPT_TOKENS = 4_000;
