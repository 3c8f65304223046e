import { setTimeout as after } from 'node:timers/promises';
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
  const expiry = after(ms, undefined, { signal: controller.signal }).then(() => {
    throw new TollgateError('unavailable', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS });
  });
  const answer = ask(controller.signal);
  try {
    // The abort alone would not do: the SDK's own pause between two attempts does not listen to it.
    return await Promise.race([answer, expiry]);
  } finally {
    controller.abort();
    // Whichever of the two lost is rejected by the abort, and nobody is waiting for it any more.
    for (const loser of [answer, expiry]) loser.catch(() => {});
  }
}
