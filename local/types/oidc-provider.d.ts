// oidc-provider ships no types. These are the few members that the local identity provider uses.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Client {
    clientId: string;
    redirectUris?: string[];
    grantTypeAllowed(type: string): boolean;
  }

  export interface ClientAuthMetadata {
    token_endpoint_auth_method: string;
    client_secret?: string;
    jwks?: { keys: object[] };
  }

  export interface ClientMetadata extends ClientAuthMetadata {
    client_id: string;
    grant_types: string[];
    response_types: string[];
    redirect_uris: string[];
    post_logout_redirect_uris?: string[];
  }

  export interface ResourceServerInfo {
    scope: string;
    audience: string;
    accessTokenFormat: 'jwt';
    accessTokenTTL: number;
    jwt: { sign: { alg: string } };
  }

  interface Configuration {
    adapter: new (kind: string) => object;
    clients: ClientMetadata[];
    jwks: { keys: object[] };
    cookies: { keys: string[]; names: Record<'session' | 'interaction' | 'resume', string> };
    interactions: { url(ctx: unknown, interaction: { uid: string }): string };
    loadExistingGrant(ctx: Context): Promise<Grant>;
    renderError(ctx: Context, out: Record<string, string>): void;
    claims: Record<string, string[]>;
    conformIdTokenClaims: boolean;
    clientBasedCORS(ctx: unknown, origin: string, client: Client): boolean;
    clientAuthMethods: string[];
    responseTypes: string[];
    scopes: string[];
    ttl: Record<
      | 'AccessToken'
      | 'AuthorizationCode'
      | 'ClientCredentials'
      | 'DeviceCode'
      | 'Grant'
      | 'IdToken'
      | 'Interaction'
      | 'RefreshToken'
      | 'Session',
      number
    >;
    findAccount(ctx: unknown, sub: string): { accountId: string; claims(): { sub: string; name: string } };
    issueRefreshToken(ctx: unknown, client: Client): boolean;
    extraTokenClaims(
      ctx: unknown,
      token: { clientId: string; accountId?: string },
    ): Record<string, unknown> | undefined;
    features: {
      devInteractions: { enabled: boolean };
      userinfo: { enabled: boolean };
      clientCredentials: { enabled: boolean };
      deviceFlow: { enabled: boolean };
      rpInitiatedLogout: {
        enabled: boolean;
        logoutSource(ctx: Context, form: string): void;
        postLogoutSuccessSource(ctx: Context): void;
      };
      resourceIndicators: {
        enabled: boolean;
        defaultResource(ctx: unknown, client: Client): string;
        useGrantedResource(ctx: unknown, model: unknown): boolean;
        getResourceServerInfo(ctx: unknown, resource: string, client: Client): ResourceServerInfo;
      };
    };
  }

  interface Saved {
    save(): Promise<string>;
  }

  interface Grant extends Saved {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
  }

  export interface Context {
    oidc: {
      client: Client;
      params: Record<string, string | undefined>;
      session: { accountId?: string; grantIdFor(clientId: string): string | undefined };
      provider: Provider;
    };
    body: unknown;
    set(headers: Readonly<Record<string, string>>): void;
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly issuer: string;
    callback(): (req: IncomingMessage, res: ServerResponse) => void;
    on(event: 'server_error', listener: (ctx: unknown, error: Error) => void): this;
    registerGrantType(name: string, handler: (ctx: Context) => Promise<void>, parameters: string[]): void;
    readonly ClientCredentials: new (given: {
      client: object;
    }) => Saved & { resourceServer: object; readonly expiration: number };
    readonly ResourceServer: new (
      identifier: string,
      info: ResourceServerInfo,
    ) => object;
    readonly Grant: (new (given: {
      clientId: string;
      accountId: string;
    }) => Grant) & { find(id: string): Promise<Grant | undefined> };
    /** @throws when the request is of no sign-in that waits */
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<object>;
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: object): Promise<void>;
    readonly DeviceCode: {
      findByUserCode(code: string): Promise<(Saved & { clientId: string; accountId?: string }) | undefined>;
    };
  }

  type OAuthError = new (description?: string) => Error;
  export const errors: Record<'InvalidTarget' | 'InvalidRequest' | 'InvalidGrant', OAuthError>;
}
