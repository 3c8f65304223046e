import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import Provider, { type ClientAuthMetadata, errors, type ResourceServerInfo } from 'oidc-provider';
import { listen } from '../server/listen.ts';
import { DEMO_CLIENTS, type DemoClient } from './clients.ts';
import { browserSignIn, consoleClient, withWhoPage } from './identity/browser.ts';
import { DEVICE_GRANTS, withDevicePage } from './identity/device.ts';
import { EXCHANGE, registerExchange } from './identity/exchange.ts';
import { clientKey, signingKey } from './identity/keys.ts';
import { storedInMemory } from './identity/stored.ts';
import { DEMO_PEOPLE, type DemoPerson } from './people.ts';

export interface IdentityOptions {
  /** 0 is not possible: the port is part of the issuer's name. */
  port: number;
  /** Where its key is kept, so that a token outlives a restart, and those that are made for clients: `<client>.pem`. */
  dataDir: string;
  clients?: readonly DemoClient[];
  /** Who may sign in with a browser. */
  people?: readonly DemoPerson[];
  /** Where the console is served, whose users do; none: nobody does. */
  consoleUrls?: readonly string[];
  /** How long a token lives. */
  tokenSeconds?: number;
  onError(error: Error): void;
}

export interface Identity {
  /** `http://127.0.0.1:<port>`, the `iss` of its tokens. */
  issuer: string;
  close(graceMs: number): Promise<void>;
}

/** What the gateway accepts as `aud`. */
const AUDIENCE = 'tollgate';

/** RFC 8707 wants an absolute URI; the audience above is what the token shows. */
const RESOURCE = 'urn:tollgate:gateway';

/**
 * An OpenID provider for the demo's clients, with RS256 access tokens: client_credentials by a secret, in the body or as Basic, or
 * by `private_key_jwt`; token exchange; the device flow. People sign in to the console by an authorization code with PKCE.
 *
 * @throws TollgateError `bad_setting` when the port is taken
 */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const { port, dataDir, clients = DEMO_CLIENTS, people = DEMO_PEOPLE, tokenSeconds = 900, onError } = options;
  const { consoleUrls = [] } = options;
  const issuer = `http://127.0.0.1:${port}`;
  const claims = new Map(clients.map(({ id, tenant, roles }) => [id, { tenant, roles }]));
  const key = await signingKey(join(dataDir, 'identity-key.json'));
  const resourceServer: ResourceServerInfo = {
    scope: '',
    audience: AUDIENCE,
    accessTokenFormat: 'jwt',
    accessTokenTTL: tokenSeconds,
    jwt: { sign: { alg: 'RS256' } },
  };
  const browser = browserSignIn(people, RESOURCE, port);
  const byClient = await Promise.all(
    clients.map(async ({ id, by }) => ({
      client_id: id,
      grant_types: by === 'person' ? DEVICE_GRANTS : ['client_credentials', EXCHANGE],
      response_types: [],
      redirect_uris: [],
      ...(await authOf(by, join(dataDir, `${id}.pem`))),
    })),
  );
  const provider = new Provider(issuer, {
    adapter: storedInMemory(),
    clients: consoleUrls.length === 0 ? byClient : [...byClient, consoleClient(consoleUrls)],
    jwks: { keys: [key] },
    // A person of the device flow is whoever signed in there.
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => browser.accountClaims(sub) }),
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // Sessions are in memory: a cookie of an earlier start would name none.
    cookies: { keys: [randomBytes(32).toString('base64url')], names: browser.cookieNames },
    interactions: browser.interactions,
    loadExistingGrant: browser.loadExistingGrant,
    renderError: browser.renderError,
    claims: browser.claims,
    // An ID token has the name, too, for the provider has no other way to tell it.
    conformIdTokenClaims: false,
    clientBasedCORS: (_ctx, origin, { redirectUris = [] }) =>
      redirectUris.some((uri) => new URL(uri).origin === origin),
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    responseTypes: ['code'],
    scopes: ['openid'],
    ttl: {
      AccessToken: tokenSeconds,
      AuthorizationCode: 60,
      ClientCredentials: tokenSeconds,
      DeviceCode: 600,
      Grant: 86_400,
      IdToken: tokenSeconds,
      Interaction: 3_600,
      RefreshToken: 86_400,
      Session: 86_400,
    },
    extraTokenClaims: (_ctx, { accountId, clientId }) => claims.get(clientId) ?? browser.tokenClaims(accountId),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      rpInitiatedLogout: browser.rpInitiatedLogout,
      resourceIndicators: {
        enabled: true,
        // A caller need not know the resource's name: there is only one.
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return resourceServer;
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => onError(error));
  registerExchange(provider, key, RESOURCE, resourceServer);
  const { close } = await listen({
    host: '127.0.0.1',
    port,
    onRequest: withWhoPage(provider, people, withDevicePage(provider, RESOURCE)),
  });
  return { issuer, close };
}

async function authOf(by: DemoClient['by'], keyFile: string): Promise<ClientAuthMetadata> {
  if (by === 'person') return { token_endpoint_auth_method: 'none' };
  if (by === 'key')
    return { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [await clientKey(keyFile)] } };
  return { token_endpoint_auth_method: 'client_secret_basic', client_secret: by.secret };
}
