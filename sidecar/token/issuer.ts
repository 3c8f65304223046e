import * as oauth from 'oauth4webapi';
import { METADATA_MEMORY_MS } from '../../contract/limits/tokens.ts';
import { isRecent } from '../../contract/recent.ts';
import { type AskInit, bounded } from './ask.ts';
import type { ClientAuth } from './client-auth.ts';
import { TokenFault } from './fault.ts';
import type { Fetch } from './fetch.ts';
import { heldToken } from './life.ts';
import type { Time } from './time.ts';
import type { HeldToken } from './token.ts';

export interface IssuerOptions {
  /** The issuer's identifier, from which its metadata are discovered. */
  issuer: string;
  clientId: string;
  auth: ClientAuth;
  fetch: Fetch;
  time: Time;
}

/** What a token is to be good for, in the words of the issuer: each of `scope`, `audience` and `resource` that it wants. */
export type Wanted = Readonly<Record<string, string>>;

export interface Granted extends HeldToken {
  refreshToken: string | undefined;
}

export interface Issuer {
  /**
   * A token for a grant.
   *
   * @throws TokenFault `refused` with the code of RFC 6749 section 5.2, and those of `bounded`
   */
  grant(type: string, parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Granted>;
  /** RFC 8628 section 3.1. */
  device(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<oauth.DeviceAuthorizationResponse>;
}

/**
 * The authorization server: its metadata by discovery (OpenID Connect Discovery 1.0, else RFC 8414), remembered for a while, and
 * one form of asking for every grant.
 */
export function createIssuer({ issuer, clientId, auth, fetch, time }: IssuerOptions): Issuer {
  let known: { server: oauth.AuthorizationServer; at: number } | undefined;
  /** Milliseconds by which the issuer's clock is ahead, as its last answer had it. */
  let aheadMs: number | undefined;
  /** Which of the ways to name the client was the last that was taken. */
  let taken = 0;

  const asking = (signal: AbortSignal) => {
    const ask = bounded(fetch, signal);
    const timed = async (url: string, init: AskInit): Promise<Response> => {
      const response = await ask(url, init);
      const date = Date.parse(response.headers.get('date') ?? '');
      aheadMs = Number.isNaN(date) ? undefined : date - time.now();
      return response;
    };
    // Its own rule of https knows no loopback; `bounded` holds ours.
    return { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: timed, signal };
  };

  /** As the issuer sees it: it judges the times in what a client signs. */
  const client = (): oauth.Client => ({
    client_id: clientId,
    [oauth.clockSkew]: Math.round((aheadMs ?? 0) / 1_000),
    // What comes beside the access token is not used, and so no reason to be without one.
    [oauth.clockTolerance]: METADATA_MEMORY_MS / 1_000,
  });

  const discovered = async (signal: AbortSignal): Promise<oauth.AuthorizationServer> => {
    if (known !== undefined && isRecent(known.at, METADATA_MEMORY_MS, time.monotonic())) return known.server;
    const url = new URL(issuer);
    const ask = (algorithm: 'oidc' | 'oauth2') => oauth.discoveryRequest(url, { algorithm, ...asking(signal) });
    let response = await ask('oidc');
    if (response.status === 404) response = await ask('oauth2');
    const server = await oauth.processDiscoveryResponse(url, response);
    known = { server, at: time.monotonic() };
    return server;
  };

  /** Metadata that led to a failure may be old. */
  const reading = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      known = undefined;
      throw await faultOf(error);
    }
  };

  const granted = async (
    server: oauth.AuthorizationServer,
    way: oauth.ClientAuth,
    type: string,
    parameters: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Granted> => {
    const askedAt = time.now();
    const response = await oauth.genericTokenEndpointRequest(
      server,
      client(),
      way,
      type,
      { ...parameters },
      asking(signal),
    );
    const answer = await oauth.processGenericTokenEndpointResponse(server, client(), response, {
      recognizedTokenTypes,
    });
    // Bound to a key that the gateway would have to be shown (RFC 9449): nothing that can be sent as it is.
    if (answer.token_type === 'dpop') throw new TokenFault('bad-answer', { error: 'dpop' });
    const { access_token: token, expires_in: expiresIn, refresh_token: refreshToken } = answer;
    return { ...heldToken({ token, askedAt, expiresIn, isNew: true }), refreshToken };
  };

  return {
    grant: (type, parameters, signal) =>
      reading(async () => {
        const server = await discovered(signal);
        const ways = await auth(server, signal);
        for (let tried = 0; ; tried++) {
          const way = ways[(taken + tried) % ways.length] ?? oauth.None();
          try {
            const token = await granted(server, way, type, parameters, signal);
            taken = (taken + tried) % ways.length;
            return token;
          } catch (error) {
            const fault = await faultOf(error);
            if (fault.error !== 'invalid_client' || tried + 1 >= ways.length) throw fault;
          }
        }
      }),
    device: (parameters, signal) =>
      reading(async () => {
        const server = await discovered(signal);
        const [way = oauth.None()] = await auth(server, signal);
        const response = await oauth.deviceAuthorizationRequest(
          server,
          client(),
          way,
          { ...parameters },
          asking(signal),
        );
        return await oauth.processDeviceAuthorizationResponse(server, client(), response);
      }),
  };
}

/** RFC 8693 section 2.2.1: `N_A` where what was issued is no access token; it is sent as Bearer all the same. */
const recognizedTokenTypes = { n_a: () => {} };

/** What the library throws, without the answers that it carries along. */
async function faultOf(error: unknown): Promise<TokenFault> {
  if (error instanceof TokenFault) return error;
  if (error instanceof oauth.ResponseBodyError)
    return new TokenFault('refused', { error: error.error, status: error.status });
  // RFC 6749 section 5.2: a refused client is told so by a challenge, too, of which the library looks at that alone.
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    const body = (await error.response.json().catch(() => ({}))) as { error?: unknown };
    return new TokenFault('refused', { error: body?.error ?? error.cause[0]?.parameters.error, status: error.status });
  }
  return new TokenFault('bad-answer', { error: (error as { code?: unknown }).code });
}
