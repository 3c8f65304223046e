import * as oauth from 'oauth4webapi';
import type { Config } from '../config.ts';

/** Authorization code with PKCE (RFC 7636), state and nonce, by a public client: what is sent to the provider and read of it. */

export interface Tokens {
  access: string;
  /** Milliseconds since 1970, by this machine’s clock. */
  expiresAt: number;
  refresh?: string;
  /** Only to be shown to the provider at sign-out. */
  id?: string;
}

/** What has to be remembered from the way out until the way back. Useless without the code that comes back. */
export interface Pending {
  state: string;
  nonce: string;
  verifier: string;
  /** The hash to go on at. */
  returnTo: string;
}

/** The provider and this client of it. */
export interface Provider {
  server: oauth.AuthorizationServer;
  client: oauth.Client;
  config: Config;
  redirectUri: string;
}

/** Where a provider does not say for how long a token is good. */
const SECONDS_UNTOLD = 300;

/** The library refuses http; an issuer on this very machine is the one exception. */
function options({ issuer }: Config) {
  const { protocol, hostname } = new URL(issuer);
  const loopback =
    protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost' || hostname === '[::1]');
  return { [oauth.allowInsecureRequests]: loopback };
}

/** @throws whatever the library does for a provider that does not answer, or not as OpenID Connect Discovery has it */
export async function discover(config: Config, redirectUri: string): Promise<Provider> {
  const issuer = new URL(config.issuer);
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options(config)));
  return { server, client: { client_id: config.clientId }, config, redirectUri };
}

/** @param silent without a page: the provider’s session is used, or there is an error. @returns where to go, and what to remember */
export async function authorization(
  { server, client, config, redirectUri }: Provider,
  { silent, returnTo }: { silent: boolean; returnTo: string },
): Promise<{ url: string; pending: Pending }> {
  const verifier = oauth.generateRandomCodeVerifier();
  const pending = { state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier, returnTo };
  const url = new URL(server.authorization_endpoint ?? '');
  const scopes = new Set(['openid', ...(config.scope ?? '').split(' ').filter(Boolean)]);
  const parameters = {
    ...{ client_id: client.client_id, redirect_uri: redirectUri, response_type: 'code' },
    scope: [...scopes].join(' '),
    ...(config.resource === undefined ? {} : { resource: config.resource }),
    ...{ code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
    ...{ state: pending.state, nonce: pending.nonce },
    ...(silent ? { prompt: 'none' } : {}),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url: url.href, pending };
}

/**
 * @param search what the provider sent the browser back with
 * @throws AuthorizationResponseError where it refused (see `needsPerson`); others for an answer that is not to be believed
 */
export async function redeem(provider: Provider, search: URLSearchParams, pending: Pending): Promise<Tokens> {
  const { server, client, config, redirectUri } = provider;
  const parameters = oauth.validateAuthResponse(server, client, search, pending.state);
  const response = await oauth.authorizationCodeGrantRequest(
    ...([server, client, oauth.None(), parameters, redirectUri, pending.verifier] as const),
    { ...options(config), ...resourceOf(config) },
  );
  const answer = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: pending.nonce,
    requireIdToken: true,
  });
  return tokensOf(answer);
}

/** @throws ResponseBodyError where it is not good any more */
export async function renew({ server, client, config }: Provider, held: Tokens): Promise<Tokens> {
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), held.refresh ?? '', {
    ...options(config),
    ...resourceOf(config),
  });
  const answer = await oauth.processRefreshTokenResponse(server, client, response);
  // A provider that does not rotate sends none again.
  return { ...held, ...tokensOf(answer) };
}

/** Takes the refresh token back at the provider, if it can; nobody waits for it. */
export async function revoke({ server, client, config }: Provider, { refresh }: Tokens): Promise<void> {
  if (refresh === undefined || server.revocation_endpoint === undefined) return;
  await oauth.revocationRequest(server, client, oauth.None(), refresh, options(config)).catch(() => undefined);
}

/** @returns where the provider’s own session is ended; undefined: it has no such page */
export function endOfSession({ server, client, redirectUri }: Provider, { id }: Partial<Tokens>): string | undefined {
  if (server.end_session_endpoint === undefined) return undefined;
  const url = new URL(server.end_session_endpoint);
  url.searchParams.set('client_id', client.client_id);
  url.searchParams.set('post_logout_redirect_uri', redirectUri);
  // Cognito’s name of the same.
  url.searchParams.set('logout_uri', redirectUri);
  if (id !== undefined) url.searchParams.set('id_token_hint', id);
  return url.href;
}

/** Whether a silent attempt ended only because somebody has to sign in. */
export function needsPerson(error: unknown): boolean {
  return (
    error instanceof oauth.AuthorizationResponseError &&
    ['login_required', 'interaction_required', 'consent_required', 'account_selection_required'].includes(error.error)
  );
}

/** Whether the provider refused, and not only failed to answer. */
export function isRefused(error: unknown): boolean {
  return error instanceof oauth.ResponseBodyError && error.status < 500;
}

function resourceOf({ resource }: Config) {
  return resource === undefined ? {} : { additionalParameters: { resource } };
}

function tokensOf(answer: oauth.TokenEndpointResponse): Tokens {
  return {
    access: answer.access_token,
    expiresAt: Date.now() + (answer.expires_in ?? SECONDS_UNTOLD) * 1000,
    ...(answer.refresh_token === undefined ? {} : { refresh: answer.refresh_token }),
    ...(answer.id_token === undefined ? {} : { id: answer.id_token }),
  };
}
