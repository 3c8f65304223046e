/** A call on its way to the model and back, and what is counted of it. */

/** Characters of a request path as it arrives. Real model ARNs are under 200; Bedrock's own limit is 2,048. */
export const PATH_MAX_CHARS = 2_048;

/** Bytes of one event-stream message. The protocol allows 16 MiB; beyond it the length prefix is corrupt. */
export const EVENT_MAX_BYTES = 16_777_216;

/** Milliseconds without a byte from the model before a stream is given up; below API Gateway's 5 idle minutes. */
export const STREAM_IDLE_MS = 120_000;

/**
 * Milliseconds in which a stream writes something, whatever the model says, and in which it begins: half of what edge endpoints
 * of API Gateway wait for.
 */
export const STREAM_SILENT_MS = 15_000;

/** Milliseconds for a whole call; below Lambda's and API Gateway's 15 minutes, so that usage is still written. */
export const CALL_TOTAL_MS = 840_000;

/** Milliseconds to the first byte of the model's answer. */
export const FIRST_BYTE_MS = 300_000;

/** Bytes of one line of a container's stream that are kept to be read as one: no chunk of a chat comes near. */
export const STREAM_LINE_MAX_BYTES = 1_048_576;

/**
 * Milliseconds and bytes for which a stream is read on after its reader has gone, to learn what it cost: 128,000 tokens, the
 * longest answer of a model on Bedrock, are about 50 MB, each in an event of its own. None of it is kept.
 */
export const DRAIN_MAX_MS = 60_000;
export const DRAIN_MAX_BYTES = 67_108_864;

/**
 * Bytes of a stream that are read before its reader takes them: some 4,000 tokens, so that most answers are read to their end,
 * which says what they cost, however slow their reader is.
 */
export const READ_AHEAD_BYTES = 1_048_576;

/** Bytes of events that came together and are given together, in one write: what a socket takes at once. A longer event goes alone. */
export const TOGETHER_MAX_BYTES = 65_536;

/** Milliseconds for which a reader may stay that far behind, or leave what is there; then nobody is thought to read. */
export const READER_LATE_MS = 30_000;

/** Tokens. The largest count a record may hold: beyond it a JavaScript number is no longer exact. */
export const TOKENS_MAX = Number.MAX_SAFE_INTEGER;

/** Characters of a guardrail's text unit, by which AWS sells it (https://aws.amazon.com/bedrock/pricing/). */
export const GUARDRAIL_UNIT_CHARS = 1_000;

/** Connections to one AWS host at once. The SDK's 50 would make the 51st call of a process wait for a whole answer. */
export const UPSTREAM_MAX_SOCKETS = 1_000;

/** Milliseconds. A reset this soon on a kept connection means that it was dead already, so nothing had been run. */
export const STALE_CONNECTION_MS = 1_000;

/** Bytes of a model's answer in one piece (InvokeModel's own limit is 25,000,000), and of an error read from it. */
export const ANSWER_MAX_BYTES = 26_214_400;
export const ERROR_BODY_MAX_BYTES = 65_536;

/** Characters of a model's own error message that a caller is shown. */
export const UPSTREAM_MESSAGE_MAX_CHARS = 500;

/** Digits in all of it: an account's number has 12. */
export const UPSTREAM_DIGITS_MAX = 11;

/**
 * Seconds. After what a subscription needed is there, a model takes this long to be enabled
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html).
 */
export const MODEL_ENABLED_AFTER_SECONDS = 120;

/** Seconds. The longest `Retry-After` of an upstream that is passed on. */
export const RETRY_AFTER_MAX_SECONDS = 300;

/** Bytes of text per token where a provider reported none: the usual rule of thumb for English, marked as estimated. */
export const ESTIMATE_BYTES_PER_TOKEN = 4;

/**
 * Tokens of a picture in such an estimate (Claude's most, of 1.15 megapixels), and bytes per token of any other attachment:
 * between plain text's 4 and the 30 to 60 of a page that is mostly its fonts. No provider says.
 */
export const ESTIMATE_PICTURE_TOKENS = 1_600;
export const ESTIMATE_ATTACHMENT_BYTES_PER_TOKEN = 16;

/**
 * Calls of one request that are under way at a time, where its model takes less in a call than the request holds: so many that
 * the longest list takes seconds, and so few that one request is no burst at the model.
 */
export const PARTS_AT_ONCE = 8;

/** Texts that one request may have embedded: OpenAI's own limit, and what its clients cut their lists by. */
export const EMBEDDED_TEXTS_MAX = 2_048;

/** Pictures that one request may have made: OpenAI's own limit. */
export const IMAGES_MAX = 10;

/**
 * How searches are sold (https://aws.amazon.com/bedrock/pricing/): one for each 100 documents of at most 512 tokens, the query's
 * among them; a longer one is as many documents as it takes.
 */
export const SEARCH_DOCUMENTS = 100;
export const SEARCH_DOCUMENT_TOKENS = 512;

/** Documents that one request may have ordered: Bedrock's own limit. */
export const RERANKED_DOCUMENTS_MAX = 1_000;

/**
 * Milliseconds that a price is waited for where a cost is told of a call: half of the time that spans have for all of it. An answer, or
 * a span, goes without its cost rather than late.
 */
export const PRICE_WAIT_MS = 1_000;

/** Milliseconds for which a price is remembered there: one read of the registry a minute for the models that are called. */
export const PRICE_MEMORY_MS = 60_000;

/** Signing keys kept for one session's credentials: one for each day, region and service that they are used on. */
export const SIGNING_KEYS_MAX = 8;

/**
 * Calls of a function after which V8 compiles it well, and best: its own 400 and 3,000 are for programs whose functions run many
 * times a second. Ours run once a call, and few environments of Lambda ever live to see 3,000 calls.
 */
export const V8_FLAGS = ['--invocation-count-for-maglev=100', '--invocation-count-for-turbofan=500'] as const;

/**
 * Bytes of an asynchronous call's body, which is its input where it names none in S3
 * (https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html).
 */
export const ASYNC_BODY_MAX_BYTES = 128_000;

/** Bytes of the key that tells ids of sessions, as many as HMAC-SHA256 puts out; and characters of base64url of each MAC, 132 bits. */
export const SESSION_ID_KEY_BYTES = 32;
export const SESSION_ID_MAC_CHARS = 22;
