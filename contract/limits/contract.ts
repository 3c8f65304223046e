/** What crosses from one room into others: what may come in, how callers are named, what they are told, and what API Gateway allows. */

/** Characters of a tenant id and of a principal. 64 is more than any GUID; 256 holds every provider's `sub`. */
export const TENANT_ID_MAX_CHARS = 64;
export const PRINCIPAL_MAX_CHARS = 256;

/** Characters of a registry model id. */
export const MODEL_ID_MAX_CHARS = 64;

/** Entries that one call may use beside the one that it calls: a model, and another that orders what that one reads. */
export const BESIDE_MAX = 2;

/** Characters by which the broker is asked for one place of a model: an ARN, or two, or an ARN and a model's path of 1,024. */
export const PLACE_NAME_MAX_CHARS = 2_048;

/** Characters of the name of a flow's execution (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_StartFlowExecution.html). */
export const EXECUTION_MAX_CHARS = 36;

/** Characters of a whole Authorization header. A bearer token beyond 8 KB is refused before anything is decoded. */
export const TOKEN_MAX_CHARS = 8_192;

/** Seconds since 1970. The last second of the year 9999; an `exp` written in milliseconds by mistake lies beyond it. */
export const TOKEN_TIME_MAX_SECONDS = 253_402_300_799;

/** Bytes of an authorizer answer's context. API Gateway's own limit is not published; 4 KB is known to pass. */
export const CONTEXT_MAX_BYTES = 4_096;

/** Bytes of it that the seal takes: its members' names, a version of 32 to 64 characters and a SHA-256 in base64url. */
export const SEAL_MAX_BYTES = 128;

/** Seconds. How long API Gateway keeps an authorizer answer: the bound on a retirement's delay. 0 to 3,600 in AWS. */
export const AUTHORIZER_TTL_SECONDS = 60;

/** Seconds. Tollgate's own ceiling on that setting: longer, and a retired model would answer for minutes. */
export const AUTHORIZER_TTL_MAX_SECONDS = 300;

/** Bytes of a request body. Lambda takes 6 MB for the whole event, base64 included (4/3), so 4 MiB of body fit. */
export const BODY_MAX_BYTES = 4_194_304;

/** Levels of nesting in a request's JSON. The deepest tool schema seen is under 30. */
export const JSON_MAX_DEPTH = 64;

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

/** Milliseconds to open a connection to AWS; a reachable endpoint answers in a few. */
export const CONNECT_TIMEOUT_MS = 2_000;

/** Characters of a place in S3 that a call names: what SageMaker takes, and what a key of S3 may have in bytes. */
export const PLACE_MAX_CHARS = 1_024;
