import { DEVICE_INTERVAL_SECONDS } from '../../contract/limits/tokens.ts';
import { TokenFault } from './fault.ts';
import type { Granted, Issuer, Wanted } from './issuer.ts';
import { pause, type Time } from './time.ts';
import type { TokenSource } from './token.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * For a person at a terminal (RFC 8628): they are told where to sign in with which code, and once they have, the refresh token
 * serves for as long as the issuer takes it. It is in memory alone: after a restart, or when it is refused, they sign in again.
 *
 * @param tell writes to that person
 */
export function fromDevice(issuer: Issuer, wanted: Wanted, time: Time, tell: (text: string) => void): TokenSource {
  let refreshToken: string | undefined;

  const kept = (granted: Granted): Granted => {
    // RFC 6749 section 6: a new one replaces the old one; none leaves it as it is.
    refreshToken = granted.refreshToken ?? refreshToken;
    return granted;
  };

  const signIn = async (signal: AbortSignal): Promise<Granted> => {
    const asked = await issuer.device(wanted, signal);
    const { device_code, user_code, verification_uri, verification_uri_complete, expires_in } = asked;
    let seconds = asked.interval ?? DEVICE_INTERVAL_SECONDS;
    const until = time.monotonic() + expires_in * 1_000;
    // Of the issuer's words, only what can be shown: a terminal obeys control characters.
    const at = shown(verification_uri_complete ?? verification_uri);
    tell(`\nTo sign in, open ${at} and enter the code ${shown(user_code)}\n\n`);
    while (time.monotonic() < until) {
      await pause(time, seconds * 1_000, signal);
      try {
        const granted = await issuer.grant(GRANT, { device_code }, signal);
        tell('Signed in.\n');
        return granted;
      } catch (error) {
        if (!(error instanceof TokenFault)) throw error;
        // Section 3.5: told to be slower, or not answered, it is.
        if (error.error === 'slow_down' || error.reason === 'unreachable') seconds += DEVICE_INTERVAL_SECONDS;
        else if (error.error !== 'authorization_pending') throw error;
      }
    }
    throw new TokenFault('not-signed-in', { error: 'expired_token' });
  };

  return async (signal) => {
    if (refreshToken === undefined) return kept(await signIn(signal));
    try {
      return kept(await issuer.grant('refresh_token', { refresh_token: refreshToken }, signal));
    } catch (error) {
      if (!(error instanceof TokenFault) || error.error !== 'invalid_grant') throw error;
      refreshToken = undefined;
      return kept(await signIn(signal));
    }
  };
}

function shown(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '').slice(0, 2_048);
}
