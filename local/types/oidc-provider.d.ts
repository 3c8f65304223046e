// oidc-provider ships no types. These are the few members that the local identity provider uses.
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  interface Client {
    clientId: string;
  }

  interface ClientMetadata {
    client_id: string;
    client_secret: string;
    grant_types: string[];
    response_types: string[];
    redirect_uris: string[];
    token_endpoint_auth_method: string;
  }

  interface ResourceServerInfo {
    scope: string;
    audience: string;
    accessTokenFormat: 'jwt';
    accessTokenTTL: number;
    jwt: { sign: { alg: string } };
  }

  interface Configuration {
    adapter: new (model: string) => object;
    clients: ClientMetadata[];
    jwks: { keys: object[] };
    cookies: { keys: string[] };
    clientAuthMethods: string[];
    responseTypes: string[];
    scopes: string[];
    ttl: { ClientCredentials: number };
    extraTokenClaims(ctx: unknown, token: { clientId: string }): Record<string, unknown> | undefined;
    features: {
      devInteractions: { enabled: boolean };
      userinfo: { enabled: boolean };
      clientCredentials: { enabled: boolean };
      resourceIndicators: {
        enabled: boolean;
        defaultResource(ctx: unknown, client: Client): string;
        useGrantedResource(ctx: unknown, model: unknown): boolean;
        getResourceServerInfo(ctx: unknown, resource: string, client: Client): ResourceServerInfo;
      };
    };
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    callback(): (req: IncomingMessage, res: ServerResponse) => void;
    on(event: 'server_error', listener: (ctx: unknown, error: Error) => void): this;
  }

  export const errors: { InvalidTarget: new (description?: string) => Error };
}
