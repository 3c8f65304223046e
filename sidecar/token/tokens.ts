import { TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import type { Clock, WriteLine } from '../../contract/log.ts';
import { logLine } from '../../contract/log.ts';
import type { HeldToken, TokenSource, Tokens } from './token.ts';

export interface TokensOptions {
  source: TokenSource;
  clock: Clock;
  write: WriteLine;
}

/** Keeps a source's token: asked for once for all who wait, and again when it has ended. */
export function createTokens({ source, clock, write }: TokensOptions): Tokens {
  const stopped = new AbortController();
  let held: HeldToken | undefined;
  let asking: Promise<HeldToken> | undefined;
  let renewals = 0;
  let failures = 0;

  const ask = async (): Promise<HeldToken> => {
    try {
      held = await source(stopped.signal);
      renewals++;
      write(logLine(clock(), { event: 'token-renewed', expiresAt: held.expiresAt }));
      return held;
    } catch (cause) {
      failures++;
      const { code = 'unknown' } = cause as NodeJS.ErrnoException;
      write(logLine(clock(), { event: 'token-not-renewed', level: 'error', code }));
      throw new TollgateError('unavailable', {
        reason: 'token-unavailable',
        message: 'The sidecar has no valid token; try again later.',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
        cause,
      });
    } finally {
      asking = undefined;
    }
  };

  const valid = (): boolean => held !== undefined && held.expiresAt > clock();
  const current = (): HeldToken | Promise<HeldToken> => {
    if (held !== undefined && held.expiresAt > clock()) return held;
    asking ??= ask();
    return asking;
  };
  return {
    current,
    state: () => ({ valid: valid(), expiresAt: held?.expiresAt, renewals, failures, fault: undefined }),
    start() {
      void Promise.resolve(current()).catch(() => {});
    },
    stop: () => stopped.abort(),
    refused(token) {
      if (held?.token === token) held = undefined;
    },
  };
}
