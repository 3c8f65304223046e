import { TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';

/**
 * A question to a table, with its retries, in bounded time.
 *
 * @param ms milliseconds
 * @param reason of the error when they run out
 * @throws TollgateError `unavailable`, or what `ask` throws
 */
export async function within<T>(ms: number, reason: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const answer = ask(controller.signal);
  const { promise: expiry, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    // The abort alone would not do: a pause between two attempts need not listen to it.
    reject(new TollgateError('unavailable', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS }));
    // Nobody waits any more for what it rejects with.
    answer.catch(() => {});
    controller.abort();
  }, ms);
  try {
    return await Promise.race([answer, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
