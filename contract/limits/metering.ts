/** The ledger, its reports, exports and comparisons. */

/** Milliseconds. A started record without a finished one is unsettled after this: past Lambda's 15 minutes. */
export const UNSETTLED_AFTER_MS = 960_000;

/** Hours. A run looks this far back for late lines (CloudWatch Logs and Firehose retry for 24 h). */
export const LATE_HOURS = 48;

/** Calls whose lines one pass over an hour keeps in memory (105 bytes each, 127 with budgets in dollars; half as much again
 * while it grows); a larger hour is read in more passes. */
export const CALLS_PER_PASS = 1_500_000;

/** Raw objects taken on at once; a backlog is worked off in such steps, each of which is final. */
export const RAW_OBJECTS_PER_STEP = 500;

/** Raw objects read at once for an operator who looks for calls: each is mostly waited for. */
export const OBJECTS_READ_AT_ONCE = 8;

/** Attempts that a page of the log of calls has in memory, of some 1,500 bytes each; a larger hour takes more pages. */
export const CALLS_KEPT = 20_000;

/** Milliseconds after which a page of the log begins no more objects: what it began comes after it, and API Gateway waits 29 s. */
export const LOG_READS_FOR_MS = 8_000;

/** Hours back in which `call show` looks for a request unless told otherwise, and minutes of `call list`. */
export const CALL_SOUGHT_HOURS = 24;
export const CALLS_LISTED_MINUTES = 15;

/** Calls that `call list` shows unless told otherwise, the newest. */
export const CALLS_LISTED = 1_000;

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

/**
 * Tokens, or milliseconds, as which an answer counts at most where answers are compared. Longer ones are none of this world, and
 * the squares of ten million of these fit into a column of 64 bits.
 */
export const TOLD_MAX = 960_000;

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

/** Days, today included, whose use is told before something is taken away: a month shows what runs once in it. */
export const RECENT_DAYS = 30;

/** Days back of which is asked which grants nobody used: a report is read for each. */
export const IDLE_DAYS_MAX = 400;

/** Days that one report may cover. */
export const REPORT_MAX_DAYS = 366;

/** Characters of one line of an AWS bill; one with every column and tag has under 10,000. */
export const BILL_LINE_MAX_CHARS = 1_048_576;

/** Unusable lines of an AWS bill that are named; all are counted. */
export const BILL_REJECTED_LISTED = 100;

/** Rows of each list that is kept of a reconciliation, the greatest: some 200 KB, which a page of many can be read of. */
export const RECONCILED_LISTED = 500;

/** Rows of an AWS bill in Parquet that are in memory at once; a group of rows is read in such parts. */
export const BILL_ROWS_AT_ONCE = 20_000;

/** Days that one UNLOAD may write, as partitions (https://docs.aws.amazon.com/athena/latest/ug/unload.html). */
export const UNLOAD_DAYS_MAX = 100;

/** Bytes of one statement of Athena (https://repost.aws/knowledge-center/athena-query-string-length). */
export const STATEMENT_MAX_BYTES = 262_144;

/** Rows of one answer of `GET /v1/usage`: about 4 MB, below what a function may answer with at once. */
export const USAGE_ROWS_MAX = 10_000;

/** Milliseconds after which a report that somebody waits for reads no more: API Gateway waits 29 s, and what was begun comes after it. */
export const SUMMARY_READS_FOR_MS = 20_000;

/** Objects of days or hours read at a time for it: one of 10,000 tenants has some 12 MB, and the function 512 MB. */
export const SUMMARY_READS_AT_ONCE = 6;

/** Sums that it adds up to: of some 1,300 bytes each, in a function of 512 MB. */
export const SUMMARY_SUMS_MAX = 100_000;

/** Days whose summaries are in memory at once, of up to TENANT_DAY_MAX_BYTES each. */
export const USAGE_DAYS_AT_ONCE = 31;

/** Seconds between two looks at a tenant's live usage, unless told otherwise, and at most. */
export const LIVE_INTERVAL_SECONDS = 5;
export const LIVE_INTERVAL_MAX_SECONDS = 3_600;

/** Hours' objects that a report reads at once: enough to hide S3's answer time, few enough for a laptop's memory. */
export const USAGE_READS_AT_ONCE = 16;

/**
 * Minutes back for which `model targets` tells of calls, and the most: every line that was delivered since is read. An hour
 * shows how a model's calls are spread now.
 */
export const TARGETS_MINUTES = 60;
export const TARGETS_MAX_MINUTES = 1_440;

/**
 * CloudWatch counts a repeated line twice, so some drift is normal: it rings beyond one hundredth of an hour's tokens, and not
 * for fewer than these, which are worth a dollar or two.
 */
export const DRIFT_PERCENT = 1;
export const DRIFT_TOKENS = 100_000;
