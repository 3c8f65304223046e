/** Answers that are kept for a while, so that they can be read by their id. */

/** Minutes after an answer can have ended at the latest, for which it can be read, and the most that a stage may ask for: 30 days. */
export const ANSWER_MINUTES = 60;
export const ANSWER_MINUTES_MAX = 43_200;

/** Milliseconds between two signs of life of an answer that is being made: also in which a cancellation is seen. */
export const ANSWER_BEAT_MS = 5_000;

/** Milliseconds without one, after which whoever reads the answer says that it has failed: several beats, and their attempts. */
export const ANSWER_LEASE_MS = 30_000;

/** Milliseconds, and bytes, for which pieces of an answer wait for each other before they are written together. */
export const ANSWER_BATCH_MS = 1_000;
export const ANSWER_BATCH_BYTES = 65_536;

/** Bytes of one item, whose bound is 400 KB with its names; a longer answer is several. */
export const ANSWER_ITEM_BYTES = 300_000;

/** Milliseconds between two looks for what has been added to an answer that is being read as a stream. */
export const ANSWER_LOOK_MS = 500;

/** Milliseconds in which a call that is refused at once is still refused, before its answer is said to be on its way. */
export const BACKGROUND_REFUSAL_MS = 1_000;
