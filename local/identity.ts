import { generateKeyPair, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Provider, { errors } from 'oidc-provider';
import { listen } from '../server/listen.ts';
import { DEMO_CLIENTS } from './clients.ts';
import { readIfThere, writeWhole } from './files.ts';

export interface IdentityOptions {
  /** 0 is not possible: the port is part of the issuer's name. */
  port: number;
  /** Where the signing key is kept, so that a token outlives a restart. */
  dataDir: string;
  onError(error: Error): void;
}

export interface Identity {
  /** `http://127.0.0.1:<port>`, the `iss` of its tokens. */
  issuer: string;
  close(graceMs: number): Promise<void>;
}

/** What the gateway accepts as `aud`, and how long a token lives in seconds. */
const AUDIENCE = 'tollgate';
const TOKEN_SECONDS = 900;

/** RFC 8707 wants an absolute URI; the audience above is what the token shows. */
const RESOURCE = 'urn:tollgate:gateway';

/** The provider keeps nothing: clients are configured, and a JWT access token (RFC 9068) is not stored. */
class NothingStored {
  async upsert(): Promise<void> {}
  async find(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}

/**
 * An OpenID provider for the demo's clients: client_credentials, secret in the body or as Basic, RS256 access tokens.
 *
 * @throws TollgateError `bad_setting` when the port is taken
 */
export async function startIdentity({ port, dataDir, onError }: IdentityOptions): Promise<Identity> {
  const issuer = `http://127.0.0.1:${port}`;
  const claims = new Map(DEMO_CLIENTS.map(({ id, tenant, roles }) => [id, { tenant, roles }]));
  const provider = new Provider(issuer, {
    adapter: NothingStored,
    clients: DEMO_CLIENTS.map(({ id, secret }) => ({
      client_id: id,
      client_secret: secret,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_method: 'client_secret_basic',
    })),
    jwks: { keys: [await signingKey(join(dataDir, 'identity-key.json'))] },
    // No browser ever signs in here; without keys of our own the library warns at every start.
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    responseTypes: [],
    scopes: [],
    ttl: { ClientCredentials: TOKEN_SECONDS },
    extraTokenClaims: (_ctx, token) => claims.get(token.clientId),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // A caller need not know the resource's name: there is only one.
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return {
            scope: '',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            accessTokenTTL: TOKEN_SECONDS,
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
  });
  provider.on('server_error', (_ctx, error) => onError(error));
  const { close } = await listen({ host: '127.0.0.1', port, onRequest: provider.callback() });
  return { issuer, close };
}

async function signingKey(path: string): Promise<object> {
  const kept = await readIfThere(path);
  if (kept !== undefined) return JSON.parse(kept) as object;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const key = {
    ...privateKey.export({ format: 'jwk' }),
    kid: randomBytes(8).toString('hex'),
    alg: 'RS256',
    use: 'sig',
  };
  await writeWhole(path, JSON.stringify(key));
  return key;
}
