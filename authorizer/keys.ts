import { asTollgateError, TollgateError } from '../contract/errors.ts';
import type { Algorithm, TrustedIssuer } from '../contract/issuer.ts';
import { JWKS_COOLDOWN_MS, JWKS_LAST_GOOD_MS, JWKS_MAX_AGE_MS } from '../contract/limits/authorizer.ts';
import type { Clock, LogEvent } from '../contract/log.ts';
import { isRecent } from '../contract/recent.ts';
import type { VerificationKey } from './jwk.ts';
import { type Fetch, fetchKeys } from './jwks.ts';

/** The keys of one issuer. */
export interface KeySource {
  /**
   * @returns every key of this id that may verify this algorithm, one at least: nothing keeps an issuer from publishing an
   *   id twice, and which of them signed only the signature tells
   * @throws TollgateError `unauthenticated` with reason unknown-key when the issuer has no such key, or with reason
   *   key-algorithm when its key is for another algorithm; `unavailable` when the issuer did not say
   */
  find(kid: string, algorithm: Algorithm): Promise<readonly VerificationKey[]>;
  /** Resolves while there are keys that are trusted, which may have to be fetched. @throws TollgateError `unavailable` */
  reach(): Promise<void>;
}

export interface KeySourceOptions {
  issuer: TrustedIssuer;
  fetch: Fetch;
  clock: Clock;
  /** Told of what an operator should know and no caller is told: a fetch that failed, keys that cannot be used. */
  report: (event: LogEvent) => void;
}

/**
 * Keys in memory, with these bounds, all published:
 * - a key that the issuer withdrew is refused after JWKS_MAX_AGE_MS, because by then the set has been read again;
 * - while the issuer does not answer, keys read within JWKS_LAST_GOOD_MS stay trusted, and past that nothing is;
 * - an unknown key id makes one fetch for all who ask at once. If the id was not there, the next fetch for any unknown id
 *   waits JWKS_COOLDOWN_MS, so ids made up by an attacker cost the issuer one fetch in that time; after it the next
 *   unknown id is tried again, and so a really new key is accepted JWKS_COOLDOWN_MS after its first refusal at the latest;
 * - a failed fetch is not repeated within JWKS_COOLDOWN_MS.
 */
export function createKeySource({ issuer, fetch, clock, report }: KeySourceOptions): KeySource {
  let known: { keys: readonly VerificationKey[]; at: number } | undefined;
  let failure: { error: TollgateError; at: number } | undefined;
  let missedAt: number | undefined;
  let flight: Promise<void> | undefined;

  const within = (at: number | undefined, span: number): boolean => isRecent(at, span, clock());

  const load = async (): Promise<void> => {
    // The moment before asking: a key withdrawn while the answer travels counts as old from here.
    const at = clock();
    try {
      const { keys, dropped } = await fetchKeys(issuer, fetch);
      known = { keys, at };
      failure = undefined;
      if (dropped > 0) report({ event: 'issuer-keys-unusable', level: 'warn', issuer: issuer.issuer, dropped });
    } catch (thrown) {
      const error = asTollgateError(thrown);
      failure = { error, at: clock() };
      report({ event: 'issuer-unreachable', level: 'warn', issuer: issuer.issuer, reason: error.reason });
    }
  };

  const refresh = async (): Promise<void> => {
    if (within(failure?.at, JWKS_COOLDOWN_MS)) return;
    flight ??= load().finally(() => {
      flight = undefined;
    });
    await flight;
  };

  /** @returns when the keys were read */
  const trusted = (): number => {
    if (known === undefined || !within(known.at, JWKS_LAST_GOOD_MS)) throw undecided(failure?.error);
    return known.at;
  };

  const ofId = (kid: string) => known?.keys.filter((key) => key.kid === kid) ?? [];

  return {
    async find(kid, algorithm) {
      const isOld = !within(known?.at, JWKS_MAX_AGE_MS);
      if (isOld) await refresh();
      else if (ofId(kid).length === 0 && !within(missedAt, JWKS_COOLDOWN_MS)) await refresh();
      const readAt = trusted();
      const candidates = ofId(kid);
      if (candidates.length === 0) {
        // The set we hold may be older than the key: without an answer from the issuer this is not ours to refuse.
        if (failure !== undefined) throw undecided(failure.error);
        missedAt = readAt;
        throw new TollgateError('unauthenticated', { reason: 'unknown-key' });
      }
      const fitting = candidates.filter(({ algorithms }) => algorithms.includes(algorithm));
      if (fitting.length === 0) throw new TollgateError('unauthenticated', { reason: 'key-algorithm' });
      return fitting;
    },
    async reach() {
      if (!within(known?.at, JWKS_MAX_AGE_MS)) await refresh();
      trusted();
    },
  };
}

// A new error each time: one that is shared would carry the first caller's stack to everyone.
function undecided(last: TollgateError | undefined): TollgateError {
  return new TollgateError('unavailable', {
    reason: last?.reason ?? 'jwks-unreachable',
    ...(last?.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: last.retryAfterSeconds }),
  });
}
