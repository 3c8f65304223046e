/** What an entry of the registry may hold, and how it is read. */

/** Characters of a client id and of an issuer: the longest client ids are URLs. */
export const CLIENT_ID_MAX_CHARS = 512;
export const ISSUER_MAX_CHARS = 512;

/**
 * Milliseconds. How long a function remembers a registry item that it read, and never longer than the authorizer's answer
 * is kept: it adds to that time, so who turns the cache off must not find another one behind it.
 */
export const REGISTRY_MEMORY_MS = 5_000;

/** Milliseconds for one registry read with its retries; past it the answer is 503. */
export const REGISTRY_TIMEOUT_MS = 2_000;

/** Items of each kind that a function remembers for REGISTRY_MEMORY_MS; beyond it the oldest goes. */
export const REGISTRY_MEMORY_MAX = 1_000;

/** Keys of one BatchGetItem (DynamoDB's own limit). */
export const REGISTRY_BATCH_MAX = 100;

/** Attempts at the keys that a BatchGetItem left unprocessed, with backoff; the time limit usually ends it sooner. */
export const REGISTRY_BATCH_ATTEMPTS = 8;

/** Aliases of a stage, which are one item and read with it; and models of one alias: what is tried beside what is known. */
export const ALIASES_MAX = 100;
export const ALIAS_MODELS_MAX = 10;

/** Characters of a cost centre, a session tag (STS allows 256); and of a name for people. */
export const COST_CENTER_MAX_CHARS = 64;
export const DISPLAY_NAME_MAX_CHARS = 100;

/** Characters of one member of a model's provenance: a sentence, a link, the URI of an artifact in S3 (1,024 of a key). */
export const PROVENANCE_MAX_CHARS = 1_100;

/** Tokens of a model's context or answer: the largest context of 2026 is 10 million. */
export const MODEL_TOKENS_MAX = 1_000_000_000;

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

/** Regions, roles and principals that one grant may list; a caller's own roles take ROLES_MAX_BYTES at most. */
export const GRANT_REGIONS_MAX = 50;
export const GRANT_ROLES_MAX = 50;
export const GRANT_PRINCIPALS_MAX = 50;

/** Use cases that one term may list, each with a guardrail of some 100 bytes in a caller's context; and characters of one's name. */
export const GRANT_USE_CASES_MAX = 10;
export const USE_CASE_MAX_CHARS = 32;

/** Terms of one grant beside its first: each is for callers of its own, and who has hundreds has a directory with roles. */
export const GRANT_TERMS_MAX = 20;

/**
 * Bundles of a stage, and models of one. Every look-up of a tenant reads them all, at most every REGISTRY_MEMORY_MS: 100 of 50
 * models are some 130 KB.
 */
export const BUNDLES_MAX = 100;
export const BUNDLE_MODELS_MAX = 200;

/** What a tenant's entry lists; it is read with every look-up. */
export const TENANT_PEOPLE_MAX = 20;
export const TENANT_ISSUERS_MAX = 20;
export const TENANT_LABELS_MAX = 50;
export const LABEL_KEY_MAX_CHARS = 63;
export const LABEL_VALUE_MAX_CHARS = 256;
export const ROLE_MAX_CHARS = 256;

/** Bytes of a file of prices. AWS's Price List of Bedrock in one region is about 1 MB; that of all regions hundreds. */
export const PRICE_FILE_MAX_BYTES = 33_554_432;

/**
 * Bytes of a file of entries: JSON of 100,000 grants with some restrictions each. YAML takes some hundred times its size of
 * memory to be read, and a second for every megabyte.
 */
export const FILE_MAX_BYTES = 33_554_432;
export const YAML_FILE_MAX_BYTES = 16_777_216;

/** Problems of one file that are told; those that follow usually follow from them. */
export const FILE_PROBLEMS_MAX = 100;

/** Items of one transaction (DynamoDB's own limit). */
export const WRITES_MAX = 100;

/** Attempts at the next number of the log: others edit at the same time, and each of them takes one. */
export const LOG_ATTEMPTS = 12;

/** Milliseconds by which an operator's clock may differ from the table's before an edit says so; Date is told in seconds. */
export const CLOCK_SKEW_MS = 5_000;

/** Edits above which all of the registry is read at once: each is two keys, and a hundred keys are a request. */
export const BULK_READ_WHOLE = 5_000;

/** Characters, of 31, that tell the plans of one day apart. */
export const PLAN_ID_CHARS = 6;
