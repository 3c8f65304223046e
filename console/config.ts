/** What the page is told where it is served: `config.json` beside it. Nothing of it is secret. */
export interface Config {
  /** The OIDC issuer that signs people in. */
  issuer: string;
  clientId: string;
  /** Space-separated; `openid` is asked for anyway. */
  scope?: string;
  /** RFC 8707, for providers that want one. */
  resource?: string;
  /** Whether the gateway has `/admin`. */
  admin: boolean;
  /** What the stage is called, to be shown beside the name. */
  stage?: string;
}
