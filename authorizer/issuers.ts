import { TollgateError } from '../contract/errors.ts';
import type { TrustedIssuer } from '../contract/issuer.ts';
import type { Clock, LogEvent } from '../contract/log.ts';
import type { Fetch } from './jwks.ts';
import { createKeySource, type KeySource } from './keys.ts';

/** An issuer and its own keys: kept together, so that one issuer's key cannot vouch for another's name. */
export interface IssuerTrust {
  settings: TrustedIssuer;
  keys: KeySource;
}

/** By the issuer's exact name; a name that differs by a slash or a letter's case is another issuer. */
export type TrustMap = ReadonlyMap<string, IssuerTrust>;

/**
 * Nothing is fetched yet: an issuer that is down when the function starts must not take the others with it.
 *
 * @throws TollgateError `bad_setting` when one issuer is listed twice
 */
export function trustIssuers(
  issuers: readonly TrustedIssuer[],
  { fetch, clock, report }: { fetch: Fetch; clock: Clock; report: (event: LogEvent) => void },
): TrustMap {
  const map = new Map<string, IssuerTrust>();
  issuers.forEach((settings, index) => {
    if (map.has(settings.issuer)) {
      const field = `TOLLGATE_ISSUERS[${index}].issuer`;
      throw new TollgateError('bad_setting', { field, reason: 'bad-issuer', message: `${field} is listed twice.` });
    }
    map.set(settings.issuer, { settings, keys: createKeySource({ issuer: settings, fetch, clock, report }) });
  });
  return map;
}
