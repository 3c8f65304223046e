/** Requests for access: what somebody asks for, and those who grant it see. */

/** Characters of why it is asked for: a few sentences. */
export const REQUEST_WHY_MAX_CHARS = 1_000;

/** Characters of what whoever decides says to it. */
export const REQUEST_NOTE_MAX_CHARS = 1_000;

/** Hexadecimal digits of a request's id: of the requests of one tenant no two have the same (64 bits). */
export const REQUEST_ID_CHARS = 16;

/** Open requests of one caller, and of one tenant, at a time: nobody reads more, and nobody is to fill the table. */
export const REQUESTS_PER_CALLER_MAX = 20;
export const REQUESTS_PER_TENANT_MAX = 500;

/** Days for which a request is kept after the last that was said of it; the history keeps it for good. */
export const REQUEST_KEPT_DAYS = 90;
