/** Reading what AWS has, to compare the registry with it. */

/**
 * Attempts at each request, requests at once in a region, things of a page (SageMaker's most), milliseconds
 * before a request is made again, doubled each time, and bytes of a page. Control planes take a few requests a second.
 */
export const SYNC_ATTEMPTS = 6;
export const SYNC_AT_ONCE = 4;
export const SYNC_PAGE = 100;
export const SYNC_RETRY_MS = 200;
export const SYNC_ANSWER_MAX_BYTES = 4_194_304;
