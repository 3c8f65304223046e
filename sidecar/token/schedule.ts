import {
  BACKOFF,
  ENDS_EARLY_MAX_MS,
  ENDS_EARLY_SHARE,
  RENEW_AFTER,
  RENEW_PAUSE_MS,
  RETRY_AFTER_MAX_MS,
} from '../../contract/limits/tokens.ts';
import type { TokenFault } from './fault.ts';

/** From 0 up to 1, 1 itself not. */
export type Random = () => number;

/** @returns milliseconds for which a token with that much life left can still be sent; 0 or less: it has ended */
export function usableMs(lifeMs: number): number {
  return lifeMs - Math.min(lifeMs * ENDS_EARLY_SHARE, ENDS_EARLY_MAX_MS);
}

/** @returns milliseconds after which a token with that much life left is renewed */
export function renewAfterMs(lifeMs: number, random: Random): number {
  const share = RENEW_AFTER.least + (RENEW_AFTER.most - RENEW_AFTER.least) * random();
  return Math.max(usableMs(lifeMs) * share, RENEW_PAUSE_MS);
}

/** @param failures in a row, 1 or more @returns milliseconds after which it is tried again */
export function backoffMs(
  failures: number,
  { reason, retryAfterMs = 0 }: Pick<TokenFault, 'reason' | 'retryAfterMs'>,
  random: Random,
): number {
  const { firstMs, mostMs } = BACKOFF[reason === 'refused' ? 'refused' : 'unreachable'];
  const most = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), mostMs);
  return Math.max(most / 2 + (most / 2) * random(), Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}
