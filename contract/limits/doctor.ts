/** What one look at a stage takes at most, and from which number on what it sees is told. */

/**
 * Milliseconds that one check may take on a stage and on the laptop, and before them AWS to say whose the credentials are: checks run side
 * by side, and the whole in ten and three seconds.
 */
export const IDENTITY_MS = 3_500;
export const CHECK_STAGE_MS = 6_000;
export const CHECK_LAPTOP_MS = 2_500;

/** Seconds. Signatures are refused beyond five minutes (SigV4), and a token's `iat` beyond a minute. */
export const CLOCK_WRONG_SECONDS = 60;
export const CLOCK_WARN_SECONDS = 5;

/** Days before something ends from which on it is told. */
export const ENDS_WITHIN_DAYS = 30;
export const RUNTIME_ENDS_WITHIN_DAYS = 90;

/** Hours since the last run of the aggregation: it runs hourly, and on the laptop once a minute. */
export const RUN_MISSING_HOURS = 2;

/** Hours for which lines may lie in the bucket before a run has taken them up. */
export const RAW_WAITS_HOURS = 2;

/** Functions that an account runs at once: what AWS gives an account that asks for it, and what a new one has. */
export const CONCURRENCY_USUAL = 1_000;
export const CONCURRENCY_NEW = 10;

/** Bytes free on the disk of the laptop's data. */
export const DISK_WARN_BYTES = 1_073_741_824;
export const DISK_WRONG_BYTES = 104_857_600;

/** Hours of past metrics that an alarm that stands for several is told apart by. */
export const FAULT_HOURS = 3;

/** Bytes of an answer of AWS: a template has at most a megabyte, and is escaped. */
export const ANSWER_MAX_BYTES = 8_388_608;

/**
 * When Lambda stops supporting a runtime (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html): the end of the month in which
 * Node's own support ends.
 */
export const RUNTIME_ENDS: Readonly<Record<string, string>> = {
  'nodejs18.x': '2025-09-01',
  'nodejs20.x': '2026-04-30',
  'nodejs22.x': '2027-04-30',
  'nodejs24.x': '2028-04-30',
};
