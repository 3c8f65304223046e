/** A model of several places: how often, how long and where a call is tried. */

/** Places of one model: every region that sells a model, in two accounts. */
export const PLACES_MAX = 32;

/** A place's share beside the others', a whole number: finer than one in a thousand is no share that anyone could see. */
export const WEIGHT_MAX = 1_000;

/**
 * Attempts at one call, wherever. AWS's Bedrock Connect Helper has 5 and recommends 3 to 5; past 10 a caller has waited for
 * nothing, and each attempt has a line in the ledger.
 */
export const ATTEMPTS = 5;
export const ATTEMPTS_MAX = 10;

/** Other models that one may be answered by: whose caller has waited for four has waited for nothing. */
export const FALLBACKS_MAX = 3;

/** Attempts at one call in one region: a busy place is rarely less busy at once, and another one is there. */
export const ATTEMPTS_PER_REGION = 1;
export const ATTEMPTS_PER_REGION_MAX = 5;

/**
 * Seconds before a place that failed is tried again, by one call. The helper's hour is the most: who lost a region for a minute
 * would miss it for all of that.
 */
export const COOLDOWN_SECONDS = 30;
export const COOLDOWN_MAX_SECONDS = 3_600;

/**
 * Seconds to the first byte of one attempt. An answer in one piece has its first byte when it is whole, so what is short for a
 * stream would break off, and pay for twice, what only takes long: as long as the call's own limit unless told (FIRST_BYTE_MS).
 */
export const ATTEMPT_SECONDS = 300;

/**
 * Milliseconds for which a place is passed over that throttles for the first time in a while, and at least: so many that calls
 * behind it are spared, and so few that nobody misses the place. It grows while more than half of what is sent comes back: the
 * factor is what a simulation of places that throttle 3 in 10 gives the most calls with (test/bench/routing).
 */
export const THROTTLE_PAUSE_MS = 250;
export const PAUSE_MIN_MS = 1;
export const THROTTLE_GROWTH = 1.5;

/** And at most this share of the time since it last throttled: what throttles often, and still takes most, is used for all of that. */
export const THROTTLE_SHARE = 0.05;

/** How much of a place's latency is the newest call's, and milliseconds in which one that is not asked is thought to be half as slow. */
export const LATENCY_WEIGHT = 0.2;
export const LATENCY_HALF_LIFE_MS = 60_000;

/** Places whose health a process remembers; beyond it the one that was met first goes. Some hundred bytes each. */
export const HEALTH_MAX = 10_000;

/**
 * What processes tell each other, and their log, of places that cool. Milliseconds: the shortest cooling that is told, for a shorter one is over
 * before it is read; and how old what was read may be when a call asks for it anew.
 */
export const SHARED_MIN_MS = 1_000;
export const SHARED_READ_MS = 5_000;

/** Attempts at one write, each by what the one before found; between them only other processes' luck. */
export const SHARED_ATTEMPTS = 3;

/** Seconds after which nobody asks any more how long a place cooled, and names of such places that one write removes. */
export const SHARED_KEPT_SECONDS = 86_400;
export const SHARED_REMOVALS_MAX = 20;
