/** Models that answer otherwise than they did: what is compared, and by how much it must differ (docs/monitoring.md). */

/** Hours, this one included, whose answers are compared: a day, so that no hour of one stands against those of others. */
export const MONITORED_HOURS = 24;

/** Days before them whose answers they are compared with, where no others were named: a week has the same days as any other. */
export const BASELINE_DAYS = 7;

/** Answers that both must have. Of fewer a mean or a rate says little of the next ones. */
export const MONITORED_ANSWERS = 200;

/**
 * Standard errors by which both must differ: by chance one comparison in two million does, and each hour has some ten of each
 * model. Calls come in bursts and depend on each other, which a lesser bound would not bear.
 */
export const DRIFT_ERRORS = 5;

/** By how much they must differ, because of many answers any difference is certain, and most are of no interest. */
export const DRIFT_POINTS = 0.01;
export const DRIFT_ODDS = 2;
export const DRIFT_LENGTH = 1.25;
export const DRIFT_LATENCY = 1.5;
