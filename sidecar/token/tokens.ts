import { TollgateError } from '../../contract/errors.ts';
import { REFUSED_PAUSE_MS, TICK_MS, TOKEN_WAIT_MS } from '../../contract/limits/tokens.ts';
import { logLine, type WriteLine } from '../../contract/log.ts';
import { TokenFault } from './fault.ts';
import { backoffMs, type Random, renewAfterMs, usableMs } from './schedule.ts';
import type { Time } from './time.ts';
import type { HeldToken, TokenSource, Tokens } from './token.ts';

export interface TokensOptions {
  source: TokenSource;
  /** Milliseconds between two looks at a source that others renew; undefined: it is asked as its token's life demands. */
  pollMs?: number | undefined;
  time: Time;
  random: Random;
  write: WriteLine;
}

/** A moment on both clocks; it has come when either says so. */
interface Moment {
  wall: number;
  monotonic: number;
}

/**
 * Keeps a source's token, with these bounds:
 * - it is asked for once for all who wait, and before the last one ends, so that a call waits for it at the first start alone, or
 *   when there was none to be had;
 * - while there is none to be had, the last one is sent until shortly before its end; past that a call is refused at once, with the
 *   seconds until the next try;
 * - a call that has to wait does so for TOKEN_WAIT_MS;
 * - the gateway's 401 to a token that has not ended leads to one renewal in REFUSED_PAUSE_MS, for which the next calls wait.
 */
export function createTokens({ source, pollMs, time, random, write }: TokensOptions): Tokens {
  const stopped = new AbortController();
  let held: HeldToken | undefined;
  let ends: Moment = { wall: 0, monotonic: 0 };
  /** Of a token that is held: when to renew it. */
  let renews: Moment = ends;
  /** While it fails: when to try again. Of the one clock, for a pause is no date. */
  let retriesAt = 0;
  let fault: TokenFault | undefined;
  let inARow = 0;
  let renewals = 0;
  let failures = 0;
  let asking: Promise<void> | undefined;
  let offTimer = (): void => {};
  let refusedAt = Number.NEGATIVE_INFINITY;
  let refusal: Promise<void> | undefined;

  const inMs = (ms: number): Moment => ({ wall: time.now() + ms, monotonic: time.monotonic() + ms });
  const hasCome = ({ wall, monotonic }: Moment): boolean => time.now() >= wall || time.monotonic() >= monotonic;
  const valid = (): HeldToken | undefined => (held === undefined || hasCome(ends) ? undefined : held);
  const due = (): boolean =>
    fault === undefined ? held === undefined || hasCome(renews) : time.monotonic() >= retriesAt;

  const renew = (): Promise<void> => {
    asking ??= ask().finally(() => {
      asking = undefined;
      schedule();
    });
    return asking;
  };

  const ask = async (): Promise<void> => {
    try {
      accept(await source(stopped.signal));
    } catch (error) {
      if (!stopped.signal.aborted) fail(error instanceof TokenFault ? error : new TokenFault('unexpected'));
    }
  };

  const accept = (got: HeldToken): void => {
    const life = got.expiresAt - time.now();
    if (usableMs(life) <= 0) throw new TokenFault('token-ended');
    const renewsInMs = Math.min(renewAfterMs(life, random), pollMs ?? Number.POSITIVE_INFINITY);
    const isNew = got.token !== held?.token;
    held = got;
    ends = inMs(usableMs(life));
    renews = inMs(renewsInMs);
    fault = undefined;
    inARow = 0;
    if (!isNew) return;
    renewals++;
    write(logLine(time.now(), { event: 'token-renewed', lifeSeconds: seconds(life), expiresAt: got.expiresAt }));
  };

  const fail = (thrown: TokenFault): void => {
    fault = thrown;
    failures++;
    inARow++;
    // A look at a file costs nobody anything.
    const retryMs = Math.min(backoffMs(inARow, thrown, random), pollMs ?? Number.POSITIVE_INFINITY);
    retriesAt = time.monotonic() + retryMs;
    const { reason, error, status } = thrown;
    const left = valid();
    write(
      logLine(time.now(), {
        event: 'token-not-renewed',
        level: left === undefined ? 'error' : 'warn',
        reason,
        error,
        status,
        retryInSeconds: seconds(retryMs),
        tokenLeftSeconds: left === undefined ? 0 : seconds(left.expiresAt - time.now()),
      }),
    );
  };

  const schedule = (): void => {
    offTimer();
    if (stopped.signal.aborted) return;
    const next = fault === undefined ? renews.monotonic : retriesAt;
    offTimer = time.after(Math.min(Math.max(next - time.monotonic(), 0), TICK_MS), tick);
  };

  const tick = (): void => {
    if (due()) void renew();
    else schedule();
  };

  /** @throws TollgateError `unavailable` when it takes too long, or there is none after it */
  const waited = async (flight: Promise<void>): Promise<HeldToken> => {
    let off = (): void => {};
    const late = new Promise<void>((resolve) => {
      off = time.after(TOKEN_WAIT_MS, resolve);
    });
    await Promise.race([flight, late]);
    off();
    const token = valid();
    if (token === undefined) throw none();
    return token;
  };

  const none = (): TollgateError => {
    const why = fault === undefined ? '' : ` (${fault.error ?? fault.reason})`;
    return new TollgateError('unavailable', {
      reason: 'token-unavailable',
      message: `The sidecar has no valid token of the identity provider${why}; try again later.`,
      retryAfterSeconds: Math.max(1, seconds(asking === undefined ? retriesAt - time.monotonic() : 0)),
      cause: fault,
    });
  };

  return {
    current() {
      if (refusal !== undefined) return waited(refusal);
      const token = valid();
      if (token !== undefined) {
        if (asking === undefined && due()) void renew();
        return token;
      }
      // It has ended, and nothing went wrong: this machine slept, or this is the first call.
      if (asking === undefined && fault !== undefined && !due()) throw none();
      return waited(renew());
    },
    state: () => ({
      valid: valid() !== undefined,
      expiresAt: held?.expiresAt,
      renewals,
      failures,
      fault: fault?.error ?? fault?.reason,
    }),
    start() {
      void renew();
    },
    stop() {
      stopped.abort();
      offTimer();
    },
    refused(token) {
      if (token !== held?.token || time.monotonic() - refusedAt < REFUSED_PAUSE_MS) return;
      refusedAt = time.monotonic();
      write(logLine(time.now(), { event: 'token-refused-by-gateway', level: 'warn' }));
      refusal = renew().finally(() => {
        refusal = undefined;
      });
    },
  };
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
