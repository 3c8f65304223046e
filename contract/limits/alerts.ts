/** What is told to people, and how it is delivered. */

/** Receivers of a stage, which are one item of the registry; and characters of a URL: Slack's have under 100. */
export const ALERTS_MAX = 100;
export const WEBHOOK_MAX_CHARS = 2_048;

/** Milliseconds for one request to a receiver; those of an event are asked at once, within a function's 30 seconds. */
export const ALERT_TIMEOUT_MS = 10_000;

/** Characters of a subject (SNS takes fewer than 100). */
export const ALERT_SUBJECT_MAX_CHARS = 99;

/** Tenants that are named in an alert: all of a stage's could be more than an event holds (256 kB). */
export const ALERT_HOLDERS_MAX = 200;

/** Days before a model's end at which it is told, once each. */
export const MODEL_END_DAYS = [90, 30, 7];
