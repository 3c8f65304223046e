/** Every number that bounds something, with its unit, its source and its reason. Nowhere else may hold one. */

/** Characters. STS refuses a longer inline session policy (AssumeRole, parameter Policy). */
export const SESSION_POLICY_MAX_CHARS = 2_048;

/** Characters. STS takes for RoleSessionName and SourceIdentity 2 to 64 of `[\w+=,.@-]`. */
export const SESSION_NAME_MAX_CHARS = 64;

/** Seconds. The shortest life STS gives a session; short, because a session outlives a revoked grant by this much. */
export const SESSION_SECONDS = 900;

/** Milliseconds. Credentials are renewed this long before they expire, so that a call begun now can still be signed. */
export const CREDENTIALS_RENEW_BEFORE_MS = 60_000;

/** Entries. One per tenant, role and policy; beyond it the least recently used goes, so memory is bounded. */
export const CREDENTIALS_CACHE_MAX = 1_000;

/** Characters of a tenant id and of a principal. 64 is more than any GUID; 256 holds every provider's `sub`. */
export const TENANT_ID_MAX_CHARS = 64;
export const PRINCIPAL_MAX_CHARS = 256;

/** Characters of a registry model id. */
export const MODEL_ID_MAX_CHARS = 64;

/** Characters of a whole Authorization header. A bearer token beyond 8 KB is refused before anything is decoded. */
export const TOKEN_MAX_CHARS = 8_192;

/** Seconds. A token's `nbf` or `iat` may lie this far ahead: two machines' clocks differ. `exp` gets none. */
export const CLOCK_SKEW_SECONDS = 60;

/** Characters of a client id and of an issuer: the longest client ids are URLs. */
export const CLIENT_ID_MAX_CHARS = 512;
export const ISSUER_MAX_CHARS = 512;

/** Characters of a `kid`. The longest in use (a SHA-512 in base64) has 88. */
export const KID_MAX_CHARS = 256;

/** Bits of an RSA modulus. RFC 7518 section 3.3 demands 2,048; beyond 8,192 one verification takes a millisecond. */
export const RSA_MIN_BITS = 2_048;
export const RSA_MAX_BITS = 8_192;

/** Seconds since 1970. The last second of the year 9999; an `exp` written in milliseconds by mistake lies beyond it. */
export const TOKEN_TIME_MAX_SECONDS = 253_402_300_799;

/** Bytes that a caller's roles may take in the context; past it the token is refused, because cutting would be a lie. */
export const ROLES_MAX_BYTES = 1_024;

/** Bytes of an authorizer answer's context. API Gateway's own limit is not published; 4 KB is known to pass. */
export const CONTEXT_MAX_BYTES = 4_096;

/** Bytes of it that the seal takes: its members' names, a version of 32 to 64 characters and a SHA-256 in base64url. */
export const SEAL_MAX_BYTES = 128;

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

/** Seconds. How long API Gateway keeps an authorizer answer: the bound on a retirement's delay. 0 to 3,600 in AWS. */
export const AUTHORIZER_TTL_SECONDS = 60;

/** Seconds. Tollgate's own ceiling on that setting: longer, and a retired model would answer for minutes. */
export const AUTHORIZER_TTL_MAX_SECONDS = 300;

/**
 * Milliseconds. How long a function remembers a registry item that it read, and never longer than the authorizer's answer
 * is kept: it adds to that time, so who turns the cache off must not find another one behind it.
 */
export const REGISTRY_MEMORY_MS = 5_000;

/** Milliseconds for one registry read with its retries; past it the answer is 503. */
export const REGISTRY_TIMEOUT_MS = 2_000;

/** Milliseconds for one AssumeRole with its retries; past it the answer is 503. */
export const STS_TIMEOUT_MS = 5_000;

/** Attempts at one AssumeRole, the first included; backoff with full jitter between them. */
export const STS_ATTEMPTS = 3;

/** Milliseconds for one question to the broker with its retries: keys, registry and AssumeRole have 9 s there. */
export const BROKER_TIMEOUT_MS = 10_000;

/** Attempts at one question to the broker, the first included, where Lambda throttles or cannot be reached. */
export const BROKER_ATTEMPTS = 2;

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

/** Bytes of a request body. Lambda takes 6 MB for the whole event, base64 included (4/3), so 4 MiB of body fit. */
export const BODY_MAX_BYTES = 4_194_304;

/** Characters of a request path as it arrives. Real model ARNs are under 200; Bedrock's own limit is 2,048. */
export const PATH_MAX_CHARS = 2_048;

/** Levels of nesting in a request's JSON. The deepest tool schema seen is under 30. */
export const JSON_MAX_DEPTH = 64;

/** Bytes of one event-stream message. The protocol allows 16 MiB; beyond it the length prefix is corrupt. */
export const EVENT_MAX_BYTES = 16_777_216;

/** Milliseconds without a byte from the model before a stream is given up; below API Gateway's 5 idle minutes. */
export const STREAM_IDLE_MS = 120_000;

/** Milliseconds for a whole call; below Lambda's and API Gateway's 15 minutes, so that usage is still written. */
export const CALL_TOTAL_MS = 840_000;

/** Milliseconds to the first byte of the model's answer. */
export const FIRST_BYTE_MS = 300_000;

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

/** Milliseconds for which a reader may stay that far behind, or leave what is there; then nobody is thought to read. */
export const READER_LATE_MS = 30_000;

/** Milliseconds. A started record without a finished one is unsettled after this: past Lambda's 15 minutes. */
export const UNSETTLED_AFTER_MS = 960_000;

/** Hours. A run looks this far back for late lines (CloudWatch Logs and Firehose retry for 24 h). */
export const LATE_HOURS = 48;

/** Calls whose lines one pass over an hour keeps in memory (95 bytes each, 200 MB while it grows); a larger hour is read in
 * more passes. */
export const CALLS_PER_PASS = 1_500_000;

/** Raw objects taken on at once; a backlog is worked off in such steps, each of which is final. */
export const RAW_OBJECTS_PER_STEP = 500;

/**
 * Milliseconds between the time of a usage line, which is its call's start, and its delivery. CloudWatch Logs takes no event
 * that is more than 14 days old or 2 h ahead
 * (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html), and an event is written at the
 * end of its call: UNSETTLED_AFTER_MS later at most.
 */
export const LINE_AGE_MAX_MS = 1_210_560_000;
export const LINE_AHEAD_MAX_MS = 7_200_000;

/** Characters of one usage line. CloudWatch Logs cuts an event at 1 MiB; ours are under 2 KB. */
export const USAGE_LINE_MAX_CHARS = 1_048_576;

/** Characters of a line, kept with the reason, when it cannot be used. The raw object keeps the whole. */
export const QUARANTINED_CHARS = 4_096;

/** Unusable lines of one raw object that are listed. All are counted, and the raw object keeps them. */
export const QUARANTINED_LISTED = 10_000;

/** Milliseconds after an hour's end from which ledger and CloudWatch must agree: UNSETTLED_AFTER_MS and then Firehose's
 * longest buffering of 15 minutes, rounded up. */
export const HOUR_COMPLETE_AFTER_MS = 2_700_000;

/**
 * Milliseconds after an hour's end in which AWS may count calls that began in it. Most last seconds; those that last longer
 * are few, and as many came in from the hour before.
 */
export const AWS_COUNT_LATE_MS = 300_000;

/** Milliseconds for which CloudWatch keeps values of five minutes (63 days), less a little: older hours are not compared. */
export const AWS_COUNTS_KEPT_MS = 5_184_000_000;

/** Hours back for which differences from AWS's counts are told by `meter status`. */
export const COMPARED_TOLD_HOURS = 48;

/** Rows in an hour's list of unsettled calls. Their count is exact; the list is for a person to begin with. */
export const UNSETTLED_LISTED = 10_000;

/** Milliseconds. CloudWatch takes no value of a metric that is older than two weeks. */
export const METRIC_MAX_AGE_MS = 1_209_600_000;

/** Days that one backfill may cover: a year. What is more is several commands. */
export const BACKFILL_MAX_DAYS = 366;

/** Parts of a run that failed and are named; the log has a line for each. */
export const FAILURES_TOLD = 20;

/** Summaries of tenants written to DynamoDB at once. */
export const TENANT_DAYS_AT_ONCE = 16;

/** Attempts to write an hour or a report that another run is writing too; each begins from a fresh reading. */
export const AGGREGATION_ATTEMPTS = 5;

/** Bytes of the rows in a tenant's summary of a day; DynamoDB's item may have 400 KB, keys and all. */
export const TENANT_DAY_MAX_BYTES = 350_000;

/** Days for which such a summary is kept: a year and a month, so that a month can be compared with that of the year before. */
export const TENANT_DAY_KEPT_DAYS = 400;

/** Days that one report may cover. */
export const REPORT_MAX_DAYS = 366;

/** Characters of one line of an AWS bill; one with every column and tag has under 10,000. */
export const BILL_LINE_MAX_CHARS = 1_048_576;

/** Unusable lines of an AWS bill that are named; all are counted. */
export const BILL_REJECTED_LISTED = 100;

/** Rows of an AWS bill in Parquet that are in memory at once; a group of rows is read in such parts. */
export const BILL_ROWS_AT_ONCE = 20_000;

/** Days that one UNLOAD may write, as partitions (https://docs.aws.amazon.com/athena/latest/ug/unload.html). */
export const UNLOAD_DAYS_MAX = 100;

/** Bytes of one statement of Athena (https://repost.aws/knowledge-center/athena-query-string-length). */
export const STATEMENT_MAX_BYTES = 262_144;

/** Rows of one answer of `GET /v1/usage`: about 4 MB, below what a function may answer with at once. */
export const USAGE_ROWS_MAX = 10_000;

/** Days whose summaries are in memory at once, of up to TENANT_DAY_MAX_BYTES each. */
export const USAGE_DAYS_AT_ONCE = 31;

/** Seconds between two looks at a tenant's live usage, unless told otherwise, and at most. */
export const LIVE_INTERVAL_SECONDS = 5;
export const LIVE_INTERVAL_MAX_SECONDS = 3_600;

/** Hours' objects that a report reads at once: enough to hide S3's answer time, few enough for a laptop's memory. */
export const USAGE_READS_AT_ONCE = 16;

/** Tokens. The largest count a record may hold: beyond it a JavaScript number is no longer exact. */
export const TOKENS_MAX = Number.MAX_SAFE_INTEGER;

/** Seconds a caller is told to wait when we cannot decide, or when the model throttles without saying how long. */
export const RETRY_AFTER_SECONDS = 2;

/**
 * Seconds a caller is told to wait when the quota of its usage plan is used up. The period ends at a midnight that the gateway
 * cannot put into its answer; a minute is the longest that every SDK waits (the OpenAI one takes more for nonsense).
 */
export const QUOTA_RETRY_AFTER_SECONDS = 60;

/** Bytes. API Gateway refuses a larger request body, and Lambda a larger event (base64 of the body included). */
export const GATEWAY_BODY_MAX_BYTES = 10_485_760;
export const FUNCTION_EVENT_MAX_BYTES = 6_291_456;

/** Milliseconds. API Gateway gives up a streaming integration after 15 minutes, or 5 without a byte (regional API). */
export const GATEWAY_TOTAL_MS = 900_000;
export const GATEWAY_IDLE_MS = 300_000;

/** Items of each kind that a function remembers for REGISTRY_MEMORY_MS; beyond it the oldest goes. */
export const REGISTRY_MEMORY_MAX = 1_000;

/** Keys of one BatchGetItem (DynamoDB's own limit). */
export const REGISTRY_BATCH_MAX = 100;

/** Attempts at the keys that a BatchGetItem left unprocessed, with backoff; the time limit usually ends it sooner. */
export const REGISTRY_BATCH_ATTEMPTS = 8;

/** Characters of a cost centre, a session tag (STS allows 256); and of a name for people. */
export const COST_CENTER_MAX_CHARS = 64;
export const DISPLAY_NAME_MAX_CHARS = 100;

/** Destination regions of one inference profile; the session policy's own size usually ends it sooner. */
export const MODEL_ARNS_MAX = 50;

/**
 * Calls a second, calls at once and calls a period in a tenant's usage plan. API Gateway's own ceilings for an account are
 * 10,000 and 5,000 by default and can be raised; its quota is a 32-bit number. Slower than one call in a thousand seconds is
 * a suspension, and there is a word for that.
 */
export const PLAN_RATE_MIN = 0.001;
export const PLAN_RATE_MAX = 100_000;
export const PLAN_BURST_MAX = 100_000;
export const PLAN_QUOTA_MAX = 2_147_483_647;

/** API keys, or usage plans, of one answer of API Gateway (its own limit). */
export const API_KEYS_PER_PAGE = 500;

/**
 * Milliseconds between an API key that was made and the registry that names it. Until API Gateway knows the key everywhere,
 * calls counted by it are refused, and how long that takes is not written down.
 */
export const API_KEY_SETTLE_MS = 30_000;

/** Price versions of one model: a price a month for 20 years. */
export const PRICES_MAX = 240;

/** Milliseconds. Base of the backoff between two AssumeRole attempts; doubled each time, then taken by full jitter. */
export const STS_BACKOFF_MS = 100;

/** Milliseconds to open a connection to AWS; a reachable endpoint answers in a few. */
export const CONNECT_TIMEOUT_MS = 2_000;

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
 * Seconds. A revocation is kept this long: SESSION_SECONDS, after which no session that it denies lives any more, and as long
 * again, because the clocks of who revokes and of IAM may differ by minutes.
 */
export const REVOCATION_KEPT_SECONDS = 1_800;

/**
 * Characters, white space apart: a managed policy, and all inline policies of a role together (IAM and STS quotas). What the
 * invoker role may do grows by some 600 a region, so it is in managed policies, of which a role takes ten.
 */
export const MANAGED_POLICY_MAX_CHARS = 6_144;
export const INLINE_POLICIES_MAX_CHARS = 10_240;
export const MANAGED_POLICIES_MAX = 10;

/** Tenants whose sessions are revoked at one time: up to 286 characters each, in the room that is kept for nothing else. */
export const REVOKED_TENANTS_MAX = 35;

/** Milliseconds. A session refused by IAM is made anew, once, if it is at least this old: a refusal of a fresh one is final. */
export const DENIED_SESSION_RENEW_AFTER_MS = 5_000;

/** Regions and roles that one grant may list; a caller's own roles take ROLES_MAX_BYTES at most. */
export const GRANT_REGIONS_MAX = 50;
export const GRANT_ROLES_MAX = 50;
export const ROLE_MAX_CHARS = 256;

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

/** Bytes of a file of prices. AWS's Price List of Bedrock in one region is about 1 MB; that of all regions hundreds. */
export const PRICE_FILE_MAX_BYTES = 33_554_432;

/** Signing keys kept for one session's credentials: one for each day, region and service that they are used on. */
export const SIGNING_KEYS_MAX = 8;
