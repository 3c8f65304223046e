/** Answered without a token, at every door: a health check has none, and a client reads the description before it has one. */
export const OPEN_PATHS = ['/health', '/openapi.json', '/docs'] as const;
