/** Keys of the gateway, for clients that cannot sign in. */

/** Characters of a key's id, of 36 each (62 bits), and of its secret, of 62 each (238 bits): nobody finds one by trying. */
export const KEY_ID_CHARS = 12;
export const KEY_SECRET_CHARS = 40;

/** Days for which a key is good unless told, and at most unless the stage says otherwise; and the most that a stage may say. */
export const KEY_DAYS = 90;
export const KEY_DAYS_MAX = 365;
export const KEY_DAYS_CEILING = 1_825;

/** Hours for which a key's former secret is good after it was rotated, unless told; and at most: a week to deploy the new one. */
export const KEY_OVERLAP_HOURS = 24;
export const KEY_OVERLAP_HOURS_MAX = 168;

/** Characters of a key's name. */
export const KEY_NAME_MAX_CHARS = 64;

/** Models, and networks, that one key may be narrowed to: they travel in the authorizer's context, which is small. */
export const KEY_MODELS_MAX = 50;
export const KEY_NETWORKS_MAX = 20;

/** Keys that one owner may have at a time, and one tenant for its services. */
export const KEYS_PER_OWNER_MAX = 20;
export const KEYS_PER_TENANT_MAX = 500;

/** Milliseconds between two notes of when a key was used. */
export const KEY_USE_NOTED_MS = 3_600_000;

/** Seconds for which such a note is kept: longer than any key is good unused. */
export const KEY_USE_KEPT_SECONDS = 157_680_000;
