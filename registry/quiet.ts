const nothing = (): void => {};

/**
 * What a client of the table is built with. For its log the SDK copies each question and each answer, member by member and without
 * what is sensitive, and where there is no log throws the copies away. Of a logger that has no `info` it makes none
 * (`loggerMiddleware` of @aws-sdk/core): of 50 items that is as much work as to read them.
 */
export const QUIET = {
  logger: { debug: nothing, warn: nothing, error: nothing } as Record<'debug' | 'info' | 'warn' | 'error', () => void>,
};
